import { forEach, type Routes, type Run, routed } from "./fold.ts";
import { lessReactions } from "./reactions.ts";
import { attemptSums, sumOf } from "./statistics.ts";
import { generationOf, SUBTRACT_REFUNDS, usageOfEnd } from "./usage.ts";
import { lessVersions } from "./version-numbers.ts";

/** The inverse of fold(): takes the effects of a shard's events out of the catalog again, so that they can be replayed. */

/** A contiguous run of a shard's log whose events are in the catalog, poison left out. */
export type Applied = Pick<Run, "user" | "from" | "to" | "events">;

/**
 * What must be taken out for each kind of event, none for nothing. Facts that say themselves which log row wrote them go by that. Rows of
 * owners stay: readers go on to see them until they are written anew.
 */
const TAKEN_OUT = {
	"shard.opened": [],
	"attempt.submitted": ["sums"],
	"quiz.created": [],
	"quiz.revised": [],
	"quiz.published": ["versions"],
	"quiz.withdrawn": [],
	"quiz.moved": [],
	"quiz.archived": [],
	"quiz.slug_claimed": [],
	"quiz.deleted": [],
	"quiz.undeleted": [],
	"quiz.purged": [],
	"quiz.favorited": ["reactions"],
	"quiz.unfavorited": ["reactions"],
	"quiz.liked": ["reactions"],
	"quiz.unliked": ["reactions"],
	"credits.granted": [],
	"credits.activated": [],
	"credits.voided": [],
	"credits.lot_expired": [],
	"credits.expiring_soon": [],
	"credits.held": [],
	"credits.extended": [],
	"credits.settled": ["generations"],
	"credits.released": ["generations"],
	"credits.hold_expired": ["generations"],
	"credits.refunded": [],
	"credits.plan_set": [],
	"credits.plan_ended": [],
	"credits.plan_renewed": [],
	"credits.rolled_over": [],
	"credits.terms_set": [],
	"credits.low_balance": [],
	"collection.saved": [],
	"collection.deleted": [],
	"share.created": [],
	"share.redeemed": [],
	"share.revoked": [],
	"share.copied": [],
	"media.added": [],
	"media.used": [],
	"media.unused": [],
	"media.removed": [],
} as const satisfies Routes;

const SUBTRACT_QUIZ_SUMS = `UPDATE quiz_statistics SET attempts = attempts - (item.value ->> 'attempts'),
		takers = takers - (item.value ->> 'takers'), passed = passed - (item.value ->> 'passed'),
		score_sum = score_sum - (item.value ->> 'score_sum'),
		percentage_bp_sum = percentage_bp_sum - (item.value ->> 'percentage_bp_sum'),
		histogram = ${sumOf("quiz_statistics.histogram", "item.value -> 'negative'")}
	FROM json_each(?1) AS item WHERE quiz_statistics.quiz = item.value ->> 'quiz'`;

const SUBTRACT_QUESTION_SUMS = `UPDATE question_statistics SET
		sums = ${sumOf("question_statistics.sums", "item.value -> 'negative'")}
	FROM json_each(?1) AS item
	WHERE question_statistics.quiz = item.value ->> 'quiz' AND question_statistics.version = item.value ->> 'version'`;

const SUBTRACT_USAGE = `UPDATE usage_daily SET generations = usage_daily.generations - less.generations,
		completed = usage_daily.completed - less.completed, failed = usage_daily.failed - less.failed,
		credits = usage_daily.credits - less.credits, tokens = usage_daily.tokens - less.tokens,
		cost_cents = usage_daily.cost_cents - less.cost_cents, cost_parts = usage_daily.cost_parts - less.cost_parts
	FROM (SELECT s.tenant_id, value ->> 'day' AS day, value ->> 'model' AS model, sum(value ->> 'generations') AS generations,
			sum(value ->> 'completed') AS completed, sum(value ->> 'failed') AS failed, sum(value ->> 'credits') AS credits,
			sum(value ->> 'tokens') AS tokens, sum(value ->> 'cost_cents') AS cost_cents, sum(value ->> 'cost_parts') AS cost_parts
		FROM json_each(?1) JOIN shards AS s ON s.user_id = value ->> 'user' GROUP BY 1, 2, 3) AS less
	WHERE usage_daily.tenant_id = less.tenant_id AND usage_daily.day = less.day AND usage_daily.model = less.model`;

/** Sums over nothing are no rows, as before the first event. */
const DROP_EMPTY_QUIZ_SUMS = `DELETE FROM quiz_statistics
	WHERE attempts = 0 AND quiz IN (SELECT value ->> 'quiz' FROM json_each(?1))`;
const DROP_EMPTY_QUESTION_SUMS = `DELETE FROM question_statistics
	WHERE sums ->> 0 = 0 AND (quiz, version) IN (SELECT value ->> 'quiz', value ->> 'version' FROM json_each(?1))`;

const NUMBER = "(SELECT number FROM shards WHERE user_id = ?1)";
/** Rows that say themselves which log row wrote them. */
const DROP_BY_SEQ = [
	`DELETE FROM attempt_facts WHERE shard = ${NUMBER} AND seq > ?2 AND seq <= ?3`,
	`DELETE FROM refund_facts WHERE shard = ${NUMBER} AND seq > ?2 AND seq <= ?3`,
	`DELETE FROM credit_facts WHERE shard = ${NUMBER} AND seq > ?2 AND seq <= ?3`,
	"DELETE FROM dead_letters WHERE user_id = ?1 AND seq > ?2 AND seq <= ?3",
];
const DROP_GENERATIONS = `DELETE FROM generation_facts WHERE (shard, seq) IN (
	SELECT s.number, value ->> 'opened' FROM json_each(?1) JOIN shards AS s ON s.user_id = value ->> 'user')`;

const negative = (numbers: readonly number[]) => numbers.map((number) => -number);

/**
 * Statements that undo a run, to be run in one transaction with what says that it is undone. Runs can be undone in any order, since
 * sums commute.
 */
export function unfold(db: D1Database, run: Applied): D1PreparedStatement[] {
	const of = routed([run], TAKEN_OUT);
	const { quizzes, versions } = attemptSums(of("sums"));
	const ended = of("generations");
	const less = quizzes.map((sums) => ({ ...sums, negative: negative(sums.histogram) }));
	return [
		...[SUBTRACT_REFUNDS, ...DROP_BY_SEQ].map((query) => db.prepare(query).bind(run.user, run.from, run.to)),
		...forEach(db, DROP_GENERATIONS, ended.map(generationOf)),
		...forEach(db, SUBTRACT_QUIZ_SUMS, less),
		...forEach(db, DROP_EMPTY_QUIZ_SUMS, quizzes),
		...forEach(
			db,
			SUBTRACT_QUESTION_SUMS,
			versions.map((sums) => ({ ...sums, negative: negative(sums.sums) })),
		),
		...forEach(db, DROP_EMPTY_QUESTION_SUMS, versions),
		...forEach(db, SUBTRACT_USAGE, ended.flatMap(usageOfEnd)),
		...lessVersions(db, of("versions")),
		...lessReactions(db, of("reactions")),
	];
}
