import { digestPage, foldedTable } from "../catalog/replication/digest.ts";
import { FOLDED_TABLES } from "../catalog/replication/tables.ts";
import { accepted } from "../domain/result.ts";
import { digestKeyOf } from "../env.ts";
import { unknown } from "../service/verbs.ts";
import { operate } from "./operator.ts";

/** The tables that have a digest. */
export const DIGESTED = FOLDED_TABLES.map(({ name }) => name);

/** Where a page of a table's digest begins: behind the row with this key. */
export type DigestPosition = (string | number)[];

interface Input {
	table: string;
	/** Gives where the page begins; null for the first. @param length of the table's key */
	positionIn(length: number): DigestPosition | null;
}

/** The digest of one page of a table. Gates: `admin`, the table is one that the logs determine. */
export const readDigest = operate(async ({ env }, { table: name, positionIn }: Input) => {
	const table = foldedTable(name);
	if (!table) return unknown("table");
	return accepted(await digestPage(env.CATALOG, table, positionIn(table.key.length), digestKeyOf(env)));
});
