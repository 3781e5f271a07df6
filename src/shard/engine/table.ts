import type { Field } from "../../domain/privacy/private-texts.ts";
import type { Sql } from "./sql.ts";

/** What an export has of a column. */
export type Shown =
	/** What is stored. */
	| "value"
	/** The JSON that the text is. */
	| "json"
	/** A quiz as its author writes it, of the text that it is stored as. */
	| "content"
	/** What is sealed as this field, opened. */
	| { field: Field }
	/** Nothing, and why. */
	| { withheld: string };

/** A table of a shard, for what goes over all of them: an export, which leaves nothing out without a reason, and an erasure. */
export interface Table {
	/** The columns of the primary key, in its order. */
	readonly key: readonly [string, ...string[]];
	/** Every column. */
	readonly columns: { readonly [name: string]: Shown };
	/** Why an export has none of it. */
	readonly withheld?: string;
}

export type Tables = { readonly [name: string]: Table };

/** Columns that are shown as they are stored. */
export const values = <N extends string>(...names: N[]): { readonly [P in N]: "value" } =>
	// Each of the names is a member.
	Object.fromEntries(names.map((name) => [name, "value"])) as { [P in N]: "value" };

/** It has the hash of a content, which is a name for inside: another column has the number by which clients know it. */
export const INNER_NAME = {
	withheld: "It is what the content is called inside; quiz and version number name it.",
} as const;

/** It guards the row, and says nothing more. */
export const GUARD = { withheld: "It is a digest of the row, against damage." } as const;

const isShown = ([, shown]: [string, Shown]) => typeof shown === "string" || "field" in shown;

/** A row as far as an export has it, by its columns. */
export type ExportedRow = Record<string, number | string | null>;

/** Rows of a table, and the key after which to go on; null where there are no more. */
export interface TablePage {
	rows: ExportedRow[];
	next: (number | string)[] | null;
}

/** The rows after the one with this key, in the order of the key: some, and no more than one beyond so many characters. */
export function pageAfter(
	sql: Sql,
	name: string,
	{ key, columns }: Table,
	after: readonly (number | string)[] | null,
	{ rows_max, chars_max }: { rows_max: number; chars_max: number },
): TablePage {
	const shown = Object.entries(columns)
		.filter(isShown)
		.map(([column]) => column);
	const where = after === null ? "" : `WHERE (${key.join(", ")}) > (${key.map(() => "?").join(", ")})`;
	const selected = [...new Set([...key, ...shown])].join(", ");
	const query = `SELECT ${selected} FROM ${name} ${where} ORDER BY ${key.join(", ")} LIMIT ?`;
	const rows: ExportedRow[] = [];
	let chars = 0;
	for (const row of sql.each<ExportedRow>(query, ...(after ?? []), rows_max)) {
		rows.push(row);
		for (const value of Object.values(row)) chars += typeof value === "string" ? value.length : 0;
		if (chars >= chars_max) break;
	}
	const last = rows.at(-1);
	const isAll = last === undefined || (rows.length < rows_max && chars < chars_max);
	return { rows, next: isAll ? null : key.map((column) => keyValue(last[column])) };
}

function keyValue(value: number | string | null | undefined): number | string {
	if (value === null || value === undefined) throw new Error("a key has a column with nothing in it");
	return value;
}

/** Removes rows of a table, a bounded number. @returns whether there may be more */
export function removeRows(sql: Sql, name: string, { key }: Table, limit: number): boolean {
	const keys = key.join(", ");
	sql.run(`DELETE FROM ${name} WHERE (${keys}) IN (SELECT ${keys} FROM ${name} LIMIT ?)`, limit);
	return sql.one(`SELECT 1 FROM ${name} LIMIT 1`) !== null;
}
