import { afterEach, describe, expect, it, vi } from "vitest";
import { CREDIT_TOTAL_MAX } from "../../src/domain/credits/limits.ts";
import { type Answer, type Client, expectProblem, headSeq } from "../lib/harness.ts";
import {
	at,
	balance,
	CREDITS,
	DAY_MS,
	expectConserved,
	fundedAt,
	grant,
	HOUR_MS,
	logged,
	randomFrom,
	release,
	reserve,
	SECOND_MS,
	START,
	settle,
} from "../lib/ledger-harness.ts";

/** What the clock books: monthly credits, what is announced, and what was at a past instant. */

afterEach(() => {
	vi.useRealTimers();
});

type Body = Answer["body"];
const PLAN = `${CREDITS}/plan`;
/** With a token that is valid now, however far the clock has gone. */
const now = (client: Client) => at(Date.now(), client);
const verified = async (client: Client) => (await (await now(client)).get(`${CREDITS}/verification`)).body.ok;

describe("a monthly plan", () => {
	const terms = { tier: "pro", amount: 500, anchor_day: 31, rollover_cap: 100, rollover_days: 60 };
	const spend = async (client: Client, amount: number) => {
		const hold = await reserve(client, { amount });
		expect((await settle(client, hold.id, { amount })).status).toBe(200);
	};

	it("grants at once, then on the 31st or a shorter month's last day; what is left rolls over up to the cap and expires by itself", async () => {
		const client = await at(Date.UTC(2041, 0, 15, 9));
		const set = await client.put(PLAN, terms);
		expect(set.status).toBe(200);
		expect(set.body).toMatchObject({ ...terms, next_at: Date.UTC(2041, 0, 31) });
		await spend(client, 450);
		expect(await balance(client)).toMatchObject({ available: 50, granted: 500, plan: set.body });

		const steps: [year: number, month: number, day: number, available: number, next: number][] = [
			[2041, 0, 31, 50 + 500, Date.UTC(2041, 1, 28)],
			[2041, 1, 28, 50 + 100 + 500, Date.UTC(2041, 2, 31)],
			[2041, 2, 31, 50 + 100 + 100 + 500, Date.UTC(2041, 3, 30)],
			// 60 days after January 31.
			[2041, 3, 1, 100 + 100 + 500, Date.UTC(2041, 3, 30)],
			[2041, 3, 29, 100 + 500, Date.UTC(2041, 3, 30)],
			[2041, 3, 30, 100 + 100 + 500, Date.UTC(2041, 4, 31)],
		];
		for (const [year, month, day, available, next_at] of steps) {
			const instant = Date.UTC(year, month, day);
			const before = await balance(await at(instant - 1, client));
			expectConserved(before);
			expect(before.available).not.toBe(available);
			const account = await balance(await at(instant, client));
			expectConserved(account);
			expect([new Date(instant), account.available, account.plan.next_at]).toEqual([
				new Date(instant),
				available,
				next_at,
			]);
		}
		expect(await verified(client)).toBe(true);
	});

	it("knows leap years", async () => {
		const client = await at(Date.UTC(2044, 0, 31, 9));
		expect((await client.put(PLAN, terms)).body.next_at).toBe(Date.UTC(2044, 1, 29));
		const other = await at(Date.UTC(2044, 1, 29));
		expect((await other.put(PLAN, { ...terms, anchor_day: 30 })).body.next_at).toBe(Date.UTC(2044, 2, 30));
	});

	it("books the same whether somebody calls in every month or nobody for years", async () => {
		const start = Date.UTC(2041, 0, 31, 9);
		const often = await at(start);
		const never = await at(start);
		for (const client of [often, never]) {
			await client.put(PLAN, terms);
			await spend(client, 30);
		}
		for (let day = 0; day < 800; day += 11) await balance(await at(start + day * DAY_MS, often));
		const end = start + 800 * DAY_MS;
		const [one, two] = [await balance(await at(end, often)), await balance(await at(end, never))];
		const shape = ({ lots, expiring, plan, ...totals }: Body) => ({
			...totals,
			lots: lots.map(({ id, reference, ...lot }: Body) => lot),
			next_at: plan.next_at,
		});
		expect(shape(two)).toEqual(shape(one));
		expect((await logged(await now(never), "credits.plan_renewed")).length).toBeGreaterThan(20);
	});

	it("replaced counts from the next period on, and ended grants no more, but takes nothing back", async () => {
		const client = await at(Date.UTC(2041, 0, 31, 9));
		await client.put(PLAN, { ...terms, rollover_cap: 0 });
		const replaced = await client.put(PLAN, { ...terms, tier: "max", amount: 800, rollover_cap: 0 });
		expect(replaced.body).toMatchObject({ tier: "max", amount: 800, next_at: Date.UTC(2041, 1, 28) });
		expect((await balance(client)).available).toBe(500);
		const next = await at(Date.UTC(2041, 1, 28), client);
		expect(await balance(next)).toMatchObject({ available: 800, expired: 500 });
		const ended = await next.request("DELETE", PLAN);
		expect(ended).toMatchObject({ status: 200, body: { tier: "max", ended: true } });
		const head = await headSeq(next);
		expect((await next.request("DELETE", PLAN)).body).toEqual(ended.body);
		expect(await headSeq(next)).toBe(head);
		expect(await balance(next)).toMatchObject({ available: 800, plan: { ended: true } });
		const after = await balance(await at(Date.UTC(2041, 2, 31), next));
		expect(after).toMatchObject({ granted: 1_300, available: 0, expired: 1_300, lots: [], plan: null });
		expect(await verified(next)).toBe(true);
	});

	it("that is ended and set again within its period, or set twice, grants the period once", async () => {
		const client = await at(Date.UTC(2041, 0, 31, 9));
		const first = await client.put(PLAN, terms);
		const head = await headSeq(client);
		expect((await client.put(PLAN, terms)).body).toEqual(first.body);
		expect(await headSeq(client)).toBe(head);
		await client.request("DELETE", PLAN);
		const again = await client.put(PLAN, terms);
		expect(again.body).toEqual(first.body);
		expect(await balance(client)).toMatchObject({ granted: 500, available: 500 });
		const next = await at(Date.UTC(2041, 1, 28), client);
		expect(await balance(next)).toMatchObject({ granted: 500 + terms.amount + terms.rollover_cap });
	});

	it("with another anchor ends its current period as it would, and gives no credit of it twice", async () => {
		const client = await at(Date.UTC(2041, 0, 31, 9));
		await client.put(PLAN, { ...terms, rollover_cap: 500 });
		const then = await at(Date.UTC(2041, 1, 1), client);
		await then.put(PLAN, { ...terms, rollover_cap: 500, anchor_day: 5 });
		expect(await balance(await at(Date.UTC(2041, 1, 6), then))).toMatchObject({ available: 500 });
		const account = await balance(await at(Date.UTC(2041, 1, 28), then));
		expectConserved(account);
		// 500 of the first period rolled over, and 500 of the second.
		expect(account.available).toBe(1_000);
		// The anchor after March 14, since a period has at least 14 days.
		expect(account.plan.next_at).toBe(Date.UTC(2041, 3, 5));
	});

	it("never makes the shard unusable: where its credits would be more than can be counted, it says so", async () => {
		const client = await at(Date.UTC(2041, 0, 31, 9));
		const { user, tenant } = client;
		const call = { user, tenant, actor: user, now: Date.now(), request_id: "test" };
		const room = { amount: CREDIT_TOTAL_MAX - 700, kind: "bonus", priority: 50 } as const;
		expect((await client.shard().credits.grant(call, room)).outcome.ok).toBe(true);
		// The first period fits, the second does not.
		expect((await client.put(PLAN, terms)).status).toBe(200);
		const then = await at(Date.UTC(2041, 1, 28), client);
		const { status, body } = await then.get(CREDITS);
		expect([status, body.granted]).toEqual([200, CREDIT_TOTAL_MAX - 200]);
		expectConserved(body);
		expect((await then.post(`${CREDITS}/holds`, { amount: 1 })).status).toBe(201);
		await then.request("DELETE", PLAN);
		expectProblem(await then.put(PLAN, terms), "conflict");
	});

	it("does not roll over what is held, which comes back to its expired lot", async () => {
		const first = await at(Date.UTC(2041, 0, 30, 12));
		// Not until January 31: a period has at least 14 days.
		expect((await first.put(PLAN, terms)).body.next_at).toBe(Date.UTC(2041, 1, 28));
		const client = await at(Date.UTC(2041, 1, 27, 12), first);
		const hold = await reserve(client, { amount: 450, ttl_s: 24 * 3_600 });
		const then = await at(Date.UTC(2041, 1, 28), client);
		expect(await balance(then)).toMatchObject({ available: 550, held: 450, expired: 50 });
		expect((await release(then, hold.id)).body).toMatchObject({ returned: 0, lapsed: 450, available: 550 });
		expectConserved(await balance(then));
	});
});

describe("the log says once", () => {
	it("that the balance has fallen below the user's threshold, and again only after it was above", async () => {
		const client = await fundedAt(START, 20);
		const set = await client.put(`${CREDITS}/preferences`, { low_balance_at: 10 });
		expect(set.body).toEqual({ low_balance_at: 10, expiring_notice_s: null, daily_cap: null });
		const head = await headSeq(client);
		await client.put(`${CREDITS}/preferences`, { low_balance_at: 10 });
		await client.put(`${CREDITS}/preferences`, {});
		expect(await headSeq(client)).toBe(head);

		const rows = () => logged(client, "credits.low_balance");
		const ten = await reserve(client, { amount: 10 });
		expect(await rows()).toEqual([]);
		const one = await reserve(client, { amount: 1 });
		const [row] = await rows();
		expect(row).toMatchObject({ subject: client.user, body: { detail: { available: 9, threshold: 10 } } });
		await reserve(client, { amount: 2 });
		await settle(client, one.id, { amount: 1 });
		expect(await rows()).toHaveLength(1);
		await release(client, ten.id);
		await reserve(client, { amount: 10 });
		expect(await rows()).toHaveLength(2);
		await client.put(`${CREDITS}/preferences`, { low_balance_at: null });
		await reserve(client, { amount: 1 });
		expect(await rows()).toHaveLength(2);
		expect(await verified(client)).toBe(true);
	});

	it("that a lot expires soon, as long before as the user wants, and only if something is left of it", async () => {
		const expires_at = START + 30 * DAY_MS;
		const client = await fundedAt(START, 5, { expires_at });
		const spent = await grant(client, { amount: 3, expires_at: expires_at - 1, priority: 0 });
		await settle(client, (await reserve(client, { amount: 3 })).id, { amount: 3 });
		await grant(client, { amount: 7 });
		await client.put(`${CREDITS}/preferences`, { expiring_notice_s: 7 * 86_400 });
		const notice = expires_at - 7 * DAY_MS;
		expect(await logged(await at(notice - 1, client), "credits.expiring_soon")).toEqual([]);
		const rows = await logged(await at(notice, client), "credits.expiring_soon");
		expect(rows).toMatchObject([{ at: notice, actor: "system", body: { detail: { amount: 5, expires_at } } }]);
		expect(rows[0].subject).not.toBe(spent.id);
		for (const then of [notice + DAY_MS, expires_at, expires_at + DAY_MS]) {
			expect(await logged(await at(then, client), "credits.expiring_soon")).toHaveLength(1);
		}
		expect(await verified(client)).toBe(true);
	});

	it("at once, where the wish comes after its time", async () => {
		const client = await fundedAt(START, 5, { expires_at: START + DAY_MS });
		const then = await at(START + 23 * HOUR_MS, client);
		await then.put(`${CREDITS}/preferences`, { expiring_notice_s: 7 * 86_400 });
		expect(await logged(then, "credits.expiring_soon")).toMatchObject([{ at: START + 23 * HOUR_MS }]);
	});
});

describe("as_of", () => {
	const ZERO = { granted: 0, available: 0, held: 0, consumed: 0, expired: 0, voided: 0 };

	/** Adds up the log's postings up to the instant. */
	function recount(rows: Body[], instant: number) {
		const totals: Record<string, number> = { ...ZERO };
		for (const { at: when, body } of rows) {
			if (when > instant) continue;
			for (const [, from, to, amount] of body.postings) {
				totals[from] = (totals[from] ?? 0) + (from === "granted" ? amount : -amount);
				totals[to] = (totals[to] ?? 0) + amount;
			}
		}
		return totals;
	}

	it.each([11, 12])(
		"equals a recount of the entries at every instant at which something happened, and 1 ms around it (seed %i)",
		async (seed) => {
			const random = randomFrom(seed);
			let now = START;
			let client = await fundedAt(now, 50, { expires_at: START + 40 * SECOND_MS });
			await grant(client, { amount: 20, effective_at: START + 15 * SECOND_MS });
			await client.put(`${CREDITS}/preferences`, { low_balance_at: 30, expiring_notice_s: 5 });
			const open: string[] = [];
			for (let step = 0; step < 30; step++) {
				now += random.pick([0, 1, 700, 3_000]);
				client = await at(now, client);
				const [id] = open;
				const choice = random.below(4);
				if (choice === 0 && id) await settle(client, id, { amount: random.below(4) });
				if (choice === 1 && id) await release(client, id);
				if (choice <= 1) open.shift();
				else {
					const held = await client.post(`${CREDITS}/holds`, { amount: 3, ttl_s: 1 + random.below(8) });
					if (held.status === 201) open.push(held.body.id);
				}
			}
			client = await at(START + HOUR_MS, client);
			await balance(client);
			const rows = (await client.get("/v1/users/me/log?limit=100")).body.items.filter(({ kind }: Body) =>
				kind.startsWith("credits."),
			);
			expect(rows.length).toBeGreaterThan(25);
			const instants = new Set<number>(rows.flatMap(({ at: when }: Body) => [when - 1, when, when + 1]));
			for (const instant of [...instants, 0, START + HOUR_MS]) {
				const { status, body } = await client.get(`${CREDITS}?as_of=${instant}`);
				expect([status, body]).toEqual([200, { ...recount(rows, instant), as_of: instant }]);
			}
		},
	);

	it("lies not in the future, is a time, and is zero for one who never had anything", async () => {
		const client = await at(START);
		expect((await client.get(`${CREDITS}?as_of=${START}`)).body).toEqual({ ...ZERO, as_of: START });
		for (const bad of [String(START + 1), "-1", "x", "1e3", "9".repeat(16)]) {
			expectProblem(await client.get(`${CREDITS}?as_of=${bad}`), "invalid-request", ["/as_of"]);
		}
		expect(await headSeq(client)).toBe(0);
	});
});
