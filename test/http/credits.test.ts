import { afterEach, describe, expect, it, vi } from "vitest";
import { type Client, expectProblem, headSeq, newClient } from "../lib/harness.ts";

/** Credits over HTTP: what a generator and its user see. */

const CREDITS = "/v1/users/me/credits";
const holds = `${CREDITS}/holds`;
const SECOND_MS = 1_000;
const HOUR_MS = 3_600 * SECOND_MS;

afterEach(() => {
	vi.useRealTimers();
});

async function funded(amount: number, more: object = {}): Promise<Client> {
	const client = await newClient();
	const granted = await client.post(`${CREDITS}/grants`, { amount, kind: "purchase", ...more });
	expect(granted.status).toBe(201);
	return client;
}

const reserve = async (client: Client, body: object) => {
	const held = await client.post(holds, body);
	expect(held.status).toBe(201);
	return held.body;
};
const settle = (client: Client, id: string, body: object) => client.post(`${holds}/${id}/settlement`, body);
const release = (client: Client, id: string) => client.post(`${holds}/${id}/release`);
const balance = async (client: Client) => (await client.get(CREDITS)).body;

/** Moves the clock of the Worker and of the shard, not of SQLite; a token of before may then have expired. */
async function later(client: Client, ms: number): Promise<Client> {
	vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + ms });
	return newClient({ user: client.user, tenant: client.tenant });
}

/** The law of the ledger, in total and for each lot that is shown. */
function expectConserved(account: Awaited<ReturnType<typeof balance>>) {
	for (const side of [account, ...account.lots]) {
		const { granted, available, held, consumed, expired, voided } = side;
		expect(granted).toBe(available + held + consumed + expired + voided);
		for (const amount of [granted, available, held, consumed, expired, voided])
			expect(amount).toBeGreaterThanOrEqual(0);
	}
}

describe("the way of a credit", () => {
	it("granted, held, settled in part: the rest comes back, and every step stands in the ledger", async () => {
		const client = await funded(100, { reference: "order 1042" });
		const hold = await reserve(client, {
			amount: 30,
			ttl_s: 600,
			purpose: "quiz",
			model: "m-1",
			prompt: "About birds",
		});
		const [lot] = (await balance(client)).lots;
		expect(hold).toMatchObject({ status: "held", amount: 30, available: 70, slices: [{ lot: lot.id, amount: 30 }] });
		expect(hold.expires_at - hold.opened_at).toBe(600 * SECOND_MS);
		expect(await balance(client)).toMatchObject({ granted: 100, available: 70, held: 30, consumed: 0 });

		const settled = await settle(client, hold.id, { amount: 12, tokens_used: 5_321, cost_cents: 2, units: 3 });
		expect(settled.status).toBe(200);
		expect(settled.body).toMatchObject({ status: "settled", settled: 12, returned: 18, shortfall: 0, available: 88 });
		const account = await balance(client);
		expect(account).toMatchObject({ granted: 100, available: 88, held: 0, consumed: 12, expired: 0, voided: 0 });
		expectConserved(account);

		const { available: _, ...record } = settled.body;
		expect((await client.get(`${holds}/${hold.id}`)).body).toEqual(record);
		expect(record).toMatchObject({ model: "m-1", prompt: "About birds", tokens_used: 5_321, cost_cents: 2 });
		const { items } = (await client.get(`${CREDITS}/entries`)).body;
		const balances = items.map(({ kind, balance_before, balance_after }: Record<string, unknown>) => [
			kind,
			balance_before,
			balance_after,
		]);
		expect(balances).toEqual([
			["credits.settled", 70, 88],
			["credits.held", 100, 70],
			["credits.granted", 0, 100],
		]);
		expect(JSON.stringify((await client.get("/v1/users/me/log")).body)).not.toContain("About birds");
	});

	it("released: all of it comes back", async () => {
		const client = await funded(10);
		const hold = await reserve(client, { amount: 10 });
		const released = await client.post(`${holds}/${hold.id}/release`, { reason: "the provider timed out" });
		expect(released.body).toMatchObject({
			status: "released",
			returned: 10,
			available: 10,
			reason: "the provider timed out",
		});
		expect(await balance(client)).toMatchObject({ available: 10, held: 0, consumed: 0 });
	});

	it("run out: it comes back by the clock alone", async () => {
		const client = await funded(10);
		const hold = await reserve(client, { amount: 10, ttl_s: 60 });
		const then = await later(client, 61 * SECOND_MS);
		expect(await balance(then)).toMatchObject({ available: 10, held: 0 });
		expect((await then.get(`${holds}/${hold.id}`)).body).toMatchObject({
			status: "expired",
			returned: 10,
			ended_at: hold.expires_at,
		});
	});

	it("expired: an unspent lot is lost at its time, and was announced", async () => {
		const expires_at = Date.now() + HOUR_MS;
		const client = await funded(10, { expires_at });
		const [lot] = (await balance(client)).lots;
		expect((await balance(client)).expiring).toEqual([{ at: expires_at, lot: lot.id, amount: 10 }]);
		const account = await balance(await later(client, HOUR_MS));
		expect(account).toMatchObject({ granted: 10, available: 0, expired: 10, expiring: [] });
		expectConserved(account);
	});

	it("scheduled: a lot is not there before it takes effect", async () => {
		const client = await funded(10, { effective_at: Date.now() + HOUR_MS });
		expect(await balance(client)).toMatchObject({
			granted: 0,
			available: 0,
			lots: [{ status: "scheduled", amount: 10 }],
		});
		expectProblem(await client.post(holds, { amount: 1 }), "insufficient-credits");
		expect(await balance(await later(client, HOUR_MS))).toMatchObject({ granted: 10, available: 10 });
	});
});

describe("never more than there is", () => {
	it("of 40 reserves of 1 at once against 10, exactly 10 are held and 30 refused", async () => {
		const client = await funded(10);
		const answers = await Promise.all(Array.from({ length: 40 }, () => client.post(holds, { amount: 1 })));
		expect(answers.filter((answer) => answer.status === 201)).toHaveLength(10);
		const refused = answers.filter((answer) => answer.status !== 201);
		expect(refused).toHaveLength(30);
		for (const answer of refused) {
			expectProblem(answer, "insufficient-credits");
			expect(answer.body).toMatchObject({ available: 0, needed: 1 });
		}
		const account = await balance(client);
		expect(account).toMatchObject({ granted: 10, available: 0, held: 10 });
		expectConserved(account);
	});

	it("of a settlement, a release and a second settlement at once, one ends the hold", async () => {
		const client = await funded(10);
		const { id } = await reserve(client, { amount: 4 });
		const ends = [settle(client, id, { amount: 4 }), release(client, id), settle(client, id, { amount: 1 })];
		const statuses = (await Promise.all(ends)).map((answer) => answer.status);
		expect(statuses.sort()).toEqual([200, 409, 409]);
		const account = await balance(client);
		expect(account.held).toBe(0);
		expectConserved(account);
	});
});

describe("each refusal says what it is, and books nothing", () => {
	it("never granted anything is not the same as not having enough", async () => {
		const client = await newClient();
		expectProblem(await client.post(holds, { amount: 1 }), "not-entitled");
		expect(await headSeq(client)).toBe(0);
		await client.post(`${CREDITS}/grants`, { amount: 3, kind: "plan" });
		const refused = await client.post(holds, { amount: 5 });
		expectProblem(refused, "insufficient-credits");
		expect(refused.body).toMatchObject({ available: 3, needed: 5 });
		expect(await headSeq(client)).toBe(2);
	});

	it("a hold that has ended says how and when", async () => {
		const client = await funded(10);
		const [settled, released, ranOut] = [
			await reserve(client, { amount: 1 }),
			await reserve(client, { amount: 2 }),
			await reserve(client, { amount: 3, ttl_s: 1 }),
		];
		const first = await settle(client, settled.id, { amount: 1 });
		await release(client, released.id);
		const then = await later(client, 2 * SECOND_MS);
		for (const end of [(id: string) => settle(then, id, { amount: 1 }), (id: string) => release(then, id)]) {
			const twice = await end(settled.id);
			expectProblem(twice, "hold-already-settled");
			expect(twice.body).toMatchObject({ settled: 1, ended_at: first.body.ended_at });
			const gone = await end(released.id);
			expectProblem(gone, "hold-already-released");
			expect(gone.body.ended_at).toBeGreaterThan(0);
			const late = await end(ranOut.id);
			expectProblem(late, "hold-expired");
			expect(late.body.ended_at).toBe(ranOut.expires_at);
			// RFC 9457: `status` is the problem's HTTP status, whatever else the document says of the hold.
			for (const answer of [twice, gone, late]) expect(answer.body.status).toBe(409);
		}
		expect(await balance(then)).toMatchObject({ available: 9, held: 0, consumed: 1 });
	});

	it("more than was held follows the hold's policy: refused, capped, or charged up to the overdraft", async () => {
		const client = await funded(100);
		const rejecting = await reserve(client, { amount: 5 });
		const refused = await settle(client, rejecting.id, { amount: 6 });
		expectProblem(refused, "capture-exceeds-hold");
		expect(refused.body).toMatchObject({ held: 5, requested: 6, allowed: 5 });
		expect((await client.get(`${holds}/${rejecting.id}`)).body.status).toBe("held");

		const capped = await reserve(client, { amount: 5, over_capture: "cap" });
		expect((await settle(client, capped.id, { amount: 8 })).body).toMatchObject({ settled: 5, shortfall: 3 });

		const overdrawn = await reserve(client, { amount: 5, over_capture: { overdraft: 10 } });
		expectProblem(await settle(client, overdrawn.id, { amount: 16 }), "capture-exceeds-hold");
		expect((await settle(client, overdrawn.id, { amount: 15 })).body).toMatchObject({ settled: 15, shortfall: 0 });
		expect(await balance(client)).toMatchObject({ available: 75, held: 5, consumed: 20 });
	});

	it("a late settlement charges what is available then, where the hold says so", async () => {
		const client = await funded(10);
		const hold = await reserve(client, { amount: 6, ttl_s: 1, late_settle: "charge" });
		const then = await later(client, 2 * SECOND_MS);
		await reserve(then, { amount: 7 });
		const late = await settle(then, hold.id, { amount: 6 });
		expect(late.body).toMatchObject({ status: "settled", settled: 3, shortfall: 3, available: 0 });
		expectConserved(await balance(then));
		expectProblem(await settle(then, hold.id, { amount: 6 }), "hold-already-settled");
	});

	it("a hold that is not there is 404", async () => {
		const client = await funded(10);
		const id = "hld_0000000205m5t8cfgq3nkw7r";
		expectProblem(await client.get(`${holds}/${id}`), "not-found");
		expectProblem(await settle(client, id, { amount: 1 }), "not-found");
		expectProblem(await release(client, id), "not-found");
	});

	it("the 33rd open hold is 429 and says when the next one runs out", async () => {
		const client = await funded(100);
		await Promise.all(Array.from({ length: 32 }, () => reserve(client, { amount: 1, ttl_s: 100 })));
		const refused = await client.post(holds, { amount: 1 });
		expectProblem(refused, "rate-limited");
		expect(refused.body).toMatchObject({ rule: "open-holds", limit: 32 });
		const seconds = Number(refused.headers.get("Retry-After"));
		expect(seconds).toBeGreaterThan(90);
		expect(seconds).toBeLessThanOrEqual(100);
	});

	it("a lot that would expire before it takes effect is 400, and too many credits in total are 409", async () => {
		const client = await funded(1);
		const past = { amount: 1, kind: "bonus", expires_at: Date.now() - 1 };
		expectProblem(await client.post(`${CREDITS}/grants`, past), "invalid-request", ["/expires_at"]);
		expect((await balance(client)).granted).toBe(1);
		const whale = await newClient();
		const grant = () => whale.post(`${CREDITS}/grants`, { amount: 1_000_000_000, kind: "bonus" });
		// 200 lots are the limit before the total is reached.
		for (let i = 0; i < 4; i++) await Promise.all(Array.from({ length: 50 }, grant));
		expectProblem(await grant(), "conflict");
		expect((await balance(whale)).granted).toBe(200_000_000_000);
	});
});

describe("scopes", () => {
	it("reading, reserving and granting are three", async () => {
		const client = await funded(10);
		const hold = await reserve(client, { amount: 1 });
		const operations: [scope: string, send: (c: Client) => ReturnType<Client["get"]>][] = [
			["credits:read", (c) => c.get(CREDITS)],
			["credits:read", (c) => c.get(holds)],
			["credits:read", (c) => c.get(`${CREDITS}/entries`)],
			["credits:reserve", (c) => c.post(holds, { amount: 1 })],
			["credits:reserve", (c) => settle(c, hold.id, { amount: 1 })],
			["credits:grant", (c) => c.post(`${CREDITS}/grants`, { amount: 1, kind: "bonus" })],
		];
		for (const scope of ["credits:read", "credits:reserve", "credits:grant"]) {
			const scoped = await newClient({ user: client.user, tenant: client.tenant, scope });
			for (const [needed, send] of operations) {
				const answer = await send(scoped);
				if (needed === scope) expect(answer.status).toBeLessThan(300);
				else {
					expectProblem(answer, "forbidden");
					expect(answer.body.required_scope).toBe(needed);
				}
			}
		}
	});
});
