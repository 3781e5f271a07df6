/**
 * The tables that are the fold of the logs, for what must go over all of them: the digest, and the wipe before a rebuild. A
 * test compares this list with the schema.
 */
export interface FoldedTable {
	name: string;
	/** Columns of the primary key, in its order. */
	key: readonly [string, ...string[]];
	/**
	 * `facts` and `sums` are removed before a rebuild and come back with the events. `owned` rows stay visible with `seq` 0
	 * until their owner's log has written them anew; `mirrors` of them go with them, by triggers. The `directory` stays, with its cursors at 0.
	 */
	kind: "directory" | "owned" | "mirrors" | "facts" | "sums";
	/** Columns that depend on when and in which order things were applied, and so are not in the digest. */
	incidental: readonly string[];
	/** Rows that say nothing and may be there or not. */
	empty?: string;
}

export const FOLDED_TABLES: readonly FoldedTable[] = [
	{ name: "shards", key: ["number"], kind: "directory", incidental: ["number", "applied_at"] },
	{ name: "quizzes", key: ["id"], kind: "owned", incidental: ["popularity", "rating"] },
	{ name: "quiz_slugs", key: ["tenant_id", "slug", "claimed_at", "quiz"], kind: "owned", incidental: [] },
	{ name: "collections", key: ["id"], kind: "owned", incidental: [] },
	{ name: "shares", key: ["id"], kind: "owned", incidental: [] },
	{ name: "quiz_grants", key: ["quiz", "grantee", "share"], kind: "owned", incidental: [] },
	{ name: "quiz_texts", key: ["number"], kind: "mirrors", incidental: ["number"] },
	{ name: "media_holders", key: ["hash", "owner"], kind: "owned", incidental: [] },
	{ name: "attempt_facts", key: ["shard", "seq"], kind: "facts", incidental: ["shard"] },
	{ name: "generation_facts", key: ["shard", "seq"], kind: "facts", incidental: ["shard"] },
	{ name: "credit_facts", key: ["shard", "seq"], kind: "facts", incidental: ["shard"] },
	{ name: "dead_letters", key: ["user_id", "seq"], kind: "facts", incidental: ["at", "error", "row"] },
	{ name: "quiz_statistics", key: ["quiz"], kind: "sums", incidental: [] },
	{ name: "question_statistics", key: ["quiz", "version"], kind: "sums", incidental: [] },
	{
		...{ name: "quiz_reactions", key: ["quiz"], kind: "sums", incidental: [] },
		empty: "favorites = 0 AND likes = 0",
	},
	{
		...{ name: "usage_daily", key: ["tenant_id", "day", "model"], kind: "sums", incidental: [] },
		empty: "generations = 0 AND completed = 0 AND failed = 0 AND credits = 0 AND tokens = 0 AND cost_cents = 0",
	},
];

/** Tables that are about the catalog's own upkeep: they are not in the logs, and a rebuild leaves them. */
export const UPKEEP_TABLES: readonly string[] = [
	...["applied_days", "lagging", "dead_messages", "replication_minutes", "sweep", "rebuilds"],
	...["quiz_views", "popularity_round", "media_purge"],
];

/** The full-text index of `quiz_texts` and its own tables: what they hold follows from that table, by triggers. */
export const INDEX_TABLES: readonly string[] = ["", "_config", "_data", "_docsize", "_idx"].map(
	(part) => `quiz_fts${part}`,
);

/** `(a, b) > (?1, ?2)` for a key of two columns; the parameters begin at `first`. */
export const keyAfter = (key: readonly string[], first = 1): string =>
	`(${key.join(", ")}) > (${key.map((_, index) => `?${first + index}`).join(", ")})`;
