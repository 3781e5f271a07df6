import { FOLDED_TABLES } from "../src/catalog/replication/tables.ts";
import type { Client } from "./client.ts";
import type { Acknowledged, DeadLetter, KeyRotation, Page, Rebuild, Redriven, Sweep, TableDigest } from "./contract.ts";

/** What an operator does with a running server, call by call until it is done. The client needs the scope `admin`. */

const MODULUS = 1n << 256n;

/** Rows and digest of each of the catalog's tables: pages are added as docs/replication.md says. */
export async function digestOf(client: Client): Promise<{ table: string; rows: number; digest: string }[]> {
	const digests = [];
	for (const { name: table } of FOLDED_TABLES) {
		let rows = 0;
		let sum = 0n;
		let cursor: string | null = null;
		do {
			const query: string = new URLSearchParams({ table, ...(cursor && { cursor }) }).toString();
			const page: TableDigest = await client.get(`/v1/admin/replication/digest?${query}`);
			rows += page.rows;
			sum = (sum + BigInt(`0x${page.digest}`)) % MODULUS;
			cursor = page.next_cursor;
		} while (cursor !== null);
		digests.push({ table, rows, digest: sum.toString(16).padStart(64, "0") });
	}
	return digests;
}

/** Rebuilds one user's part of the catalog, or all of it, to its end. */
export async function rebuild(
	client: Client,
	user: string | undefined,
	onProgress: (state: Rebuild) => void = () => undefined,
): Promise<Rebuild> {
	for (let number: number | undefined; ; ) {
		const state: Rebuild = await client.post("/v1/admin/replication/rebuild", { user, number });
		if (state.finished_at !== null) return state;
		onProgress(state);
		number = state.number;
	}
}

/** One whole pass of the sweep. */
export async function sweep(client: Client): Promise<Sweep> {
	for (;;) {
		const state: Sweep = await client.post("/v1/admin/replication/sweep", undefined);
		if (state.finished_at !== null) return state;
	}
}

/** Drives dead letters again: one, those of a user, or all. */
export async function redrive(
	client: Client,
	which: { user?: string | undefined; seq?: number | undefined },
): Promise<Redriven[]> {
	const items: Redriven[] = [];
	let cursor: string | null = null;
	do {
		const body = { ...which, ...(cursor && { cursor }) };
		const page: Page<Redriven> = await client.post("/v1/admin/dead-letters/redrive", body);
		items.push(...page.items);
		cursor = page.next_cursor;
	} while (cursor !== null);
	return items;
}

/** Acknowledges all that was given up until then, milliseconds since the epoch. */
export async function acknowledge(client: Client, until: number): Promise<Acknowledged> {
	const sum = { letters: 0, messages: 0 };
	for (;;) {
		const { letters, messages }: Acknowledged = await client.post("/v1/admin/dead-letters/acknowledgement", { until });
		if (letters + messages === 0) return sum;
		sum.letters += letters;
		sum.messages += messages;
	}
}

/** Wraps the keys of all users with the master key that stands first in the server's MASTER_KEYS. */
export async function rotateMasterKey(client: Client): Promise<{ keys: number; rewrapped: number }> {
	const sum = { keys: 0, rewrapped: 0 };
	let cursor: string | null = null;
	do {
		const query: string = cursor === null ? "" : `?${new URLSearchParams({ cursor })}`;
		const done: KeyRotation = await client.post(`/v1/admin/keys/rotation${query}`, undefined);
		sum.keys += done.keys;
		sum.rewrapped += done.rewrapped;
		cursor = done.next_cursor;
	} while (cursor !== null);
	return sum;
}

export const deadLetters = (client: Client, user: string | undefined): AsyncGenerator<DeadLetter> =>
	client.list<DeadLetter>("/v1/admin/dead-letters", user === undefined ? {} : { user });
