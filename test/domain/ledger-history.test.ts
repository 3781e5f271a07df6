import { expect, test } from "vitest";
import type { Reply } from "../../src/shard/engine/requests.ts";
import type { Call } from "../../src/shard/engine/runner.ts";
import { fresh, testEnv } from "../lib/harness.ts";
import { randomFrom } from "../lib/ledger-harness.ts";
import { LedgerModel, type ModelAnswer } from "../lib/ledger-model.ts";

/**
 * Sixteen callers at once on one user, every call and answer recorded: the order of `seq` explains every answer when the model is
 * taken through it, and it respects real time: after a reply, no call that begins later sees an older `seq`.
 */

const START = Date.UTC(2034, 0, 1);
const CALLERS = 16;
const STEPS = 25;

interface Recorded {
	began: number;
	ended: number;
	seq: number;
	code: string;
	/** Carries the same command out on the model. */
	model: (model: LedgerModel, holds: Map<string, number>) => ModelAnswer;
	/** The hold that it opened, if any. */
	opened: string | null;
}

function recorder(history: Recorded[]) {
	let tick = 0;
	return async (run: () => Promise<Reply<{ id: string }>>, model: Recorded["model"], opens = false) => {
		const began = tick++;
		const { outcome, seq } = await run();
		const code = outcome.ok ? "ok" : outcome.refusal.code;
		const opened = opens && outcome.ok ? outcome.value.id : null;
		history.push({ began, ended: tick++, seq, code, model, opened });
		return outcome.ok ? outcome.value.id : null;
	};
}

test.each([31, 32, 33])(
	"the order of seq explains every answer of 16 callers at once and respects real time (seed %i)",
	async (seed) => {
		const user = fresh("usr");
		const shard = testEnv.SHARDS.getByName(user);
		const call = (): Call => ({ user, tenant: "ten_a", actor: user, now: START, request_id: "test" });
		const history: Recorded[] = [];
		const record = recorder(history);
		const grant = (amount: number) =>
			record(
				() => shard.credits.grant(call(), { amount, kind: "bonus", priority: 50 }),
				(model) =>
					model.grant(START, { kind: "bonus", priority: 50, effective_at: START, expires_at: Infinity, amount }),
			);
		await grant(20);
		const caller = async (number: number) => {
			const random = randomFrom(seed * 1_000 + number);
			for (let step = 0; step < STEPS; step++) {
				if (random.below(8) === 0) await grant(1 + random.below(5));
				const amount = 1 + random.below(6);
				const request = { amount, ttl_s: 3_600, over_capture: "reject", late_settle: "reject" } as const;
				const reserve = () => shard.credits.reserve(call(), request);
				const hold = await record(
					reserve,
					(model) => model.reserve(START, amount, 3_600_000, "reject", "reject"),
					true,
				);
				if (hold === null) continue;
				const mine = (model: LedgerModel, holds: Map<string, number>) => {
					const known = model.holds[holds.get(hold) ?? -1];
					if (!known) throw new Error("ended before it was opened");
					return known;
				};
				const charge = random.below(amount + 2);
				const settle = () => shard.credits.settle(call(), hold, { amount: charge });
				const release = () => shard.credits.release(call(), hold, { reason: null, error: null });
				// Both ends race: one of them wins.
				await Promise.all([
					record(settle, (model, holds) => model.settle(START, mine(model, holds), charge)),
					record(release, (model, holds) => model.release(START, mine(model, holds))),
				]);
			}
		};
		await Promise.all(Array.from({ length: CALLERS }, (_, number) => caller(number)));
		expect(history.length).toBeGreaterThan(CALLERS * STEPS);

		for (const first of history) {
			for (const then of history) if (then.began > first.ended) expect(then.seq).toBeGreaterThanOrEqual(first.seq);
		}
		// A refusal writes nothing: it stands behind the command whose row it saw.
		const inOrder = history.toSorted((a, b) => a.seq - b.seq || Number(a.code !== "ok") - Number(b.code !== "ok"));
		const model = new LedgerModel();
		const holds = new Map<string, number>();
		for (const recorded of inOrder) {
			const answer = recorded.model(model, holds);
			expect(typeof answer === "string" ? answer : "ok").toBe(recorded.code);
			if (recorded.opened) holds.set(recorded.opened, model.holds.length - 1);
		}
		const { granted, available, held, consumed, expired, voided } = (await shard.credits.balance(call())) ?? {};
		expect([granted, available, held, consumed, expired, voided]).toEqual(model.sums());
	},
);
