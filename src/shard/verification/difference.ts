import { canonicalJson, type Json } from "../../domain/canonical.ts";
import type { Sql } from "../engine/sql.ts";

/** The first stored row that is not as the log says. */
export class Difference extends Error {
	readonly table: string;
	readonly key: string;

	constructor(table: string, key: string | number, detail: string) {
		super(detail);
		this.table = table;
		this.key = String(key);
	}
}

/** @throws Difference unless they are the same */
export function same(table: string, key: string | number, what: string, stored: unknown, expected: unknown): void {
	if (stored !== expected) throw new Difference(table, key, `${what} is ${stored}, and ${expected} by the log`);
}

/** Compares two records member by member; one that is missing is not one that is null. @throws Difference */
export function sameJson(table: string, key: string | number, stored: unknown, expected: unknown): void {
	if (expected == null) throw new Difference(table, key, "The log does not know of this row.");
	if (stored == null) throw new Difference(table, key, "The row is missing.");
	const [is, should] = [membersOf(stored), membersOf(expected)];
	for (const name of new Set([...is.keys(), ...should.keys()])) same(table, key, name, is.get(name), should.get(name));
}

/**
 * Compares the columns of a stored row with what the log says of them. What the log says beyond them is of a later release,
 * which may have added it: it is no difference.
 * @throws Difference
 */
export function sameColumns<R extends object>(
	table: string,
	key: string | number,
	stored: R | undefined,
	expected: object | undefined,
): void {
	const known: Record<string, unknown> = { ...expected };
	const columns = Object.keys(stored ?? {});
	sameJson(table, key, stored, expected && Object.fromEntries(columns.map((name) => [name, known[name]])));
}

/**
 * Compares every row of a table with what the log says of it, and their number.
 * @param columns all that are compared, and the key
 * @param expected by key
 * @throws Difference
 */
export function compareRows(
	sql: Sql,
	table: string,
	columns: string,
	key: string,
	expected: ReadonlyMap<number, object>,
): void {
	let rows = 0;
	for (const { [key]: place, ...row } of sql.each(`SELECT ${columns} FROM ${table} ORDER BY ${key}`)) {
		sameColumns(table, String(place), row, expected.get(Number(place)));
		rows++;
	}
	same(table, "all", "number of rows", rows, expected.size);
}

/** Members with their canonical texts, as JSON gives the value back: without what is undefined. */
function membersOf(value: object): Map<string, string> {
	const members: Record<string, Json> = JSON.parse(JSON.stringify(value));
	return new Map(Object.entries(members).map(([name, member]) => [name, canonicalJson(member)]));
}

/** A value that can be read as JSON. @throws Difference naming the row where it cannot */
export function readable<T>(table: string, key: string | number, read: () => T): T {
	try {
		return read();
	} catch (error) {
		throw new Difference(table, key, `It cannot be read: ${error}`);
	}
}
