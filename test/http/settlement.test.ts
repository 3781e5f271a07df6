import { afterEach, describe, expect, it, vi } from "vitest";
import { expectProblem, newClient } from "../lib/harness.ts";
import {
	at,
	balance,
	CREDITS,
	DAY_MS,
	expectConserved,
	extend,
	funded,
	fundedAt,
	grant,
	HOLDS,
	HOUR_MS,
	logged,
	refund,
	release,
	reserve,
	SECOND_MS,
	START,
	settle,
	voidLot,
} from "../lib/ledger-harness.ts";

/** What a settlement charges, what comes back, and what is refused and until when. */

afterEach(() => {
	vi.useRealTimers();
});

describe("a settlement by delivered unit", () => {
	it("charges the units at the hold's price, and says how many there were", async () => {
		const client = await funded(100);
		const hold = await reserve(client, { amount: 30, unit_price: 3 });
		const settled = await settle(client, hold.id, { units: 7 });
		expect(settled.body).toMatchObject({ settled: 21, units: 7, returned: 9, unit_price: 3, available: 79 });
		expect((await client.get(`${HOLDS}/${hold.id}`)).body).toMatchObject({ settled: 21, units: 7 });
	});

	it("with an amount charges the amount", async () => {
		const client = await funded(100);
		const hold = await reserve(client, { amount: 30, unit_price: 3 });
		expect((await settle(client, hold.id, { units: 7, amount: 5 })).body).toMatchObject({ settled: 5, units: 7 });
	});

	it("of nothing delivered charges nothing", async () => {
		const client = await funded(10);
		const hold = await reserve(client, { amount: 10, unit_price: 3 });
		expect((await settle(client, hold.id, { units: 0 })).body).toMatchObject({ settled: 0, returned: 10 });
	});

	it("needs a price, or an amount; without either it is 400 and the hold stays open", async () => {
		const client = await funded(100);
		const [priced, unpriced] = [
			await reserve(client, { amount: 9, unit_price: 3 }),
			await reserve(client, { amount: 9 }),
		];
		expectProblem(await settle(client, unpriced.id, { units: 2 }), "invalid-request", ["/amount"]);
		for (const { id } of [priced, unpriced]) {
			expectProblem(await settle(client, id, {}), "invalid-request", ["/amount"]);
			expectProblem(await settle(client, id, { tokens_used: 1 }), "invalid-request", ["/amount"]);
		}
		expect(await balance(client)).toMatchObject({ held: 18, consumed: 0 });
	});

	it("that comes to more than was held follows the hold's policy", async () => {
		const client = await funded(100);
		const hold = await reserve(client, { amount: 9, unit_price: 3 });
		const refused = await settle(client, hold.id, { units: 4 });
		expectProblem(refused, "capture-exceeds-hold");
		expect(refused.body).toMatchObject({ held: 9, requested: 12, allowed: 9 });
	});

	it("of any number of units at any price keeps amounts exact", async () => {
		const client = await funded(10);
		const hold = await reserve(client, { amount: 10, unit_price: 1_000_000_000, over_capture: "cap" });
		const settled = await settle(client, hold.id, { units: 999_999_999 });
		expect([200, 400, 422]).toContain(settled.status);
		if (settled.status === 200) expect(Number.isSafeInteger(settled.body.shortfall)).toBe(true);
		expect((await client.get(`${CREDITS}/verification`)).body.ok).toBe(true);
		expect((await client.get(`${HOLDS}/${hold.id}`)).status).toBe(200);
	});
});

describe("more than was held", () => {
	it.each([
		["reject", 5, 5, 0],
		["reject", 6, null, 0],
		["cap", 5, 5, 0],
		["cap", 6, 5, 1],
		["cap", 1_000_000_000, 5, 999_999_995],
		[{ overdraft: 3 }, 5, 5, 0],
		[{ overdraft: 3 }, 8, 8, 0],
		[{ overdraft: 3 }, 9, null, 0],
	] as const)(
		"by the policy %o a settlement of %i of 5 held charges %s with a shortfall of %i",
		async (over_capture, amount, charged, shortfall) => {
			const client = await funded(20);
			const hold = await reserve(client, { amount: 5, over_capture });
			const settled = await settle(client, hold.id, { amount });
			if (charged === null) {
				expectProblem(settled, "capture-exceeds-hold");
				const allowed = over_capture === "reject" ? 5 : 8;
				expect(settled.body).toMatchObject({ held: 5, requested: amount, allowed });
				expect(await balance(client)).toMatchObject({ available: 15, held: 5, consumed: 0 });
			} else {
				expect(settled.body).toMatchObject({ settled: charged, returned: 0, shortfall, available: 20 - charged });
				expect(await balance(client)).toMatchObject({ available: 20 - charged, held: 0, consumed: charged });
			}
			expectConserved(await balance(client));
		},
	);

	it("an overdraft charges what there is, and the shortfall says what there was not", async () => {
		const client = await funded(7);
		const hold = await reserve(client, { amount: 5, over_capture: { overdraft: 10 } });
		const settled = await settle(client, hold.id, { amount: 15 });
		expect(settled.body).toMatchObject({ settled: 7, shortfall: 8, returned: 0, available: 0 });
		const account = await balance(client);
		expectConserved(account);
		expect(account).toMatchObject({ granted: 7, available: 0, consumed: 7 });
		expect((await client.get(`${CREDITS}/verification`)).body.ok).toBe(true);
	});

	it("after an extension it is the whole hold that counts", async () => {
		const client = await funded(20);
		const hold = await reserve(client, { amount: 5 });
		await extend(client, hold.id, { amount: 3 });
		expect((await settle(client, hold.id, { amount: 8 })).body).toMatchObject({ settled: 8, available: 12 });
	});
});

describe("a settlement after the hold ran out", () => {
	const late = async (late_settle: string, more: object = {}) => {
		const client = await fundedAt(START, 10);
		const hold = await reserve(client, { amount: 6, ttl_s: 60, late_settle, ...more });
		return { hold, later: await at(START + 60 * SECOND_MS, client) };
	};

	it("is refused, where the hold says reject, and nothing is charged", async () => {
		const { hold, later } = await late("reject");
		const refused = await settle(later, hold.id, { amount: 6 });
		expectProblem(refused, "hold-expired");
		expect(refused.body.ended_at).toBe(hold.expires_at);
		expect(await balance(later)).toMatchObject({ available: 10, held: 0, consumed: 0 });
	});

	it("charges what is available later, where it says charge, and only once", async () => {
		const { hold, later } = await late("charge");
		await reserve(later, { amount: 8 });
		const settled = await settle(later, hold.id, { amount: 6 });
		expect(settled.body).toMatchObject({
			status: "settled",
			generation: "completed",
			settled: 2,
			shortfall: 4,
			available: 0,
		});
		const again = await settle(later, hold.id, { amount: 6 });
		expectProblem(again, "hold-already-settled");
		expect(again.body.settled).toBe(2);
		expectProblem(await release(later, hold.id), "hold-already-settled");
		expectConserved(await balance(later));
		expect(await balance(later)).toMatchObject({ available: 0, held: 8, consumed: 2 });
		expect((await later.get(`${CREDITS}/verification`)).body.ok).toBe(true);
	});

	it("is a settlement all the same: the policy for more than was held counts", async () => {
		const { hold, later } = await late("charge");
		expectProblem(await settle(later, hold.id, { amount: 7 }), "capture-exceeds-hold");
		expect((await settle(later, hold.id, { amount: 6 })).body).toMatchObject({
			settled: 6,
			shortfall: 0,
			available: 4,
		});
		const capped = await late("charge", { over_capture: "cap" });
		expect((await settle(capped.later, capped.hold.id, { amount: 9 })).body).toMatchObject({
			settled: 6,
			shortfall: 3,
		});
	});

	it("is all that charge allows: the hold can be neither released nor extended", async () => {
		const { hold, later } = await late("charge");
		expectProblem(await release(later, hold.id), "hold-expired");
		expectProblem(await extend(later, hold.id, { ttl_s: 60 }), "hold-expired");
	});
});

describe("a refund", () => {
	it("in parts goes back to the lots it came from, last in first out, and never more than was charged", async () => {
		const client = await newClient();
		const first = await grant(client, { amount: 4, priority: 1 });
		const second = await grant(client, { amount: 6, priority: 2 });
		const hold = await reserve(client, { amount: 8 });
		await settle(client, hold.id, { amount: 7 });
		expect((await balance(client)).available).toBe(3);

		const part = await refund(client, hold.id, { amount: 2, reason: "half was wrong" });
		expect(part.body).toMatchObject({ status: "settled", settled: 7, refunded: 2, available: 5 });
		const lots = () =>
			balance(client).then(({ lots }) =>
				Object.fromEntries(lots.map((lot: Record<string, unknown>) => [lot.id, lot.available])),
			);
		expect(await lots()).toEqual({ [second.id]: 5 });
		const over = await refund(client, hold.id, { amount: 6 });
		expectProblem(over, "conflict");
		const rest = await refund(client, hold.id);
		expect(rest.body).toMatchObject({ settled: 7, refunded: 7, available: 10 });
		expect(await lots()).toEqual({ [first.id]: 4, [second.id]: 6 });
		for (const body of [{}, { amount: 1 }]) expectProblem(await refund(client, hold.id, body), "conflict");
		const account = await balance(client);
		expectConserved(account);
		expect(account).toMatchObject({ granted: 10, available: 10, consumed: 0 });
		expect((await client.get(`${CREDITS}/verification`)).body.ok).toBe(true);
	});

	it("of two at once, each of more than half, one is made", async () => {
		const client = await funded(10);
		const hold = await reserve(client, { amount: 10 });
		await settle(client, hold.id, { amount: 10 });
		const answers = await Promise.all([6, 6, 6].map((amount) => refund(client, hold.id, { amount })));
		expect(answers.map(({ status }) => status).sort()).toEqual([200, 409, 409]);
		expect(await balance(client)).toMatchObject({ available: 6, consumed: 4 });
	});

	it("goes to a new refund lot, which does not expire, where the lot has expired, and nowhere where it was voided", async () => {
		const client = await newClient();
		const expires_at = Date.now() + HOUR_MS;
		await grant(client, { amount: 4, kind: "plan", priority: 1, expires_at });
		// All of it is spent when it is voided.
		const bad = await grant(client, { amount: 3, priority: 2 });
		const open = await grant(client, { amount: 3, priority: 3 });
		const hold = await reserve(client, { amount: 10 });
		await settle(client, hold.id, { amount: 10 });
		await voidLot(client, bad.id);
		const then = await at(expires_at, client);
		const refunded = await refund(then, hold.id);
		expect(refunded.body).toMatchObject({ refunded: 10, available: 7 });
		const account = await balance(then);
		expectConserved(account);
		expect(account).toMatchObject({ granted: 14, consumed: 4, voided: 3 });
		const [entry] = await logged(then, "credits.refunded");
		expect(entry.body.detail).toMatchObject({ amount: 10, voided: 3 });
		expect(
			account.lots.map(({ kind, amount, available }: Record<string, unknown>) => [kind, amount, available]),
		).toContainEqual(["refund", 4, 4]);
		expect(account.lots.find(({ kind }: { kind: string }) => kind === "refund")).toMatchObject({
			expires_at: null,
			reference: `refund of ${hold.id}`,
		});
		expect(account.lots.find(({ id }: { id: string }) => id === open.id).available).toBe(3);
		expect((await then.get(`${CREDITS}/verification`)).body.ok).toBe(true);
	});

	it("of a purchase that was charged back gives nothing, whenever it was charged back and in however many parts", async () => {
		for (const spent of [100, 60]) {
			const client = await newClient();
			const lot = await grant(client, { amount: 100 });
			const hold = await reserve(client, { amount: spent });
			await settle(client, hold.id, { amount: spent });
			expect((await voidLot(client, lot.id)).body).toMatchObject({ status: "closed", voided: 100 - spent });
			for (const amount of [10, 20]) await refund(client, hold.id, { amount });
			const { body } = await refund(client, hold.id);
			expect(body).toMatchObject({ refunded: spent, available: 0 });
			const account = await balance(client);
			expectConserved(account);
			expect(account).toMatchObject({ granted: 100, available: 0, consumed: 0, voided: 100, lots: [] });
			expectProblem(await client.post(HOLDS, { amount: 1 }), "insufficient-credits");
			expect((await client.get(`${CREDITS}/verification`)).body.ok).toBe(true);
		}
	});

	it("is for a hold that was settled", async () => {
		const client = await funded(9);
		const [open, released, free] = [
			await reserve(client, { amount: 1 }),
			await reserve(client, { amount: 1 }),
			await reserve(client, { amount: 1 }),
		];
		await release(client, released.id);
		await settle(client, free.id, { amount: 0 });
		expectProblem(await refund(client, open.id), "conflict");
		expectProblem(await refund(client, released.id), "hold-already-released");
		expectProblem(await refund(client, free.id), "conflict");
		const then = await at(open.expires_at, client);
		expectProblem(await refund(then, open.id), "hold-expired");
		expectProblem(await refund(then, "hld_0000000205m5t8cfgq3nkw7r"), "not-found");
		expect(await balance(then)).toMatchObject({ available: 9, consumed: 0 });
	});
});

describe("a cap", () => {
	it("on the day refuses with its rule and until when, and passes on the next day, UTC", async () => {
		const client = await fundedAt(START, 100);
		expect((await client.put(`${CREDITS}/limits`, { daily_cap: 10 })).body).toMatchObject({ daily_cap: 10 });
		const charged = await reserve(client, { amount: 6 });
		await settle(client, charged.id, { amount: 4 });
		const held = await reserve(client, { amount: 5, ttl_s: 24 * 3_600 });
		const refused = await client.post(HOLDS, { amount: 2 });
		expectProblem(refused, "rate-limited");
		const midnight = Date.UTC(2040, 4, 6);
		expect(refused.body).toMatchObject({ rule: "daily-cap", limit: 10, retry_at: midnight });
		expect(refused.headers.get("Retry-After")).toBe(String(12 * 3_600));
		expectProblem(await extend(client, held.id, { amount: 2 }), "rate-limited");
		const { id } = await reserve(client, { amount: 1 });
		await release(client, id);

		expectProblem(await (await at(midnight - 1, client)).post(HOLDS, { amount: 2 }), "rate-limited");
		const next = await at(midnight, client);
		// What is still held counts on the day on which it may be charged; what was charged yesterday does not.
		await reserve(next, { amount: 5 });
		expectProblem(await next.post(HOLDS, { amount: 1 }), "rate-limited");
		await next.put(`${CREDITS}/limits`, { daily_cap: null });
		await reserve(next, { amount: 50 });
	});

	it("on open holds refuses the 33rd until one ends", async () => {
		const client = await fundedAt(START, 100);
		const open = await Promise.all(
			Array.from({ length: 32 }, (_, index) => reserve(client, { amount: 1, ttl_s: 100 + index })),
		);
		const refused = await client.post(HOLDS, { amount: 1 });
		expectProblem(refused, "rate-limited");
		const retry_at = open[0].expires_at;
		expect(refused.body).toMatchObject({ rule: "open-holds", limit: 32, retry_at });
		expect(refused.headers.get("Retry-After")).toBe("100");
		await settle(client, open[7].id, { amount: 1 });
		await reserve(client, { amount: 1 });
		expectProblem(await client.post(HOLDS, { amount: 1 }), "rate-limited");
		// As it says: once the next one runs out there is room.
		await reserve(await at(retry_at, client), { amount: 1 });
		expect(await logged(client, "credits.hold_expired")).toHaveLength(1);
	});

	it("counts a late settlement and a refund on the day of the charge", async () => {
		const client = await fundedAt(START, 100);
		await client.put(`${CREDITS}/limits`, { daily_cap: 10 });
		const hold = await reserve(client, { amount: 10 });
		await settle(client, hold.id, { amount: 10 });
		await refund(client, hold.id);
		// A refund does not give back the day's allowance: it was used.
		expectProblem(await client.post(HOLDS, { amount: 1 }), "rate-limited");
		await reserve(await at(Date.UTC(2040, 4, 5) + DAY_MS, client), { amount: 10 });
	});
});

describe("a refusal that passes by itself", () => {
	it("is not kept under its key: the same request is decided anew once the day is over", async () => {
		const client = await fundedAt(START, 20);
		await client.put(`${CREDITS}/limits`, { daily_cap: 5 });
		await settle(client, (await reserve(client, { amount: 5 })).id, { amount: 5 });
		const keyed = { "Idempotency-Key": "one-and-the-same" };
		const refused = await client.post(HOLDS, { amount: 5 }, keyed);
		expectProblem(refused, "rate-limited");
		const then = await at(refused.body.retry_at, client);
		expect((await then.post(HOLDS, { amount: 5 }, keyed)).status).toBe(201);
	});

	it("is no answer to what never passes: more than the whole daily cap is a conflict", async () => {
		const client = await fundedAt(START, 20);
		await client.put(`${CREDITS}/limits`, { daily_cap: 5 });
		expectProblem(await client.post(HOLDS, { amount: 6 }), "conflict");
		expect((await client.post(HOLDS, { amount: 5 })).status).toBe(201);
	});

	it("an overdraft charges no more than the daily cap leaves", async () => {
		const client = await fundedAt(START, 100);
		await client.put(`${CREDITS}/limits`, { daily_cap: 8 });
		const hold = await reserve(client, { amount: 5, over_capture: { overdraft: 50 } });
		const settled = await settle(client, hold.id, { amount: 55 });
		expect(settled.body).toMatchObject({ settled: 8, shortfall: 47 });
	});
});
