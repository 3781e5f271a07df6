import { expect, test } from "vitest";
import type { HoldStatus } from "../../src/domain/credits/holds.ts";
import type { Call } from "../../src/shard/engine/runner.ts";
import { fresh, testEnv } from "../lib/harness.ts";

/** The edge of a hold's life: every two operations, in both orders, a millisecond before it runs out, then, and after. */

const START = Date.UTC(2030, 0, 1);
const TTL_S = 60;
const END = START + TTL_S * 1_000;
const OPERATIONS = ["settle", "release", "extend", "expire"] as const;
type Operation = (typeof OPERATIONS)[number];
const LATE = ["reject", "charge"] as const;

/** What must be so, worked out here from the rules alone. */
interface Expected {
	status: HoldStatus;
	expires_at: number;
	ended_at: number | null;
	charged: number;
}

const REFUSED = {
	settled: "hold-already-settled",
	released: "hold-already-released",
	expired: "hold-expired",
} as const;

/** Carries an operation out on what is expected, and says the refusal that must come, or null. */
function expectedOf(hold: Expected, operation: Operation, at: number, late: (typeof LATE)[number]): string | null {
	if (hold.status === "held" && at >= hold.expires_at) {
		Object.assign(hold, { status: "expired", ended_at: hold.expires_at });
	}
	const { status } = hold;
	if (operation === "expire") return null;
	const isLate = status === "expired" && operation === "settle" && late === "charge";
	if (status !== "held" && !isLate) return REFUSED[status];
	if (operation === "settle") Object.assign(hold, { status: "settled", ended_at: at, charged: 3 });
	if (operation === "release") Object.assign(hold, { status: "released", ended_at: at });
	if (operation === "extend") hold.expires_at = Math.max(hold.expires_at, at + TTL_S * 1_000);
	return null;
}

function run(id: string, operation: Operation, call: Call) {
	const shard = testEnv.SHARDS.getByName(call.user);
	switch (operation) {
		case "settle":
			return shard.credits.settle(call, id, { amount: 3 });
		case "release":
			return shard.credits.release(call, id, { reason: null, error: null });
		case "extend":
			return shard.credits.extend(call, id, { amount: 0, ttl_s: TTL_S });
		case "expire":
			return shard.credits.balance(call).then(() => null);
	}
}

const OFFSETS = [-1, 0, 1];
const PAIRS = OPERATIONS.flatMap((first) => OPERATIONS.map((second) => [first, second] as const));
const TIMES = OFFSETS.flatMap((a) => OFFSETS.filter((b) => b >= a).map((b) => [a, b] as const));
const CASES = LATE.flatMap((late) => PAIRS.map(([first, second]) => ({ first, second, late })));

test.each(CASES)(
	"$first, then $second, at any instant around the end (late: $late): the hold ends once, and the answer says how",
	async ({ first, second, late }) => {
		for (const [a, b] of TIMES) {
			const user = fresh("usr");
			const shard = testEnv.SHARDS.getByName(user);
			const call = (now: number): Call => ({ user, tenant: "ten_a", actor: user, now, request_id: "test" });
			await shard.credits.grant(call(START), { amount: 10, kind: "bonus", priority: 50 });
			const request = { amount: 4, ttl_s: TTL_S, over_capture: "reject", late_settle: late } as const;
			const opened = await shard.credits.reserve(call(START), request);
			const id = opened.outcome.ok ? opened.outcome.value.id : "";
			const hold: Expected = { status: "held", expires_at: END, ended_at: null, charged: 0 };

			for (const [operation, at] of [
				[first, END + a],
				[second, END + b],
			] as const) {
				const label = `${operation} at ${at - END}`;
				const refusal = expectedOf(hold, operation, at, late);
				const reply = await run(id, operation, call(at));
				if (reply) {
					const { outcome } = reply;
					expect([label, outcome.ok ? null : outcome.refusal.code]).toEqual([label, refusal]);
					if (!outcome.ok) {
						expect(outcome.refusal).toMatchObject({ status: hold.status, ended_at: hold.ended_at });
						if (hold.status === "settled") expect(outcome.refusal).toMatchObject({ settled: 3 });
					}
				}
				const { status, expires_at, ended_at, charged } = hold;
				expect(await shard.credits.hold(call(at), id), label).toMatchObject({
					status,
					expires_at,
					ended_at,
					settled: charged,
				});
				const held = status === "held" ? 4 : 0;
				const available = 10 - held - charged;
				expect(await shard.credits.balance(call(at))).toMatchObject({ available, held, consumed: charged });
			}

			const after = END + 1_000 * TTL_S * 2;
			expectedOf(hold, "expire", after, late);
			expect(await shard.credits.hold(call(after), id)).toMatchObject({ status: hold.status, ended_at: hold.ended_at });
			const entries = (await shard.credits.entries(call(after), null, 100))?.items ?? [];
			const ends = entries.filter(
				({ subject, postings }) => subject === id && postings.some(({ from }) => from === "held"),
			);
			expect(ends).toHaveLength(1);
			const charges = entries.filter(({ postings }) => postings.some(({ to }) => to === "consumed"));
			expect(charges).toHaveLength(hold.status === "settled" ? 1 : 0);
			expect(await shard.log.verify(call(after), null)).toMatchObject({ ok: true });
		}
	},
);
