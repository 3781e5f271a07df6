import { expect, test } from "vitest";
import document from "../../docs/credits.md?raw";
import type { Reply } from "../../src/shard/engine/requests.ts";
import { fresh, testEnv } from "../lib/harness.ts";

/** Carries out the worked example of docs/credits.md, so that its numbers are true. */

const START = Date.UTC(2032, 0, 1);
const DAY_MS = 86_400_000;
const ROW = /^\| day ([\d.]+) \| (.+?) \| (\d+) \| (\d+) \| (\d+) \| (\d+) \| (\d+) \|$/gm;

const user = fresh("usr");
const shard = testEnv.SHARDS.getByName(user);
const names = new Map<string, string>();

function remember(name: string, { outcome }: Reply<{ id: string }>): void {
	if (!outcome.ok) throw new Error(`${name}: ${outcome.refusal.detail}`);
	names.set(name, outcome.value.id);
}

async function carryOut(what: string, now: number): Promise<void> {
	const call = { user, tenant: "ten_doc", actor: user, now, request_id: "document" };
	const id = (name = "") => names.get(name) ?? "";
	const [verb, first = "", second = ""] = what.replaceAll(",", "").split(" ");
	switch (verb) {
		case "grant": {
			const [, day] = /expires day (\d+)/.exec(what) ?? [];
			const expires_at = day === undefined ? undefined : START + Number(day) * DAY_MS;
			const kind = second === "plan" ? "plan" : "purchase";
			return remember(
				second,
				await shard.credits.grant(call, { amount: Number(first), kind, priority: 50, expires_at }),
			);
		}
		case "reserve": {
			const [, overdraft] = /overdraft (\d+)/.exec(what) ?? [];
			const over_capture = overdraft === undefined ? "reject" : { overdraft: Number(overdraft) };
			const late_settle = what.includes("late charge") ? "charge" : "reject";
			const request = { amount: Number(second), ttl_s: 86_400, over_capture, late_settle } as const;
			return remember(first, await shard.credits.reserve(call, request));
		}
		case "settle":
			return remember(first, await shard.credits.settle(call, id(first), { amount: Number(second) }));
		case "refund":
			return remember(first, await shard.credits.refund(call, id(first), Number(second), null));
		case "void":
			return remember(first, await shard.credits.voidLot(call, id(first), null));
		case "wait":
			return;
		default:
			throw new Error(`the document says "${what}"`);
	}
}

test("every number of the worked example in docs/credits.md is what the ledger gives", async () => {
	const rows = [...document.matchAll(ROW)];
	expect(rows).toHaveLength(15);
	for (const [row, day, what = "", ...numbers] of rows) {
		const now = START + Number(day) * DAY_MS;
		await carryOut(what, now);
		const balance = await shard.credits.balance({ user, tenant: "ten_doc", actor: user, now, request_id: "document" });
		const { available, held, consumed, expired, voided } = balance ?? {};
		expect([available, held, consumed, expired, voided], row).toEqual(numbers.map(Number));
	}
	const end = { user, tenant: "ten_doc", actor: user, now: START + 40 * DAY_MS, request_id: "document" };
	expect(await shard.credits.balance(end)).toMatchObject({ granted: 165 });
	expect(await shard.log.verify(end, null)).toMatchObject({ ok: true });
});
