import { evictDurableObject } from "cloudflare:test";
import fc from "fast-check";
import { expect, test } from "vitest";
import type { Reply } from "../../src/shard/engine/requests.ts";
import type { Call } from "../../src/shard/engine/runner.ts";
import { fresh, testEnv } from "../lib/harness.ts";
import { LedgerModel, type ModelAnswer } from "../lib/ledger-model.ts";

/**
 * Random histories of the ledger against the model: every answer, every balance, every lot, after every command; the clock is
 * moved by the commands, the object evicted between any two, requests are repeated with the same key, and at the end
 * the log is booked again and compared with every stored row.
 */

const START = Date.UTC(2031, 2, 1);
const RUNS = testEnv.TEST_LONG ? 5_000 : 300;
const SEED = Number(testEnv.TEST_SEED ?? Date.now() % 2 ** 31);
const COMMANDS = 40;

const small = fc.integer({ min: 1, max: 12 });
const which = fc.nat({ max: 50 });
/** Around the lives of holds and lots, and right at their edges. */
const span_s = fc.constantFrom(1, 2, 5, 10, 60);
const over = fc.oneof(
	fc.constant("reject" as const),
	fc.constant("cap" as const),
	fc.integer({ min: 1, max: 6 }).map((overdraft) => ({ overdraft })),
);

const command = fc.oneof(
	{
		weight: 3,
		arbitrary: fc.record({
			do: fc.constant("grant" as const),
			amount: small,
			priority: fc.constantFrom(10, 50),
			kind: fc.constantFrom("plan" as const, "purchase" as const, "bonus" as const),
			startsIn_s: fc.option(span_s),
			endsIn_s: fc.option(span_s),
		}),
	},
	{
		weight: 6,
		arbitrary: fc.record({
			do: fc.constant("reserve" as const),
			amount: small,
			ttl_s: span_s,
			over,
			late: fc.constantFrom("reject" as const, "charge" as const),
		}),
	},
	{ weight: 5, arbitrary: fc.record({ do: fc.constant("settle" as const), which, amount: fc.nat({ max: 16 }) }) },
	{ weight: 2, arbitrary: fc.record({ do: fc.constant("release" as const), which }) },
	{
		weight: 2,
		arbitrary: fc.record({
			do: fc.constant("extend" as const),
			which,
			amount: fc.nat({ max: 4 }),
			ttl_s: fc.constantFrom(1, 30, 86_399, 86_400),
		}),
	},
	{ weight: 2, arbitrary: fc.record({ do: fc.constant("refund" as const), which, amount: small }) },
	{ weight: 1, arbitrary: fc.record({ do: fc.constant("void" as const), which }) },
	{
		weight: 4,
		arbitrary: fc.record({ do: fc.constant("wait" as const), ms: fc.constantFrom(1, 999, 1_000, 5_000, 60_000) }),
	},
	{ weight: 1, arbitrary: fc.record({ do: fc.constant("evict" as const) }) },
);
type Command = typeof command extends fc.Arbitrary<infer T> ? T : never;
const step = fc.record({ command, repeat: fc.constantFrom("no", "no", "same", "other") });

type Both = [((key: string, change: number) => Promise<Reply<object>>) | null, ModelAnswer];

class Run {
	readonly model = new LedgerModel();
	readonly #user = fresh("usr");
	readonly #shard = testEnv.SHARDS.getByName(this.#user);
	readonly #holds: string[] = [];
	#now = START;
	#lots: string[] = [];

	#call(key?: string): Call {
		const who = { user: this.#user, tenant: "ten_model", actor: this.#user };
		return { ...who, now: this.#now, request_id: "model", ...(key && { idempotency_key: key }) };
	}

	/** Carries out one command on both sides and compares. */
	async step({ command, repeat }: { command: Command; repeat: string }): Promise<void> {
		if (command.do === "wait") this.#now += command.ms;
		this.model.advance(this.#now);
		const key = crypto.randomUUID();
		const [run, expected] = this.#both(command);
		if (run) {
			const reply = await run(key, 0);
			const { outcome } = reply;
			const code = outcome.ok ? "ok" : outcome.refusal.code;
			expect(code).toBe(typeof expected === "string" ? expected : "ok");
			if (outcome.ok && typeof expected === "object") this.#remember(command, outcome.value, expected);
			const isKept = !["invalid-request", "not-found"].includes(code);
			if (repeat === "same" && isKept) expect(await run(key, 0)).toEqual({ ...reply, replayed: true });
			if (repeat === "other" && isKept) {
				expect((await run(key, 1)).outcome).toMatchObject({ refusal: { code: "idempotency-key-reused" } });
			}
		}
		if (command.do === "evict" && this.#lots.length > 0) await evictDurableObject(this.#shard);
		await this.#compare();
	}

	/** The call on the shard, with the amount changed by `change`, and the model's answer; nothing where there is no object. */
	#both(command: Command): Both {
		const [shard, model, now] = [this.#shard, this.model, this.#now];
		if (command.do === "grant") {
			const { amount, kind, priority, startsIn_s, endsIn_s } = command;
			const effective_at = now + (startsIn_s ?? 0) * 1_000;
			const expires_at = endsIn_s === null ? undefined : now + endsIn_s * 1_000;
			const lot = { amount, kind, priority, effective_at, expires_at: expires_at ?? Infinity };
			const request = (change: number) => ({ amount: amount + change, kind, priority, effective_at, expires_at });
			return [(key, change) => shard.credits.grant(this.#call(key), request(change)), model.grant(now, lot)];
		}
		if (command.do === "reserve") {
			const { amount, ttl_s, over, late } = command;
			const request = { ttl_s, over_capture: over, late_settle: late };
			const run = (key: string, change: number) =>
				shard.credits.reserve(this.#call(key), { amount: amount + change, ...request });
			return [run, model.reserve(now, amount, ttl_s * 1_000, over, late)];
		}
		if (command.do === "void") {
			const at = command.which % Math.max(1, this.#lots.length);
			const [id, lot] = [this.#lots[at], model.lots[at]];
			if (!id || !lot) return [null, {}];
			return [(key, change) => shard.credits.voidLot(this.#call(key), id, change ? "other" : null), model.void(lot)];
		}
		if (command.do === "wait" || command.do === "evict") return [null, {}];
		return this.#bothOnHold(command);
	}

	#bothOnHold(command: Extract<Command, { which: number }>): Both {
		const [shard, model, now] = [this.#shard, this.model, this.#now];
		const at = command.which % Math.max(1, this.#holds.length);
		const [id, hold] = [this.#holds[at], model.holds[at]];
		if (!id || !hold) return [null, {}];
		switch (command.do) {
			case "settle": {
				const { amount } = command;
				const run = (key: string, more: number) => shard.credits.settle(this.#call(key), id, { amount: amount + more });
				return [run, model.settle(now, hold, amount)];
			}
			case "release": {
				const why = (change: number) => ({ reason: change ? "other" : null, error: null });
				return [(key, change) => shard.credits.release(this.#call(key), id, why(change)), model.release(now, hold)];
			}
			case "extend": {
				const { amount, ttl_s } = command;
				const run = (key: string, more: number) =>
					shard.credits.extend(this.#call(key), id, { amount: amount + more, ttl_s });
				return [run, model.extend(now, hold, amount, ttl_s * 1_000)];
			}
			case "refund": {
				const { amount } = command;
				const run = (key: string, more: number) => shard.credits.refund(this.#call(key), id, amount + more, null);
				return [run, model.refund(now, hold, amount)];
			}
			case "void":
				throw new Error("not on a hold");
		}
	}

	#remember(command: Command, value: object, expected: { charged?: number }): void {
		const id = "id" in value ? String(value.id) : "";
		if (command.do === "reserve") this.#holds.push(id);
		if (command.do === "settle") expect(value).toMatchObject({ status: "settled", settled: expected.charged });
	}

	async #compare(): Promise<void> {
		const balance = await this.#shard.credits.balance(this.#call());
		if (!balance) throw new Error("the shard does not know its user");
		const sums = (side: typeof balance.closed) => [
			side.granted,
			side.available,
			side.held,
			side.consumed,
			side.expired,
			side.voided,
		];
		expect(sums(balance)).toEqual(this.model.sums());
		const lots = balance.lots.toSorted((a, b) => (a.id < b.id ? -1 : 1));
		expect(lots.map(sums)).toEqual(this.model.liveLots());
		for (const { id } of lots) if (!this.#lots.includes(id)) this.#lots.push(id);
		expect(this.#lots.length).toBe(this.model.lots.length);
	}

	async finish(): Promise<void> {
		const verification = await this.#shard.log.verify(this.#call(), null);
		expect(verification).toMatchObject({ ok: true, records: { first_difference: null } });
	}
}

test(`${RUNS} random histories of ${COMMANDS} commands agree with the model (seed ${SEED})`, {
	timeout: 3_600_000,
}, async () => {
	const history = fc.array(step, { minLength: COMMANDS, maxLength: COMMANDS });
	const property = fc.asyncProperty(history, async (steps) => {
		const run = new Run();
		for (const one of steps) await run.step(one);
		await run.finish();
	});
	await fc.assert(property, { numRuns: RUNS, seed: SEED, endOnFailure: false });
});
