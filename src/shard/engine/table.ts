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

/** Removes rows of a table, a bounded number. @returns whether there may be more */
export function removeRows(sql: Sql, name: string, { key }: Table, limit: number): boolean {
	const keys = key.join(", ");
	sql.run(`DELETE FROM ${name} WHERE (${keys}) IN (SELECT ${keys} FROM ${name} LIMIT ?)`, limit);
	return sql.one(`SELECT 1 FROM ${name} LIMIT 1`) !== null;
}
