import { seqOfId } from "../domain/ids.ts";
import { same, sameJson } from "./difference.ts";
import type { SharingReplay } from "./replay-sharing.ts";
import type { Sql } from "./sql.ts";

/** Compares the rows of collections, shares, grants and copies with what the log says of them. @throws Difference */
export function compareSharing(sql: Sql, replay: SharingReplay): void {
	for (const table of ["collections", "shares", "grants"] as const) {
		compareRows(sql, table, "seq", replay[table]);
	}
	const copies = [...replay.copies].map(([quiz, copy]) => [seqOfId(quiz), copy] as const);
	compareRows(sql, "copies", "quiz", new Map(copies));
}

function compareRows(sql: Sql, table: string, key: string, expected: ReadonlyMap<number, object>): void {
	let rows = 0;
	for (const row of sql.each<Record<string, unknown>>(`SELECT * FROM ${table} ORDER BY ${key}`)) {
		const { [key]: seq, ...columns } = row;
		sameJson(table, String(seq), columns, expected.get(Number(seq)));
		rows++;
	}
	same(table, "all", "number of rows", rows, expected.size);
}
