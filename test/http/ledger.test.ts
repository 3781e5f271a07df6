import { afterEach, describe, expect, it, vi } from "vitest";
import { type Answer, expectProblem, headSeq, newClient } from "../lib/harness.ts";
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
	randomFrom,
	release,
	reserve,
	SECOND_MS,
	START,
	settle,
	voidLot,
} from "../lib/ledger-harness.ts";

/** The ledger over HTTP: lots and holds, and every way in which they can end. */

afterEach(() => {
	vi.useRealTimers();
});

type Body = Answer["body"];

describe("never more than there is", () => {
	/** Three lots of 100 credits together, so that holds have slices of several. */
	async function threeLots() {
		const client = await funded(60);
		await grant(client, { amount: 30, kind: "bonus", expires_at: Date.now() + HOUR_MS });
		await grant(client, { amount: 10, kind: "plan", priority: 0 });
		return client;
	}

	it.each([1, 2, 3])(
		"of 200 reserves of 4 at once exactly 25 hold 100 credits; the law holds at each read while they end in any way (seed %i)",
		async (seed) => {
			const random = randomFrom(seed);
			const client = await threeLots();
			const reading = Array.from({ length: 20 }, () => balance(client).then(expectConserved));
			const answers = await Promise.all(Array.from({ length: 200 }, () => client.post(HOLDS, { amount: 4 })));
			await Promise.all(reading);
			const held = answers.filter(({ status }) => status === 201).map(({ body }) => body.id);
			expect(held).toHaveLength(25);
			for (const answer of answers.filter(({ status }) => status !== 201)) {
				expectProblem(answer, "insufficient-credits");
				expect(answer.body).toMatchObject({ available: 0, needed: 4 });
			}
			expect(await balance(client)).toMatchObject({ granted: 100, available: 0, held: 100 });

			const steps = held.flatMap((id) => {
				const amount = random.below(5);
				const ends = [() => settle(client, id, { amount }), () => release(client, id)];
				const first = random.pick(ends);
				return [first, random.pick(ends), () => balance(client)];
			});
			const ended = await Promise.all(steps.map((step) => step()));
			let charged = 0;
			for (const answer of ended) {
				if ("lots" in answer) expectConserved(answer);
				else if (answer.status === 200) charged += answer.body.settled;
				else expect(answer.status).toBe(409);
			}
			expect(ended.filter((answer) => answer.status === 200)).toHaveLength(25);
			const account = await balance(client);
			expectConserved(account);
			expect(account).toMatchObject({ granted: 100, available: 100 - charged, held: 0, consumed: charged });
		},
	);

	it.each([1, 2])(
		"of 200 generations of 1 credit exactly 100 are charged, though at most 32 are open at once (seed %i)",
		async (seed) => {
			const random = randomFrom(seed);
			const client = await threeLots();
			let waiting = 200;
			let charged = 0;
			let without = 0;
			while (waiting > 0) {
				const answers = await Promise.all(Array.from({ length: waiting }, () => client.post(HOLDS, { amount: 1 })));
				const held = answers.filter(({ status }) => status === 201).map(({ body }) => body.id);
				expect(held.length).toBeLessThanOrEqual(32);
				// The first of a wave is charged, so that the waves come to an end.
				const ends = await Promise.all(
					held.map((id, index) =>
						index === 0 || random.below(2) ? settle(client, id, { amount: 1 }) : release(client, id),
					),
				);
				expect(ends.map(({ status }) => status)).toEqual(held.map(() => 200));
				const settled = ends.filter(({ body }) => body.settled === 1).length;
				const refused = answers.filter(({ status }) => status === 402).length;
				charged += settled;
				without += refused;
				waiting -= settled + refused;
				const account = await balance(client);
				expectConserved(account);
				expect(account).toMatchObject({ held: 0, consumed: charged, available: 100 - charged });
				// Who found nothing while credits were held may find some once they are back.
				if (account.available > 0) [waiting, without] = [waiting + without, 0];
			}
			expect([charged, without]).toEqual([100, 100]);
		},
	);
});

describe("a lot that is voided", () => {
	it("loses what is left of it; what is held of it stays spendable, and is voided where it is given back", async () => {
		const client = await newClient();
		const lot = await grant(client, { amount: 10 });
		const other = await grant(client, { amount: 5 });
		const [spent, back] = [await reserve(client, { amount: 3 }), await reserve(client, { amount: 4 })];
		const voided = await voidLot(client, lot.id, { reason: "chargeback" });
		expect(voided.status).toBe(200);
		expect(voided.body).toMatchObject({ id: lot.id, status: "active", available: 0, held: 7, voided: 3 });
		expect(voided.body.voided_at).toBeGreaterThan(0);
		expectConserved(await balance(client));

		// Again, with another key: nothing changes.
		const head = await headSeq(client);
		expect((await voidLot(client, lot.id)).body).toEqual(voided.body);
		expect(await headSeq(client)).toBe(head);

		const settled = await settle(client, spent.id, { amount: 2 });
		expect(settled.body).toMatchObject({ settled: 2, returned: 0, lapsed: 1, available: 5 });
		expect((await release(client, back.id)).body).toMatchObject({ returned: 0, lapsed: 4, available: 5 });
		const account = await balance(client);
		expectConserved(account);
		expect(account).toMatchObject({ granted: 15, available: 5, held: 0, consumed: 2, voided: 8 });
		expect(account.lots.map(({ id }: Body) => id)).toEqual([other.id]);

		// Closed by now.
		const third = await voidLot(client, lot.id);
		expect(third.body).toMatchObject({ status: "closed", consumed: 2, voided: 8 });
		expect(await logged(client, "credits.voided")).toHaveLength(1);
		expect((await client.get(`${CREDITS}/verification`)).body.ok).toBe(true);
	});

	it("before it takes effect never does", async () => {
		const client = await newClient();
		const lot = await grant(client, { amount: 10, effective_at: Date.now() + HOUR_MS });
		const voided = await voidLot(client, lot.id);
		expect(voided.body).toMatchObject({ status: "closed", granted: 10, available: 0, voided: 10 });
		const then = await at(lot.effective_at, client);
		const account = await balance(then);
		expectConserved(account);
		expect(account).toMatchObject({ granted: 10, available: 0, voided: 10, lots: [] });
		expectProblem(await then.post(HOLDS, { amount: 1 }), "insufficient-credits");
	});

	it("is one that is there, and not another user's", async () => {
		const [client, other] = [await funded(1), await newClient()];
		const [lot] = (await balance(client)).lots;
		expectProblem(await voidLot(other, lot.id), "not-found");
		expectProblem(await voidLot(client, "lot_0000000205m5t8cfgq3nkw7r"), "not-found");
		expect((await balance(client)).available).toBe(1);
	});

	it("takes effect at its time, if it is only scheduled", async () => {
		const client = await newClient();
		const effective_at = Date.now() + HOUR_MS;
		const lot = await grant(client, { amount: 10, effective_at, expires_at: effective_at + HOUR_MS });
		expect(lot).toMatchObject({ status: "scheduled", granted: 0, amount: 10 });
		expect(await balance(await at(effective_at - 1, client))).toMatchObject({ granted: 0, available: 0 });
		const then = await at(effective_at, client);
		expect(await balance(then)).toMatchObject({ granted: 10, available: 10, lots: [{ status: "active" }] });
		expect(await logged(then, "credits.activated")).toMatchObject([
			{ at: effective_at, actor: "system", subject: lot.id },
		]);
		expect((await logged(then, "credits.granted"))[0].at).toBeLessThan(effective_at);
		// The lot's whole life at once, where nobody called in between.
		const late = await at(effective_at + DAY_MS, client);
		expect(await balance(late)).toMatchObject({ granted: 10, available: 0, expired: 10 });
		expect(await logged(late, "credits.lot_expired")).toMatchObject([{ at: effective_at + HOUR_MS }]);
	});
});

describe("an extension", () => {
	it("gives time, credits, or both, and never takes time", async () => {
		const now = START;
		const client = await fundedAt(now, 20);
		const hold = await reserve(client, { amount: 4, ttl_s: 60 });
		const then = await at(now + 30 * SECOND_MS, client);
		const longer = await extend(then, hold.id, { ttl_s: 60 });
		expect(longer.body).toMatchObject({ status: "held", amount: 4, expires_at: now + 90 * SECOND_MS, available: 16 });
		expect((await extend(then, hold.id, { ttl_s: 1 })).body.expires_at).toBe(now + 90 * SECOND_MS);
		const more = await extend(then, hold.id, { amount: 6 });
		expect(more.body).toMatchObject({ amount: 10, expires_at: now + 90 * SECOND_MS, available: 10 });
		const both = await extend(then, hold.id, { ttl_s: 600, amount: 1 });
		expect(both.body).toMatchObject({ amount: 11, expires_at: now + 630 * SECOND_MS, available: 9 });
		expectProblem(await extend(then, hold.id, {}), "invalid-request", ["/ttl_s"]);
		const account = await balance(then);
		expectConserved(account);
		expect(account).toMatchObject({ available: 9, held: 11 });
		expect((await settle(then, hold.id, { amount: 11 })).body).toMatchObject({ settled: 11, available: 9 });
	});

	it("gives both or neither: without the credits there is no time either", async () => {
		const client = await funded(5);
		const hold = await reserve(client, { amount: 4, ttl_s: 60 });
		const refused = await extend(client, hold.id, { ttl_s: 600, amount: 2 });
		expectProblem(refused, "insufficient-credits");
		expect(refused.body).toMatchObject({ available: 1, needed: 2 });
		expect((await client.get(`${HOLDS}/${hold.id}`)).body).toMatchObject({ amount: 4, expires_at: hold.expires_at });
	});

	it("beyond 24 hours of life is refused and says how much is left", async () => {
		const now = START;
		const client = await fundedAt(now, 5);
		const hold = await reserve(client, { amount: 1, ttl_s: 24 * 3_600 });
		const then = await at(now + HOUR_MS, client);
		const refused = await extend(then, hold.id, { ttl_s: 23 * 3_600 + 1 });
		expectProblem(refused, "invalid-request", ["/ttl_s"]);
		expect(refused.body.errors[0].detail).toContain(String(23 * 3_600));
		expect((await extend(then, hold.id, { ttl_s: 23 * 3_600 })).body.expires_at).toBe(now + DAY_MS);
	});

	it("of a hold that has ended is told how it ended", async () => {
		const client = await funded(9);
		const [settled, released, ranOut] = [
			await reserve(client, { amount: 1 }),
			await reserve(client, { amount: 1 }),
			await reserve(client, { amount: 1, ttl_s: 1 }),
		];
		await settle(client, settled.id, { amount: 1 });
		await release(client, released.id);
		const then = await at(ranOut.expires_at, client);
		for (const [hold, code] of [
			[settled, "hold-already-settled"],
			[released, "hold-already-released"],
			[ranOut, "hold-expired"],
		] as const) {
			expectProblem(await extend(then, hold.id, { ttl_s: 60 }), code);
			expectProblem(await extend(then, hold.id, { amount: 1 }), code);
		}
		expectProblem(await extend(then, "hld_0000000205m5t8cfgq3nkw7r", { ttl_s: 1 }), "not-found");
		expect(await balance(then)).toMatchObject({ available: 8, held: 0, consumed: 1 });
	});
});
