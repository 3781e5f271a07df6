import { centsOf } from "../../domain/credits/costs.ts";
import { type EntryKind, postedTo } from "../../domain/credits/ledger.ts";
import { USAGE_ROWS_MAX } from "../../domain/credits/limits.ts";
import { seqOfId } from "../../domain/ids.ts";
import { DAY_MS } from "../../domain/units.ts";
import { type Applied, projection } from "../replication/projection.ts";
import { dropFacts, forEach } from "../replication/statements.ts";

/** An entry that ends a generation. A generation that has failed by the clock can be settled late: the end is then another one. */
type End = Applied<"credits.settled" | "credits.released" | "credits.hold_expired">;
type Refunded = Applied<"credits.refunded">;

/** One row per hold, by the row that opened it; a late settlement writes it anew. */
const INSERT_GENERATIONS = `INSERT INTO generation_facts (shard, seq, hold, status, model, credits, tokens, cost_cents,
		cost_parts, quiz, at, ended_by)
	SELECT (SELECT number FROM shards WHERE user_id = value ->> 'user'), value ->> 'opened', value ->> 'hold',
		value ->> 'status', value ->> 'model', value ->> 'credits', value ->> 'tokens', value ->> 'cost_cents', value ->> 'cost_parts',
		value ->> 'quiz', value ->> 'at', value ->> 'by' FROM json_each(?1) WHERE true
	ON CONFLICT (shard, seq) DO UPDATE SET status = excluded.status, credits = excluded.credits, tokens = excluded.tokens,
		cost_cents = excluded.cost_cents, cost_parts = excluded.cost_parts, quiz = excluded.quiz, at = excluded.at,
		ended_by = excluded.ended_by
	WHERE excluded.ended_by > generation_facts.ended_by`;

const ADD_USAGE = `INSERT INTO usage_daily (tenant_id, day, model, generations, completed, failed, credits, tokens, cost_cents, cost_parts)
	SELECT s.tenant_id, value ->> 'day', value ->> 'model', sum(value ->> 'generations'), sum(value ->> 'completed'),
		sum(value ->> 'failed'), sum(value ->> 'credits'), sum(value ->> 'tokens'), sum(value ->> 'cost_cents'),
		sum(value ->> 'cost_parts')
	FROM json_each(?1) JOIN shards AS s ON s.user_id = value ->> 'user' WHERE true GROUP BY 1, 2, 3
	ON CONFLICT (tenant_id, day, model) DO UPDATE SET generations = generations + excluded.generations,
		completed = completed + excluded.completed, failed = failed + excluded.failed, credits = credits + excluded.credits,
		tokens = tokens + excluded.tokens, cost_cents = cost_cents + excluded.cost_cents,
		cost_parts = cost_parts + excluded.cost_parts`;

const DROP_GENERATIONS = `DELETE FROM generation_facts WHERE (shard, seq) IN (
	SELECT s.number, value ->> 'opened' FROM json_each(?1) JOIN shards AS s ON s.user_id = value ->> 'user')`;

const SUBTRACT_USAGE = `UPDATE usage_daily SET generations = usage_daily.generations - less.generations,
		completed = usage_daily.completed - less.completed, failed = usage_daily.failed - less.failed,
		credits = usage_daily.credits - less.credits, tokens = usage_daily.tokens - less.tokens,
		cost_cents = usage_daily.cost_cents - less.cost_cents, cost_parts = usage_daily.cost_parts - less.cost_parts
	FROM (SELECT s.tenant_id, value ->> 'day' AS day, value ->> 'model' AS model, sum(value ->> 'generations') AS generations,
			sum(value ->> 'completed') AS completed, sum(value ->> 'failed') AS failed, sum(value ->> 'credits') AS credits,
			sum(value ->> 'tokens') AS tokens, sum(value ->> 'cost_cents') AS cost_cents, sum(value ->> 'cost_parts') AS cost_parts
		FROM json_each(?1) JOIN shards AS s ON s.user_id = value ->> 'user' GROUP BY 1, 2, 3) AS less
	WHERE usage_daily.tenant_id = less.tenant_id AND usage_daily.day = less.day AND usage_daily.model = less.model`;

/**
 * Rows of logs from before a refund said of which generation it is ask the facts, which the same log has written before. A rebuild by
 * the release before, which does not know this table, leaves its rows and takes out the sums: the same row is then written again.
 */
const INSERT_REFUNDS = `INSERT INTO refund_facts (shard, seq, hold, model, settled_at, credits, at)
	SELECT s.number, value ->> 'seq', value ->> 'hold', coalesce(value ->> 'model', g.model),
		coalesce(value ->> 'settled_at', g.at), value ->> 'credits', value ->> 'at'
	FROM json_each(?1) JOIN shards AS s ON s.user_id = value ->> 'user'
		LEFT JOIN generation_facts AS g ON g.shard = s.number AND g.seq = value ->> 'opened' WHERE true
	ON CONFLICT (shard, seq) DO UPDATE SET hold = excluded.hold, model = excluded.model, settled_at = excluded.settled_at,
		credits = excluded.credits, at = excluded.at`;

/** What the refunds take off their days, as their facts say: adding and taking back read the same. */
const refundSums = (
	which: string,
) => `SELECT s.tenant_id, r.settled_at / ${DAY_MS} AS day, r.model, sum(r.credits) AS refunded
	FROM ${which} WHERE r.settled_at IS NOT NULL GROUP BY 1, 2, 3`;

const ADD_REFUNDS = `INSERT INTO usage_daily (tenant_id, day, model, generations, completed, failed, credits, tokens, cost_cents, refunded)
	SELECT tenant_id, day, model, 0, 0, 0, 0, 0, 0, refunded FROM (${refundSums(
		"json_each(?1) JOIN shards AS s ON s.user_id = value ->> 'user' JOIN refund_facts AS r ON r.shard = s.number AND r.seq = value ->> 'seq'",
	)}) WHERE true
	ON CONFLICT (tenant_id, day, model) DO UPDATE SET refunded = refunded + excluded.refunded`;

/** The inverse, of the user's log rows ?2 + 1 to ?3: before their facts go. */
const SUBTRACT_REFUNDS = `UPDATE usage_daily SET refunded = usage_daily.refunded - less.refunded
	FROM (${refundSums(
		"shards AS s JOIN refund_facts AS r ON r.shard = s.number AND s.user_id = ?1 AND r.seq > ?2 AND r.seq <= ?3",
	)}) AS less
	WHERE usage_daily.tenant_id = less.tenant_id AND usage_daily.day = less.day AND usage_daily.model = less.model`;

const INSERT_CREDITS = `INSERT INTO credit_facts (shard, seq, kind, granted, consumed, expired, voided, refunded, at)
	SELECT (SELECT number FROM shards WHERE user_id = value ->> 'user'), value ->> 'seq', value ->> 'kind',
		value ->> 'granted', value ->> 'consumed', value ->> 'expired', value ->> 'voided', value ->> 'refunded',
		value ->> 'at' FROM json_each(?1)`;

/** Facts of generations that ended, and their sums by tenant, day and model. */
export const generations = projection({
	kinds: ["credits.settled", "credits.released", "credits.hold_expired"],
	apply: (db, ends) => [
		...forEach(db, INSERT_GENERATIONS, ends.map(generationOf)),
		...forEach(db, ADD_USAGE, ends.flatMap(usageOfEnd)),
	],
	undo: (db, ends) => [
		...forEach(db, DROP_GENERATIONS, ends.map(generationOf)),
		...forEach(db, SUBTRACT_USAGE, ends.flatMap(usageOfEnd)),
	],
	tables: [
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
	],
});

/** Facts of what else moved credits for good. */
export const movements = projection({
	kinds: [
		"credits.granted",
		"credits.activated",
		"credits.voided",
		"credits.lot_expired",
		"credits.expiring_soon",
		"credits.held",
		"credits.extended",
		"credits.refunded",
		"credits.plan_set",
		"credits.plan_ended",
		"credits.plan_renewed",
		"credits.rolled_over",
		"credits.terms_set",
		"credits.low_balance",
	],
	apply: (db, entries) => forEach(db, INSERT_CREDITS, entries.map(movementOf).filter(hasAny)),
	undo: (db, _, run) => [dropFacts(db, "credit_facts", run)],
	tables: [
		{
			name: "credit_facts",
			key: ["shard", "seq"],
			kind: "facts",
			columns: ["seq", "kind", "granted", "consumed", "expired", "voided", "refunded", "at"],
			incidental: ["shard"],
		},
	],
});

/** Facts of refunds of generations, and what they take off the sums. */
export const refunds = projection({
	kinds: ["credits.refunded"],
	apply(db, events) {
		const facts = events.map(refundOf);
		return [...forEach(db, INSERT_REFUNDS, facts), ...forEach(db, ADD_REFUNDS, facts)];
	},
	undo: (db, _, run) => [
		db.prepare(SUBTRACT_REFUNDS).bind(run.user, run.from, run.to),
		dropFacts(db, "refund_facts", run),
	],
	tables: [
		{
			name: "refund_facts",
			key: ["shard", "seq"],
			kind: "facts",
			columns: ["seq", "hold", "model", "settled_at", "credits", "at"],
			incidental: ["shard"],
		},
	],
});

function generationOf(end: End) {
	const { user, seq, at, subject, body } = end;
	const { model, tokens_used, cost_cents, cost_parts } = body.detail;
	return {
		user,
		at,
		by: seq,
		hold: subject,
		opened: seqOfId(subject),
		model: model ?? "",
		quiz: end.kind === "credits.settled" ? (end.body.detail.quiz ?? null) : null,
		status: end.kind === "credits.settled" ? "completed" : "failed",
		credits: postedTo(body, "consumed"),
		tokens: tokens_used ?? 0,
		cost_cents: cost_cents ?? 0,
		cost_parts: cost_parts ?? 0,
	};
}

/** A refund, with the model and the end of its generation where the log row says them. */
function refundOf({ user, seq, at, subject, body }: Refunded) {
	const { amount: credits, settled_at = null, model: said } = body.detail;
	const model = settled_at === null ? null : (said ?? "");
	return { user, seq, at, hold: subject, opened: seqOfId(subject), model, settled_at, credits };
}

/** What an end adds to its day; a late settlement also takes back that the generation had failed when its hold ran out. */
function usageOfEnd(end: End) {
	const { user, at, model, status, credits, tokens, cost_cents, cost_parts } = generationOf(end);
	const completed = Number(status === "completed");
	const sums = { generations: 1, completed, failed: 1 - completed, credits, tokens, cost_cents, cost_parts };
	const added = { user, model, day: Math.floor(at / DAY_MS), ...sums };
	const expired_at = end.kind === "credits.settled" ? end.body.detail.expired_at : null;
	if (expired_at == null) return [added];
	const none = { generations: -1, completed: 0, failed: -1, credits: 0, tokens: 0, cost_cents: 0, cost_parts: 0 };
	return [added, { user, model, day: Math.floor(expired_at / DAY_MS), ...none }];
}

function movementOf({ user, seq, at, kind, body }: Applied<EntryKind>) {
	const sum = (test: (from: string, to: string) => boolean) =>
		body.postings.reduce((total, [, from, to, amount]) => total + (test(from, to) ? amount : 0), 0);
	return {
		user,
		seq,
		at,
		kind,
		granted: sum((from) => from === "granted"),
		consumed: sum((_, to) => to === "consumed"),
		expired: sum((_, to) => to === "expired"),
		voided: sum((_, to) => to === "voided"),
		refunded: sum((from) => from === "consumed"),
	};
}

const hasAny = (fact: { granted: number; consumed: number; expired: number; voided: number; refunded: number }) =>
	fact.granted + fact.consumed + fact.expired + fact.voided + fact.refunded > 0;

/** Usage of AI generations; `day` is a date, null where the sum is over days, and so with `model`. */
export interface Usage {
	day: string | null;
	model: string | null;
	generations: number;
	completed: number;
	failed: number;
	/** Charged, less what was refunded of it since. */
	credits: number;
	refunded: number;
	tokens: number;
	/** With at most four decimals. */
	cost_cents: number;
}

/** What is shown of it. */
export interface UsageReport {
	items: Usage[];
	/** There are more rows than are looked at: the oldest have no part in the sums. */
	truncated?: true;
}

export const USAGE_BY = ["day", "model"] as const;
type UsageBy = (typeof USAGE_BY)[number];

/** The sums of a UsageRow, each with the column that is added up. */
const SUMMED = {
	generations: "generations",
	completed: "completed",
	failed: "failed",
	charged: "credits",
	refunded: "refunded",
	tokens: "tokens",
	cost_cents: "cost_cents",
	cost_parts: "cost_parts",
} as const satisfies Record<Exclude<keyof UsageRow, "key">, string>;
const ADDED = Object.values(SUMMED);
const SUMS = Object.entries(SUMMED)
	.map(([name, column]) => `sum(${column}) AS ${name}`)
	.join(", ");
/** One more row, which says how many rows were looked at. */
const withCount = (count: string) => `UNION ALL SELECT NULL, ${count}${", 0".repeat(ADDED.length - 1)}`;
const countOf = (table: string) => `(SELECT count(*) FROM ${table})`;

/** Usage of a tenant from day `from` to day `to`, both included, as days since the epoch. */
export async function tenantUsage(db: D1DatabaseSession, tenant: string, from: number, to: number, by: UsageBy) {
	// A tenant has a row of a day for each model, and clients name models as they like.
	const query = `WITH looked AS MATERIALIZED (SELECT day, model, ${ADDED.join(", ")} FROM usage_daily WHERE tenant_id = ?1 AND day BETWEEN ?2 AND ?3
			ORDER BY day DESC, model DESC LIMIT ${USAGE_ROWS_MAX + 1})
		SELECT ${by} AS key, ${SUMS} FROM looked GROUP BY ${by} HAVING sum(generations) > 0
		${withCount(countOf("looked"))}`;
	return usageOf((await db.prepare(query).bind(tenant, from, to).all<UsageRow>()).results, by);
}

/** The same of one user of the tenant, from the facts. */
export async function userUsage(
	db: D1DatabaseSession,
	tenant: string,
	user: string,
	days: [from: number, to: number],
	by: UsageBy,
) {
	const keyOf = (at: string) => (by === "day" ? `${at} / ${DAY_MS}` : "model");
	const mine = "shard = (SELECT number FROM shards WHERE user_id = ?1 AND tenant_id = ?2)";
	const latest = (columns: string, table: string) =>
		`SELECT ${columns} FROM ${table} WHERE ${mine} ORDER BY seq DESC LIMIT ${USAGE_ROWS_MAX + 1}`;
	const query = `WITH generations AS MATERIALIZED (${latest("at, model, status, credits, tokens, cost_cents, cost_parts", "generation_facts")}),
		refunds AS MATERIALIZED (${latest("settled_at, model, credits", "refund_facts")})
		SELECT key, ${SUMS} FROM (
			SELECT ${keyOf("at")} AS key, 1 AS generations, status = 'completed' AS completed, status = 'failed' AS failed, credits,
				0 AS refunded, tokens, cost_cents, cost_parts
			FROM generations WHERE at >= ?3 AND at < ?4
			UNION ALL SELECT ${keyOf("settled_at")}, 0, 0, 0, 0, credits, 0, 0, 0
			FROM refunds WHERE settled_at >= ?3 AND settled_at < ?4)
		GROUP BY key HAVING sum(generations) > 0
		${withCount(`max(${countOf("generations")}, ${countOf("refunds")})`)}`;
	const [from, to] = days;
	const bound = db.prepare(query).bind(user, tenant, from * DAY_MS, (to + 1) * DAY_MS);
	return usageOf((await bound.all<UsageRow>()).results, by);
}

type UsageRow = Omit<Usage, "day" | "model" | "credits"> & {
	/** Null in the row that says how many there are. */
	key: number | string | null;
	charged: number;
	cost_parts: number;
};

function usageOf(rows: UsageRow[], by: UsageBy): UsageReport {
	const looked = rows.find(({ key }) => key === null)?.generations ?? 0;
	const sums = rows.filter(({ key }) => key !== null);
	const items = sums.map(({ key, charged, refunded, cost_cents, cost_parts, ...rest }) => ({
		day: by === "day" ? new Date(Number(key) * DAY_MS).toISOString().slice(0, 10) : null,
		model: by === "model" ? String(key) : null,
		...rest,
		credits: charged - refunded,
		refunded,
		cost_cents: centsOf({ cost_cents, cost_parts }),
	}));
	return { items, ...(looked > USAGE_ROWS_MAX && { truncated: true as const }) };
}
