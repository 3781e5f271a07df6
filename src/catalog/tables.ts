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
	/** What the digest of a row goes over, beside the user of a `shard`. A column that is added later comes into a new DIGEST_VERSION. */
	columns: readonly string[];
	/** Columns that depend on when and in which order things were applied, and so are not in the digest. */
	incidental: readonly string[];
	/** Rows that say nothing and may be there or not. */
	empty?: string;
}

/** Grows with the lists of columns: digests of different versions must not be compared. */
export const DIGEST_VERSION = 2;

export const FOLDED_TABLES: readonly FoldedTable[] = [
	{
		name: "shards",
		key: ["number"],
		kind: "directory",
		columns: ["user_id", "tenant_id", "applied_seq", "head_hash"],
		incidental: ["number", "applied_at"],
	},
	{
		name: "quizzes",
		key: ["id"],
		kind: "owned",
		columns: [
			"id",
			"owner",
			"audience",
			"archive_audience",
			"visibility",
			"version",
			"version_number",
			"title",
			"description",
			"tags",
			"difficulty",
			"source",
			"thumbnail",
			"questions",
			"max_score",
			"published_at",
			"updated_at",
			"seq",
			"title_key",
		],
		incidental: ["popularity", "rating"],
	},
	{
		name: "quiz_slugs",
		key: ["tenant_id", "slug", "claimed_at", "quiz"],
		kind: "owned",
		columns: ["tenant_id", "slug", "claimed_at", "quiz", "owner", "seq"],
		// It follows from `quizzes`, by triggers.
		incidental: ["audience"],
	},
	{
		name: "collections",
		key: ["id"],
		kind: "owned",
		columns: [
			"id",
			"owner",
			"audience",
			"visibility",
			"title",
			"description",
			"quizzes",
			"created_at",
			"updated_at",
			"seq",
		],
		incidental: [],
	},
	{
		name: "shares",
		key: ["id"],
		kind: "owned",
		columns: [
			"id",
			"owner",
			"quiz",
			"access",
			"code_hash",
			"expires_at",
			"max_uses",
			"created_at",
			"revoked_at",
			"seq",
		],
		incidental: [],
	},
	{
		name: "quiz_grants",
		key: ["quiz", "grantee", "share"],
		kind: "owned",
		columns: ["quiz", "grantee", "share", "owner", "access", "until", "at", "seq"],
		incidental: [],
	},
	{
		name: "quiz_texts",
		key: ["number"],
		kind: "mirrors",
		columns: ["quiz", "labels", "title", "tags", "description", "questions"],
		incidental: ["number"],
	},
	{
		name: "media_holders",
		key: ["hash", "owner"],
		kind: "owned",
		columns: ["hash", "owner", "removed_at", "seq"],
		incidental: [],
	},
	{
		name: "attempt_facts",
		key: ["shard", "seq"],
		kind: "facts",
		columns: [
			"seq",
			"quiz",
			"version",
			"number",
			"score",
			"max_score",
			"percentage_bp",
			"passed",
			"time_taken_s",
			"submitted_at",
			"counted",
		],
		incidental: ["shard"],
	},
	{
		name: "quiz_versions",
		key: ["quiz", "number"],
		kind: "facts",
		columns: ["quiz", "number", "version", "max_score"],
		incidental: [],
	},
	{
		name: "generation_facts",
		key: ["shard", "seq"],
		kind: "facts",
		columns: [
			"seq",
			"hold",
			"status",
			"model",
			"credits",
			"tokens",
			"cost_cents",
			"cost_parts",
			"quiz",
			"at",
			"ended_by",
		],
		incidental: ["shard"],
	},
	{
		name: "refund_facts",
		key: ["shard", "seq"],
		kind: "facts",
		columns: ["seq", "hold", "model", "settled_at", "credits", "at"],
		incidental: ["shard"],
	},
	{
		name: "credit_facts",
		key: ["shard", "seq"],
		kind: "facts",
		columns: ["seq", "kind", "granted", "consumed", "expired", "voided", "refunded", "at"],
		incidental: ["shard"],
	},
	{
		name: "dead_letters",
		key: ["user_id", "seq"],
		kind: "facts",
		columns: ["user_id", "seq"],
		incidental: ["at", "error", "row", "acknowledged_at"],
	},
	{
		name: "quiz_statistics",
		key: ["quiz"],
		kind: "sums",
		columns: ["quiz", "attempts", "takers", "passed", "score_sum", "percentage_bp_sum", "histogram"],
		incidental: [],
	},
	{
		name: "question_statistics",
		key: ["quiz", "version"],
		kind: "sums",
		columns: ["quiz", "version", "layout", "sums"],
		incidental: [],
	},
	{
		name: "quiz_reactions",
		key: ["quiz"],
		kind: "sums",
		columns: ["quiz", "favorites", "likes"],
		incidental: [],
		empty: "favorites = 0 AND likes = 0",
	},
	{
		name: "usage_daily",
		key: ["tenant_id", "day", "model"],
		kind: "sums",
		columns: [
			"tenant_id",
			"day",
			"model",
			"generations",
			"completed",
			"failed",
			"credits",
			"refunded",
			"tokens",
			"cost_cents",
			"cost_parts",
		],
		incidental: [],
		empty:
			"generations = 0 AND completed = 0 AND failed = 0 AND credits = 0 AND refunded = 0 AND tokens = 0 AND cost_cents = 0 AND cost_parts = 0",
	},
];

/** Tables that are about the catalog's own upkeep: they are not in the logs, and a rebuild leaves them. */
export const UPKEEP_TABLES: readonly string[] = [
	"applied_days",
	"lagging",
	"dead_messages",
	"replication_minutes",
	"sweep",
	"rebuilds",
	"quiz_views",
	"popularity_round",
	"media_purge",
	"rows_ahead",
];

/**
 * The full-text indexes of `quiz_texts` with their own tables, and the places of quizzes in them: what they hold follows from that table, by
 * triggers. `quiz_fts` is searched by the release before only.
 */
export const INDEX_TABLES: readonly string[] = [
	...["quiz_fts", "search_public", "search_closed"].flatMap((name) =>
		["", "_config", "_data", "_docsize", "_idx"].map((part) => `${name}${part}`),
	),
	"search_places",
	"search_audiences",
];

/** `(a, b) > (?1, ?2)` for a key of two columns; the parameters begin at `first`. */
export const keyAfter = (key: readonly string[], first = 1): string =>
	`(${key.join(", ")}) > (${key.map((_, index) => `?${first + index}`).join(", ")})`;
