import { seqOfId } from "../domain/ids.ts";
import { type EntryKind, postedTo } from "../domain/ledger.ts";
import { DAY_MS } from "../domain/limits.ts";
import { type Applied, forEach } from "./fold.ts";

export type AppliedEntry = Applied<EntryKind>;

export const ENDS = new Set<EntryKind>(["credits.settled", "credits.released", "credits.hold_expired"]);

/** One row per hold, by the row that opened it; a late settlement writes it anew. */
const INSERT_GENERATIONS = `INSERT INTO generation_facts (shard, seq, hold, status, model, credits, tokens, cost_cents,
		quiz, at, ended_by)
	SELECT (SELECT number FROM shards WHERE user_id = value ->> 'user'), value ->> 'opened', value ->> 'hold',
		value ->> 'status', value ->> 'model', value ->> 'credits', value ->> 'tokens', value ->> 'cost_cents',
		value ->> 'quiz', value ->> 'at', value ->> 'by' FROM json_each(?1) WHERE true
	ON CONFLICT (shard, seq) DO UPDATE SET status = excluded.status, credits = excluded.credits, tokens = excluded.tokens,
		cost_cents = excluded.cost_cents, quiz = excluded.quiz, at = excluded.at, ended_by = excluded.ended_by
	WHERE excluded.ended_by > generation_facts.ended_by`;

const ADD_USAGE = `INSERT INTO usage_daily (tenant_id, day, model, generations, completed, failed, credits, tokens, cost_cents)
	SELECT s.tenant_id, value ->> 'day', value ->> 'model', sum(value ->> 'generations'),
		sum(value ->> 'completed'), sum(value ->> 'failed'), sum(value ->> 'credits'), sum(value ->> 'tokens'), sum(value ->> 'cost_cents')
	FROM json_each(?1) JOIN shards AS s ON s.user_id = value ->> 'user' WHERE true GROUP BY 1, 2, 3
	ON CONFLICT (tenant_id, day, model) DO UPDATE SET generations = generations + excluded.generations,
		completed = completed + excluded.completed, failed = failed + excluded.failed, credits = credits + excluded.credits,
		tokens = tokens + excluded.tokens, cost_cents = cost_cents + excluded.cost_cents`;

const INSERT_CREDITS = `INSERT INTO credit_facts (shard, seq, kind, granted, consumed, expired, voided, refunded, at)
	SELECT (SELECT number FROM shards WHERE user_id = value ->> 'user'), value ->> 'seq', value ->> 'kind',
		value ->> 'granted', value ->> 'consumed', value ->> 'expired', value ->> 'voided', value ->> 'refunded',
		value ->> 'at' FROM json_each(?1)`;

/** Facts of generations that ended, their sums by tenant, day and model, and facts of what else moved credits for good. */
export function usageStatements(db: D1Database, entries: readonly AppliedEntry[]): D1PreparedStatement[] {
	const ended = entries.filter((entry) => ENDS.has(entry.kind));
	const moved = entries.map(movementOf).filter(({ kind, ...fact }) => !ENDS.has(kind) && hasAny(fact));
	return [
		...forEach(db, INSERT_GENERATIONS, ended.map(generationOf)),
		...forEach(db, ADD_USAGE, ended.flatMap(usageOfEnd)),
		...forEach(db, INSERT_CREDITS, moved),
	];
}

export function generationOf({ user, seq, at, kind, subject, body }: AppliedEntry) {
	const text = (name: string) => (typeof body.detail[name] === "string" ? body.detail[name] : null);
	const count = (name: string) => (typeof body.detail[name] === "number" ? body.detail[name] : 0);
	return {
		...{ user, at, by: seq, hold: subject, opened: seqOfId(subject), model: text("model") ?? "", quiz: text("quiz") },
		...{ status: kind === "credits.settled" ? "completed" : "failed", credits: postedTo(body, "consumed") },
		...{ tokens: count("tokens_used"), cost_cents: count("cost_cents") },
	};
}

/** What an end adds to its day; a late settlement also takes back that the generation had failed when its hold ran out. */
export function usageOfEnd(entry: AppliedEntry) {
	const { user, at, model, status, credits, tokens, cost_cents } = generationOf(entry);
	const completed = Number(status === "completed");
	const sums = { generations: 1, completed, failed: 1 - completed, credits, tokens, cost_cents };
	const end = { user, model, day: Math.floor(at / DAY_MS), ...sums };
	const { expired_at } = entry.body.detail;
	if (typeof expired_at !== "number") return [end];
	const none = { generations: -1, completed: 0, failed: -1, credits: 0, tokens: 0, cost_cents: 0 };
	return [end, { user, model, day: Math.floor(expired_at / DAY_MS), ...none }];
}

export function movementOf({ user, seq, at, kind, body }: AppliedEntry) {
	const sum = (test: (from: string, to: string) => boolean) =>
		body.postings.reduce((total, [, from, to, amount]) => total + (test(from, to) ? amount : 0), 0);
	return {
		...{ user, seq, at, kind, granted: sum((from) => from === "granted"), consumed: sum((_, to) => to === "consumed") },
		...{ expired: sum((_, to) => to === "expired"), voided: sum((_, to) => to === "voided") },
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
	credits: number;
	tokens: number;
	cost_cents: number;
}

const SUMS = `sum(generations) AS generations, sum(completed) AS completed, sum(failed) AS failed, sum(credits) AS credits,
	sum(tokens) AS tokens, sum(cost_cents) AS cost_cents`;

/** Usage of a tenant from day `from` to day `to`, both included, as days since the epoch. */
export async function tenantUsage(
	db: D1DatabaseSession,
	tenant: string,
	from: number,
	to: number,
	by: "day" | "model",
) {
	const query = `SELECT ${by} AS key, ${SUMS} FROM usage_daily WHERE tenant_id = ?1 AND day BETWEEN ?2 AND ?3 GROUP BY ${by}
		HAVING sum(generations) > 0`;
	return usageOf((await db.prepare(query).bind(tenant, from, to).all<UsageRow>()).results, by);
}

/** The same of one user of the tenant, from the facts. */
export async function userUsage(
	db: D1DatabaseSession,
	tenant: string,
	user: string,
	days: [from: number, to: number],
	by: "day" | "model",
) {
	const key = by === "day" ? `at / ${DAY_MS}` : "model";
	const query = `SELECT ${key} AS key, count(*) AS generations, sum(status = 'completed') AS completed,
			sum(status = 'failed') AS failed, sum(credits) AS credits, sum(tokens) AS tokens, sum(cost_cents) AS cost_cents
		FROM generation_facts
		WHERE shard = (SELECT number FROM shards WHERE user_id = ?1 AND tenant_id = ?2) AND at >= ?3 AND at < ?4 GROUP BY 1`;
	const [from, to] = days;
	const bound = db.prepare(query).bind(user, tenant, from * DAY_MS, (to + 1) * DAY_MS);
	return usageOf((await bound.all<UsageRow>()).results, by);
}

type UsageRow = Omit<Usage, "day" | "model"> & { key: number | string };

const usageOf = (rows: UsageRow[], by: "day" | "model"): Usage[] =>
	rows.map(({ key, ...sums }) => ({
		day: by === "day" ? new Date(Number(key) * DAY_MS).toISOString().slice(0, 10) : null,
		model: by === "model" ? String(key) : null,
		...sums,
	}));
