import { DIGESTS } from "../../domain/concealment.ts";
import { EXPORT_PAGE_ROWS } from "../../domain/privacy/limits.ts";
import type { FoldedTable } from "./projection.ts";
import { FOLDED_TABLES, keyAfter } from "./tables.ts";

/** What an export has of the catalog: the rows that are of one user. All of them follow from the user's log. */

/** Which rows of a table are of the user ?1; null where none is of one user alone. */
function ofUser({ key: [first], columns }: FoldedTable): string | null {
	if (columns.includes("owner")) return "owner = ?1";
	if (columns.includes("user_id")) return "user_id = ?1";
	return first === "shard" ? "shard = (SELECT number FROM shards WHERE user_id = ?1)" : null;
}

const INNER = new Set<string>([...DIGESTS, "head_hash", "shard", "audience", "archive_audience"]);

const shownColumns = ({ columns }: FoldedTable): string[] => columns.filter((column) => !INNER.has(column));

export const EXPORTED_TABLES: readonly FoldedTable[] = FOLDED_TABLES.filter((table) => ofUser(table) !== null);

/** Why an export has none of the others. */
export const NOT_EXPORTED: readonly { name: string; why: string }[] = FOLDED_TABLES.filter(
	(table) => ofUser(table) === null,
).map(({ name, kind }) => ({
	name,
	why:
		kind === "sums"
			? "It has sums over many users."
			: "It repeats what the user's published quizzes say, for searches and statistics.",
}));

type Row = Record<string, number | string | null>;

/** Rows of the user's after the one with this key, and the key after which to go on; null where there are no more. */
export async function rowsOfUser(
	db: Pick<D1Database, "prepare">,
	table: FoldedTable,
	user: string,
	after: readonly (number | string)[] | null,
): Promise<{ rows: Row[]; next: (number | string)[] | null }> {
	const where = after === null ? "" : `AND ${keyAfter(table.key, 2)}`;
	const shown = shownColumns(table);
	const selected = [...new Set([...table.key, ...shown])].join(", ");
	const query = `SELECT ${selected} FROM ${table.name} WHERE ${ofUser(table)} ${where}
		ORDER BY ${table.key.join(", ")} LIMIT ${EXPORT_PAGE_ROWS}`;
	const { results } = await db
		.prepare(query)
		.bind(user, ...(after ?? []))
		.all<Row>();
	const rows = results.map((row) => Object.fromEntries(shown.map((column) => [column, row[column] ?? null])));
	const last = results.length === EXPORT_PAGE_ROWS ? results.at(-1) : undefined;
	return { rows, next: last ? table.key.map((column) => last[column] ?? 0) : null };
}
