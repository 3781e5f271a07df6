import fc from "fast-check";
import { expect, vi } from "vitest";
import { BUCKETS } from "../../src/domain/credits/ledger.ts";
import { type Answer, type Client, newClient } from "./harness.ts";

/** What the tests of the ledger over HTTP share. */

export const CREDITS = "/v1/users/me/credits";
export const HOLDS = `${CREDITS}/holds`;
export const SECOND_MS = 1_000;
export const HOUR_MS = 3_600 * SECOND_MS;
export const DAY_MS = 24 * HOUR_MS;

/** A user with one lot of `amount`. */
export async function funded(amount: number, more: object = {}): Promise<Client> {
	const client = await newClient();
	await grant(client, { amount, ...more });
	return client;
}

/** A time that no real clock of a test run has reached. */
export const START = Date.UTC(2040, 4, 5, 12);

/** The same at a time of its own: the clock stands there from now on. */
export async function fundedAt(now: number, amount: number, more: object = {}): Promise<Client> {
	const client = await at(now);
	await grant(client, { amount, ...more });
	return client;
}

export async function grant(client: Client, body: object): Promise<Answer["body"]> {
	const granted = await client.post(`${CREDITS}/grants`, { kind: "purchase", ...body });
	expect(granted.status).toBe(201);
	return granted.body;
}

export async function reserve(client: Client, body: object): Promise<Answer["body"]> {
	const held = await client.post(HOLDS, body);
	expect(held.status).toBe(201);
	return held.body;
}

export const settle = (client: Client, id: string, body: object) => client.post(`${HOLDS}/${id}/settlement`, body);
export const release = (client: Client, id: string, body: object = {}) => client.post(`${HOLDS}/${id}/release`, body);
export const extend = (client: Client, id: string, body: object) => client.post(`${HOLDS}/${id}/extension`, body);
export const refund = (client: Client, id: string, body: object = {}) => client.post(`${HOLDS}/${id}/refund`, body);
export const voidLot = (client: Client, id: string, body: object = {}) =>
	client.post(`${CREDITS}/lots/${id}/void`, body);
export const balance = async (client: Client): Promise<Answer["body"]> => (await client.get(CREDITS)).body;

/** Sets the clock of the Worker and of the shard, not of SQLite, and gives the user a token that is valid then. */
export async function at(now: number, client?: Client): Promise<Client> {
	vi.useFakeTimers({ toFake: ["Date"], now });
	return newClient(client && { user: client.user, tenant: client.tenant });
}

/** The law of the ledger, in total, for each lot, and of the lots to the total. */
export function expectConserved(account: Answer["body"]): void {
	for (const side of [account, account.closed, ...account.lots]) {
		expect(side.granted).toBe(BUCKETS.reduce((sum, bucket) => sum + side[bucket], 0));
		for (const bucket of BUCKETS) expect(side[bucket]).toBeGreaterThanOrEqual(0);
	}
	for (const side of ["granted", ...BUCKETS]) {
		const lots = account.lots.reduce((sum: number, lot: Answer["body"]) => sum + lot[side], 0);
		expect([side, lots + account.closed[side]]).toEqual([side, account[side]]);
	}
}

/** The rows of the user's log of one kind. */
export async function logged(client: Client, kind: string): Promise<Answer["body"][]> {
	const { items } = (await client.get("/v1/users/me/log?limit=100")).body;
	return items.filter((row: { kind: string }) => row.kind === kind);
}

/** Random numbers that a failure can be repeated with: the seed is in the name of the test. */
export function randomFrom(seed: number) {
	const [values] = fc.sample(fc.infiniteStream(fc.nat({ max: 2 ** 30 })), { seed, numRuns: 1 });
	const next = () => (values?.next().value as number) ?? 0;
	return {
		below: (limit: number) => next() % limit,
		pick: <T>(list: readonly T[]): T => list[next() % list.length] as T,
	};
}
