import { seqOfId } from "../domain/ids.ts";
import { COLLECTION_COLUMNS } from "./collections.ts";
import { COPY_COLUMNS } from "./copies.ts";
import { same, sameColumns } from "./difference.ts";
import type { SharingReplay } from "./replay-sharing.ts";
import { GRANT_COLUMNS, SHARE_COLUMNS } from "./shares.ts";
import type { Sql } from "./sql.ts";

/** Compares the rows of collections, shares, grants and copies with what the log says of them. @throws Difference */
export function compareSharing(sql: Sql, replay: SharingReplay): void {
	compareRows(sql, "collections", COLLECTION_COLUMNS, "seq", replay.collections);
	compareRows(sql, "shares", SHARE_COLUMNS, "seq", replay.shares);
	compareRows(sql, "grants", GRANT_COLUMNS, "seq", replay.grants);
	const copies = [...replay.copies].map(([quiz, copy]) => [seqOfId(quiz), copy] as const);
	compareRows(sql, "copies", COPY_COLUMNS, "quiz", new Map(copies));
}

function compareRows(
	sql: Sql,
	table: string,
	columns: string,
	key: string,
	expected: ReadonlyMap<number, Record<string, unknown>>,
): void {
	let rows = 0;
	for (const row of sql.each<Record<string, unknown>>(`SELECT ${columns} FROM ${table} ORDER BY ${key}`)) {
		const { [key]: seq, ...record } = row;
		sameColumns(table, String(seq), record, expected.get(Number(seq)));
		rows++;
	}
	same(table, "all", "number of rows", rows, expected.size);
}
