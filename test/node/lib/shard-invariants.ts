import type { DatabaseSync } from "node:sqlite";
import { expect } from "vitest";
import { chainHash, genesisHash, hex, type LogRow } from "../../../src/domain/log/chain.ts";

/** What must hold in a shard's file at any instant, checked from its tables alone, without the product's own verification. */

type Bucket = "granted" | "available" | "held" | "consumed" | "expired" | "voided";
type Sums = Record<Bucket, number>;
type Posting = [lot: string, from: Bucket, to: Bucket, amount: number];
type StoredRow = LogRow & { hash: Uint8Array; ledger_head: number; attempt_head: number };
type Lot = Sums & { id: string };

export interface History {
	/** Hash of each row of the log, in order. */
	hashes: string[];
}

/** @throws where the file is not a history that its user could have had */
export function expectLegalHistory(database: DatabaseSync, user: string): History {
	expect(database.prepare("PRAGMA integrity_check").all()).toEqual([{ integrity_check: "ok" }]);
	const tables = all<{ name: string }>(database, "SELECT name FROM sqlite_master WHERE type = 'table'");
	// The schema is one transaction: all of it or nothing.
	if (!tables.some(({ name }) => name === "log")) {
		expect(tables.filter(({ name }) => name !== "migrations" && !name.startsWith("_cf_"))).toEqual([]);
		return { hashes: [] };
	}
	const log = all<StoredRow>(database, "SELECT * FROM log ORDER BY seq");
	const hashes = expectChain(log, user);
	// The first event comes with `shard.opened` before it.
	expect(log.length).not.toBe(1);
	expect(all(database, "SELECT user_id FROM shard")).toEqual(log.length === 0 ? [] : [{ user_id: user }]);
	expectLedger(database, log);
	expectRows(database, log);
	return { hashes };
}

const all = <T = { [column: string]: unknown }>(database: DatabaseSync, query: string): T[] =>
	// The columns are those of the query; the tables are STRICT.
	database.prepare(query).all() as T[];

function expectChain(log: readonly StoredRow[], user: string): string[] {
	let hash = genesisHash(user);
	return log.map((row, index) => {
		expect(row.seq).toBe(index + 1);
		hash = chainHash(hash, row);
		expect(hex(row.hash)).toBe(hex(hash));
		return hex(hash);
	});
}

const none = (): Sums => ({ granted: 0, available: 0, held: 0, consumed: 0, expired: 0, voided: 0 });

/** Adds up every posting of the log, in total and by lot, and finds the same in the account and the closed lots. */
function expectLedger(database: DatabaseSync, log: readonly StoredRow[]): void {
	const total = none();
	const byLot = new Map<string, Sums>();
	const entries = log.filter(({ kind }) => kind.startsWith("credits."));
	for (const [lot, from, to, amount] of entries.flatMap(({ body }) => JSON.parse(body).postings as Posting[])) {
		const sums = byLot.get(lot) ?? none();
		byLot.set(lot, sums);
		for (const side of [total, sums]) {
			side[from] += from === "granted" ? amount : -amount;
			side[to] += amount;
		}
	}
	for (const { granted, ...parts } of [total, ...byLot.values()]) {
		const values = Object.values(parts);
		expect(values.reduce((sum, part) => sum + part, 0)).toBe(granted);
		expect(Math.min(...values)).toBeGreaterThanOrEqual(0);
	}
	const [account] = all<Sums & { lots: string; last_entry: number }>(database, "SELECT * FROM account");
	expect(account === undefined).toBe(entries.length === 0);
	if (!account) return;
	expect(account).toMatchObject({ ...total, last_entry: entries.at(-1)?.seq });
	const closed = all<{ lot: string }>(database, "SELECT lot FROM closed_lots").map(({ lot }): Lot => JSON.parse(lot));
	const lots: Lot[] = [...JSON.parse(account.lots), ...closed];
	expect(lots.map(({ id }) => id).sort()).toEqual([...byLot.keys()].sort());
	for (const lot of lots) expect(lot).toMatchObject(byLot.get(lot.id) ?? none());
}

/** Every row of state has its row of the log, and the other way round; what was answered names rows that are there. */
function expectRows(database: DatabaseSync, log: readonly StoredRow[]): void {
	expectHeads(log);
	for (const [table, row, kind] of [
		["attempts", "seq", "attempt.submitted"],
		["holds", "seq", "credits.held"],
		["quizzes", "coalesce(created_by, seq)", "quiz.created"],
	]) {
		const stored = all<{ seq: number; id: string }>(database, `SELECT ${row} AS seq, id FROM ${table} ORDER BY 1`);
		const logged = log.filter((row) => row.kind === kind).map(({ seq, subject }) => ({ seq, id: subject }));
		expect(stored).toEqual(logged);
	}
	const versions = all(database, "SELECT DISTINCT hash FROM quiz_versions ORDER BY hash").map(({ hash }) => hash);
	const published = log.filter(({ kind }) => kind === "quiz.published").map(({ body }) => JSON.parse(body).version);
	expect(versions).toEqual([...new Set(published)].sort());
	for (const { seq } of all<{ seq: number }>(database, "SELECT seq FROM requests")) {
		expect(seq).toBeGreaterThan(0);
		expect(seq).toBeLessThanOrEqual(log.length);
	}
}

/** Every row knows the latest entry of the ledger, and the latest attempt, up to itself. */
function expectHeads(log: readonly StoredRow[]): void {
	const heads = { ledger_head: 0, attempt_head: 0 };
	for (const { seq, kind, ledger_head, attempt_head } of log) {
		if (kind.startsWith("credits.")) heads.ledger_head = seq;
		if (kind === "attempt.submitted") heads.attempt_head = seq;
		expect({ ledger_head, attempt_head }).toEqual(heads);
	}
}
