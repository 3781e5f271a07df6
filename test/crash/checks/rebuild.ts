import { isDeepStrictEqual } from "node:util";
import type { Client } from "../../../scripts/lib/client.ts";
import { FOLDED_TABLES } from "../../../src/catalog/tables.ts";
import type { Caller } from "../caller.ts";
import { inParallel } from "../parallel.ts";
import type { Violations } from "./violation.ts";

const CALLS_MAX = 100;
/** The clock may write to a log meanwhile; then it is compared once more. */
const TRIES_MAX = 5;
const MODULUS = 1n << 256n;

interface DigestPage {
	rows: number;
	digest: string;
	next_cursor: string | null;
}

type Digests = Record<string, { rows: number; digest: bigint }>;

/** A catalog that is made anew from the logs is the one that came about under the faults, table by table. */
export async function checkRebuild(caller: Caller, users: readonly string[], violations: Violations): Promise<void> {
	const operator = caller.operator();
	const { items: dead } = await operator.get<{ items: { user: string; seq: number; error: string }[] }>(
		"/v1/admin/dead-letters",
	);
	for (const { user, seq, error } of dead) violations.add("dead letter", `row ${seq}: ${error}`, { user });
	for (let left = TRIES_MAX; left > 0; left--) {
		const heads = await headsOf(caller, users);
		const before = await digests(operator);
		await rebuild(operator);
		const after = await digests(operator);
		if (!isDeepStrictEqual(heads, await headsOf(caller, users))) continue;
		for (const { name } of FOLDED_TABLES) {
			const [old, anew] = [before[name], after[name]];
			const detail = () => `${name}: ${old?.rows} rows before and ${anew?.rows} after, or others`;
			violations.require(isDeepStrictEqual(old, anew), "rebuild", detail);
		}
		return;
	}
	violations.add("rebuild", `the logs grew in each of ${TRIES_MAX} tries`);
}

/** Where the logs end, once the catalog has all of them: a read may itself make due what the clock has brought. */
const headsOf = (caller: Caller, users: readonly string[]) =>
	inParallel(users, async (user) => (await caller.reader(user).caughtUp()).head_seq);

async function digests(operator: Client): Promise<Digests> {
	const all: Digests = {};
	for (const { name } of FOLDED_TABLES) {
		let [rows, digest] = [0, 0n];
		for (let cursor: string | null = ""; cursor !== null; ) {
			const query = new URLSearchParams({ table: name, ...(cursor && { cursor }) });
			const page: DigestPage = await operator.get(`/v1/admin/replication/digest?${query}`);
			rows += page.rows;
			digest = (digest + BigInt(`0x${page.digest}`)) % MODULUS;
			cursor = page.next_cursor;
		}
		all[name] = { rows, digest };
	}
	return all;
}

async function rebuild(operator: Client): Promise<void> {
	for (let calls = 0; calls < CALLS_MAX; calls++) {
		const { finished_at } = await operator.post<{ finished_at: number | null }>("/v1/admin/replication/rebuild", {});
		if (finished_at !== null) return;
	}
	throw new Error(`The rebuild is not over after ${CALLS_MAX} calls.`);
}
