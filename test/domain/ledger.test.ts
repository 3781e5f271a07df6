import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { nextDue } from "../../src/domain/credits/due.ts";
import { entryBodyOf, entryOf } from "../../src/domain/credits/events.ts";
import {
	decideRelease,
	decideReserve,
	decideSettle,
	type Hold,
	type OverCapture,
} from "../../src/domain/credits/holds.ts";
import {
	type Account,
	BUCKETS,
	book,
	type Entry,
	emptyAccount,
	isClosed,
	LOT_KINDS,
	type Lot,
	type LotKind,
	type Slice,
} from "../../src/domain/credits/ledger.ts";
import { decideGrant } from "../../src/domain/credits/lots.ts";
import { byOrderOfUse, splitSlices, takeSlices } from "../../src/domain/credits/slices.ts";
import { EVENT_BODIES } from "../../src/domain/log/events.ts";
import type { Outcome } from "../../src/domain/result.ts";
import { runsOf } from "../lib/harness.ts";

/** Properties of the ledger's arithmetic and of its decisions, over histories that fast-check makes up. */

const total = (slices: readonly Slice[]) => slices.reduce((sum, [, amount]) => sum + amount, 0);
const id = (prefix: string, number: number) => `${prefix}_${String(number).padStart(8, "0")}`;

const lots: fc.Arbitrary<Lot[]> = fc
	.array(
		fc.record({
			kind: fc.constantFrom(...LOT_KINDS),
			priority: fc.nat({ max: 2 }),
			expires_at: fc.option(fc.integer({ min: 10, max: 13 })),
			created_at: fc.nat({ max: 3 }),
			available: fc.nat({ max: 50 }),
		}),
		{ maxLength: 8 },
	)
	.map((all) =>
		all.map((lot, index) => ({
			...lot,
			id: id("lot", index),
			amount: 50,
			granted: 50,
			effective_at: 0,
			reference: null,
			held: 0,
			consumed: 50 - lot.available,
			expired: 0,
			voided: 0,
			voided_at: null,
			noticed: false,
		})),
	);

describe("the order of use", () => {
	it("is one order: the same whatever the order in which the lots are found", () => {
		fc.assert(
			fc.property(
				lots.chain((all) => fc.tuple(fc.constant(all), fc.shuffledSubarray(all, { minLength: all.length }))),
				([all, other]) => {
					expect([...other].sort(byOrderOfUse)).toEqual([...all].sort(byOrderOfUse));
				},
			),
		);
	});

	it("is priority, then the earliest expiry, then free before paid, then the oldest", () => {
		const lot = (name: string, change: Partial<Lot>): Lot => ({
			id: name,
			kind: "plan",
			priority: 50,
			expires_at: 100,
			created_at: 5,
			reference: null,
			effective_at: 0,
			amount: 1,
			granted: 1,
			available: 1,
			held: 0,
			consumed: 0,
			expired: 0,
			voided: 0,
			voided_at: null,
			noticed: false,
			...change,
		});
		const inOrder = [
			lot("urgent", { priority: 0, expires_at: null, kind: "purchase", created_at: 9 }),
			lot("soon", { expires_at: 50, kind: "purchase", created_at: 9 }),
			lot("free", { kind: "bonus", created_at: 9 }),
			lot("old", { kind: "purchase", created_at: 1 }),
			lot("paid a", { kind: "refund" }),
			lot("paid b", { kind: "purchase" }),
			lot("for ever", { expires_at: null, created_at: 0 }),
		];
		expect(
			[...inOrder]
				.reverse()
				.sort(byOrderOfUse)
				.map((each) => each.id),
		).toEqual(inOrder.map((each) => each.id));
	});
});

describe("slices", () => {
	it("taken are the whole amount, from the first lots in order of use, never more than a lot has", () => {
		const wanted = lots.chain((all) =>
			fc.tuple(fc.constant(all), fc.nat({ max: all.reduce((sum, lot) => sum + lot.available, 0) })),
		);
		fc.assert(
			fc.property(wanted, ([all, amount]) => {
				const slices = takeSlices(all, amount);
				expect(total(slices)).toBe(amount);
				const usable = all.filter((lot) => lot.available > 0).sort(byOrderOfUse);
				expect(slices.map(([lot]) => lot)).toEqual(usable.slice(0, slices.length).map((lot) => lot.id));
				slices.forEach(([, size], index) => {
					const available = usable[index]?.available ?? 0;
					// Every lot but the last is emptied before the next is touched.
					if (index < slices.length - 1) expect(size).toBe(available);
					expect(size).toBeGreaterThan(0);
					expect(size).toBeLessThanOrEqual(available);
				});
			}),
		);
	});

	it("split anywhere lose nothing: what is used comes first, what goes back comes last", () => {
		const slices = fc.uniqueArray(fc.tuple(fc.string({ minLength: 1 }), fc.integer({ min: 1, max: 100 })), {
			selector: ([lot]) => lot,
		});
		fc.assert(
			fc.property(slices, fc.nat({ max: 1_000 }), (all, wish) => {
				const amount = Math.min(wish, total(all));
				const { used, rest } = splitSlices(all, amount);
				expect([total(used), total(rest)]).toEqual([amount, total(all) - amount]);
				for (const [, size] of [...used, ...rest]) expect(size).toBeGreaterThan(0);
				const joined = new Map(used);
				for (const [lot, size] of rest) joined.set(lot, (joined.get(lot) ?? 0) + size);
				expect([...joined]).toEqual(all);
				// At most one slice is cut in two.
				expect(used.length + rest.length).toBeLessThanOrEqual(all.length + 1);
			}),
		);
	});
});

/** A reservation that says nothing of what it is for. */
const INTENT = { unit_price: null, purpose: null, model: null, prompt_digest: null, conversation_digest: null };

type Command =
	| { do: "grant"; amount: number; kind: LotKind; in: number; life: number | null; priority: number }
	| { do: "reserve"; amount: number; ttl_s: number; over_capture: OverCapture; late_settle: "reject" | "charge" }
	| { do: "settle"; hold: number; amount: number }
	| { do: "release"; hold: number }
	| { do: "wait"; ms: number };

const amount = fc.integer({ min: 1, max: 20 });
const commands: fc.Arbitrary<Command[]> = fc.array(
	fc.oneof(
		fc.record({
			do: fc.constant("grant" as const),
			amount,
			kind: fc.constantFrom(...LOT_KINDS),
			priority: fc.nat({ max: 2 }),
			in: fc.constantFrom(0, 0, 0, 3_000),
			life: fc.option(fc.integer({ min: 1, max: 9_000 })),
		}),
		fc.record({
			do: fc.constant("reserve" as const),
			amount,
			ttl_s: fc.integer({ min: 1, max: 5 }),
			over_capture: fc.constantFrom<OverCapture[]>("reject", "cap", { overdraft: 5 }),
			late_settle: fc.constantFrom("reject" as const, "charge" as const),
		}),
		fc.record({ do: fc.constant("settle" as const), hold: fc.nat(), amount: fc.nat({ max: 25 }) }),
		fc.record({ do: fc.constant("release" as const), hold: fc.nat() }),
		fc.record({ do: fc.constant("wait" as const), ms: fc.integer({ min: 0, max: 4_000 }) }),
	),
	{ maxLength: 40 },
);

/** Carries commands out as a shard does, in memory: the clock first, then the decision, then the booking. */
class Ledger {
	account: Account = emptyAccount();
	readonly entries: Entry[] = [];
	/** What the log would hold of the entries. */
	readonly rows: { at: number; body: string }[] = [];
	readonly holds: Hold[] = [];
	now = 1_000;

	run(command: Command): Outcome<unknown> {
		if (command.do === "wait") this.now += command.ms;
		this.#advance();
		return this.#decide(command);
	}

	#decide(command: Command): Outcome<unknown> {
		const { now, account } = this;
		const number = this.entries.length;
		const hold = "hold" in command ? this.holds[command.hold % Math.max(1, this.holds.length)] : undefined;
		switch (command.do) {
			case "grant": {
				const effective_at = now + command.in;
				const expires_at = command.life === null ? undefined : effective_at + command.life;
				return this.#book(decideGrant(account, id("lot", number), { ...command, effective_at, expires_at }, now));
			}
			case "reserve": {
				const { over_capture, late_settle } = command;
				const decision = decideReserve(
					account,
					id("hld", number),
					command,
					{ ...INTENT, over_capture, late_settle },
					now,
				);
				if (decision.ok) {
					const ended = { settled: 0, refunded: 0, used: [], ended_at: null };
					const hold = { id: decision.value.subject, amount: command.amount, over_capture, late_settle };
					this.holds.push({ ...hold, status: "held", ...ended });
				}
				return this.#book(decision);
			}
			case "settle": {
				if (!hold) return { ok: true, value: null };
				const decision = decideSettle(account, hold, command.amount, {}, now);
				if (decision.ok)
					Object.assign(hold, { status: "settled", settled: decision.value.detail.charged, ended_at: now });
				return this.#book(decision);
			}
			case "release": {
				if (!hold) return { ok: true, value: null };
				const decision = decideRelease(account, hold, { reason: null, error: null }, now);
				if (decision.ok) Object.assign(hold, { status: "released", ended_at: now });
				return this.#book(decision);
			}
			case "wait":
				return { ok: true, value: null };
		}
	}

	#advance(): void {
		for (let due = nextDue(this.account); due && due.at <= this.now; due = nextDue(this.account)) {
			const entry = due.entry(id("lot", this.entries.length));
			this.#book({ ok: true, value: entry }, due.at);
			const hold = this.holds.find((candidate) => candidate.id === entry.closesHold);
			if (hold) Object.assign(hold, { status: "expired", ended_at: due.at });
		}
	}

	#book(decision: Outcome<Entry>, at = this.now): Outcome<Entry> {
		if (!decision.ok) return decision;
		const { account } = this;
		const booked = book(account, decision.value, this.rows.length + 1, at);
		this.rows.push({ at, body: JSON.stringify(entryBodyOf(decision.value, account, booked)) });
		this.entries.push(decision.value);
		this.account = { ...booked, lots: booked.lots.filter((lot) => !isClosed(lot)) };
		return decision;
	}
}

/** Runs a made-up history and looks at the ledger after each command. */
function everyHistory(
	look: (ledger: Ledger, command: Command, outcome: Outcome<unknown>, before: Account) => void,
): void {
	fc.assert(
		fc.property(commands, (history) => {
			const ledger = new Ledger();
			for (const command of history) {
				const before = ledger.account;
				look(ledger, command, ledger.run(command), before);
			}
		}),
		{ numRuns: runsOf(2_000) },
	);
}

describe("after every command of any history", () => {
	it("granted = available + held + consumed + expired + voided, in total and in each lot, and nothing is negative", () => {
		everyHistory(({ account }) => {
			for (const side of [account.totals, ...account.lots]) {
				expect(side.granted).toBe(BUCKETS.reduce((sum, bucket) => sum + side[bucket], 0));
				for (const bucket of BUCKETS) expect(side[bucket]).toBeGreaterThanOrEqual(0);
			}
			const sum = (f: (lot: Lot) => number) => account.lots.reduce((all, lot) => all + f(lot), 0);
			expect([sum((lot) => lot.available), sum((lot) => lot.held)]).toEqual([
				account.totals.available,
				account.totals.held,
			]);
			expect(account.holds.reduce((all, hold) => all + hold.amount, 0)).toBe(account.totals.held);
		});
	});

	it("a hold that is over stays over, and never charges more than its policy allows", () => {
		everyHistory(({ account, holds }, command, outcome) => {
			const open = new Set(account.holds.map((hold) => hold.id));
			for (const hold of holds) {
				expect(open.has(hold.id)).toBe(hold.status === "held");
				const beyond = typeof hold.over_capture === "object" ? hold.over_capture.overdraft : 0;
				expect(hold.settled).toBeLessThanOrEqual(hold.amount + beyond);
			}
			if (outcome.ok || command.do === "grant") return;
			expect(outcome.refusal.code).toMatch(
				/^(hold-|capture-exceeds-hold|insufficient-credits|not-entitled|rate-limited)/,
			);
		});
	});

	it("nothing that has expired is available, and nothing is due any more", () => {
		everyHistory(({ account, now }) => {
			expect(nextDue(account)?.at ?? Number.POSITIVE_INFINITY).toBeGreaterThan(now);
			for (const lot of account.lots) {
				if (lot.expires_at !== null && lot.expires_at <= now) expect(lot.available).toBe(0);
				if (lot.effective_at > now) expect(lot.granted).toBe(0);
			}
		});
	});

	it("a refusal books nothing", () => {
		everyHistory(({ account }, _command, outcome, before) => {
			// The clock may have booked something before the command was refused; what it booked is the clock's.
			if (!outcome.ok) expect(account.totals.consumed).toBe(before.totals.consumed);
			if (!outcome.ok) expect(account.holds.length).toBeLessThanOrEqual(before.holds.length);
		});
	});

	it("the log's entries, read back from their bodies, give the same account again", () => {
		fc.assert(
			fc.property(commands, (history) => {
				const ledger = new Ledger();
				for (const command of history) ledger.run(command);
				let account = emptyAccount();
				ledger.entries.forEach((entry, index) => {
					const { at, body } = ledger.rows[index] ?? { at: 0, body: "" };
					const read = entryOf(entry.kind, entry.subject, EVENT_BODIES[entry.kind].parse(JSON.parse(body)));
					account = book(account, read, index + 1, at);
				});
				const open = account.lots.filter((lot) => !isClosed(lot));
				expect({ ...account, lots: open }).toEqual(ledger.account);
			}),
		);
	});
});

describe("booking", () => {
	const lot = {
		id: "lot_1",
		kind: "plan",
		amount: 5,
		priority: 1,
		effective_at: 0,
		expires_at: null,
		created_at: 0,
		reference: null,
	} as const;
	const granted: Entry = {
		kind: "credits.granted",
		subject: "lot_1",
		postings: [["lot_1", "granted", "available", 5]],
		opensLot: lot,
		detail: {},
	};
	const account = book(emptyAccount(), granted, 1, 0);

	it("refuses what would break the law, and leaves the account as it was", () => {
		const before = structuredClone(account);
		const wrong: Entry["postings"] = [
			["lot_1", "available", "held", 6],
			["lot_1", "available", "consumed", 0],
			["lot_1", "available", "consumed", -1],
			["lot_1", "available", "consumed", 0.5],
			["lot_1", "available", "consumed", Number.NaN],
			["lot_1", "held", "available", 1],
			["lot_2", "available", "consumed", 1],
			["lot_1", "granted", "available", 2 ** 53],
			["lot_1", "granted", "available", 1_000_000_000_000],
			// Held, and no open hold says for what.
			["lot_1", "available", "held", 1],
		];
		for (const posting of wrong) {
			expect(() =>
				book(account, { ...granted, opensLot: { ...lot, id: "lot_3" }, postings: [posting] }, 2, 0),
			).toThrow();
		}
		expect(account).toEqual(before);
	});
});
