import { INSTALLATION } from "../../domain/people/installation.ts";
import { PROJECTIONS } from "../projections.ts";
import type { FoldedTable } from "./projection.ts";

/** All tables of the catalog, by what owns them: the projections, and the replication itself. A test compares them with the schema. */

/** Grows with the lists of columns: digests of different versions must not be compared. */
export const DIGEST_VERSION = 3;

const DIRECTORY: FoldedTable = {
	name: "shards",
	key: ["number"],
	kind: "directory",
	columns: ["user_id", "tenant_id", "applied_seq", "head_hash"],
	incidental: ["number", "applied_at", "erased_at"],
	// Nothing is folded from the installation's log, and it grows by whatever an operator asks for, a rebuild between two digests for one. Of a user
	// who was erased nothing is left but that.
	empty: `page.user_id = '${INSTALLATION}' OR (page.tenant_id = '' AND page.applied_seq = 0)`,
};

const DEAD_LETTERS: FoldedTable = {
	name: "dead_letters",
	key: ["user_id", "seq"],
	kind: "facts",
	columns: ["user_id", "seq"],
	incidental: ["at", "error", "row", "acknowledged_at"],
};

/** In which order digests and wipes go over them. */
const PLACE = { directory: 0, owned: 1, mirrors: 2, facts: 3, sums: 4 } as const satisfies Record<
	FoldedTable["kind"],
	number
>;

/** The tables that are the fold of the logs. */
export const FOLDED_TABLES: readonly FoldedTable[] = [
	DIRECTORY,
	...PROJECTIONS.flatMap(({ tables }) => tables),
	DEAD_LETTERS,
].sort((a, b) => PLACE[a.kind] - PLACE[b.kind]);

/** What replication remembers of its own work. */
const REPLICATION_TABLES = [
	"applied_days",
	"lagging",
	"dead_messages",
	"replication_minutes",
	"sweep",
	"rebuilds",
	"rows_ahead",
];

/** Tables that are not in the logs: a rebuild leaves them. */
export const OTHER_TABLES: readonly string[] = [
	...REPLICATION_TABLES,
	...PROJECTIONS.flatMap(({ otherTables }) => otherTables),
];

/** `(a, b) > (?1, ?2)` for a key of two columns; the parameters begin at `first`. */
export const keyAfter = (key: readonly string[], first = 1): string =>
	`(${key.join(", ")}) > (${key.map((_, index) => `?${first + index}`).join(", ")})`;
