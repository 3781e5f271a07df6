import { createHmac } from "node:crypto";
import { canonicalJson } from "../../domain/canonical.ts";
import { DIGEST_PAGE_ROWS } from "../../domain/log/limits.ts";
import type { FoldedTable } from "./projection.ts";
import { DIGEST_VERSION, FOLDED_TABLES, keyAfter } from "./tables.ts";

/** The digest of one page of a table. Those of all pages, added modulo 2²⁵⁶, are the table's. */
export interface DigestPage {
	table: string;
	/** DIGEST_VERSION: those of another must not be compared with it. */
	digest_version: number;
	rows: number;
	/** 64 hex digits. */
	digest: string;
	/** The key to go on after, null at the end. */
	next: (string | number)[] | null;
}

const MODULUS = 1n << 256n;

/**
 * The sum of the HMAC-SHA-256 of each row's canonical JSON, modulo 2²⁵⁶ (a multiset hash of the kind AdHash; Bellare & Micciancio
 * 1997). Keyed, since what changes with one more row would else be a digest of that row, with all that is secret in it. It does not depend on the order of rows, nor on which number a shard has in the directory, so equal logs give
 * equal digests wherever and in whichever order they were applied. It finds accidents; it is no defence against someone who
 * can choose rows.
 * @param after the key after which the page begins; null for the first
 * @param digestKey digests under different keys cannot be compared
 */
export async function digestPage(
	db: D1Database,
	table: FoldedTable,
	after: readonly (string | number)[] | null,
	digestKey: string,
): Promise<DigestPage> {
	const { results } = await db
		.prepare(pageQuery(table, after !== null))
		.bind(...(after ?? []), DIGEST_PAGE_ROWS)
		.all<Record<string, string | number | null>>();
	let sum = 0n;
	let rows = 0;
	for (const row of results) {
		if (row.is_empty === 1) continue;
		rows++;
		sum = (sum + hashOf(row, table, digestKey)) % MODULUS;
	}
	const last = results.length === DIGEST_PAGE_ROWS ? results.at(-1) : undefined;
	const next = last ? table.key.map((column) => last[column] ?? 0) : null;
	return { table: table.name, digest_version: DIGEST_VERSION, rows, digest: sum.toString(16).padStart(64, "0"), next };
}

function pageQuery({ name, key, columns, empty }: FoldedTable, hasAfter: boolean): string {
	const where = hasAfter ? `WHERE ${keyAfter(key)}` : "";
	const limit = `?${hasAfter ? key.length + 1 : 1}`;
	const selected = [...new Set([...key, ...columns])];
	const page = `SELECT ${selected.join(", ")} FROM ${name} ${where} ORDER BY ${key.join(", ")} LIMIT ${limit}`;
	const owner = key[0] === "shard" ? ", shards.user_id AS shard_user" : "";
	const join = key[0] === "shard" ? "LEFT JOIN shards ON shards.number = page.shard" : "";
	const shown = selected.map((column) => `page.${column}`).join(", ");
	return `SELECT ${shown}, ${empty ?? "0"} AS is_empty${owner} FROM (${page}) AS page ${join}`;
}

function hashOf(row: Record<string, string | number | null>, { columns, key }: FoldedTable, digestKey: string): bigint {
	const names = key[0] === "shard" ? [...columns, "shard_user"] : columns;
	const hashed = Object.fromEntries(names.map((name) => [name, row[name] ?? null]));
	return BigInt(`0x${createHmac("sha256", digestKey).update(canonicalJson(hashed)).digest("hex")}`);
}

export const foldedTable = (name: string): FoldedTable | undefined =>
	FOLDED_TABLES.find((table) => table.name === name);
