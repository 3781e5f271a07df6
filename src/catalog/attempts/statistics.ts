import { countedIn } from "../../domain/attempts/attempts.ts";
import { marksOf, type saidMaxScore } from "../../domain/attempts/marks.ts";
import {
	addSums,
	addVectors,
	histogramSums,
	type Layout,
	layoutOf,
	NO_SUMS,
	type QuestionStatistics,
	questionStatistics,
	questionSums,
	totalsOf,
	type VersionSums,
} from "../../domain/attempts/statistics.ts";
import { MARK_PARTS } from "../../domain/quizzes/limits.ts";
import { type Audiences, MAY_READ_STATISTICS } from "../quizzes/quizzes.ts";
import { type Applied, projection } from "../replication/projection.ts";
import { dropFacts, forEach } from "../replication/statements.ts";

type Submitted = Applied<"attempt.submitted">;

/** The SQL sum of two JSON vectors, element by element. Grouped and not joined, since a join of the two is quadratic. */
const sumOf = (old: string, added: string) => `(SELECT json_group_array(total ORDER BY key) FROM (
	SELECT key, sum(value) AS total FROM (
		SELECT key, value FROM json_each(${old}) UNION ALL SELECT key, value FROM json_each(${added})) GROUP BY key))`;

const INSERT_FACTS = `INSERT INTO attempt_facts (shard, seq, quiz, version, number, score, max_score, percentage_bp, passed,
		time_taken_s, submitted_at, counted, score_hundredths, max_hundredths, opened)
	SELECT (SELECT number FROM shards WHERE user_id = value ->> 'user'), value ->> 'seq', value ->> 'quiz',
		value ->> 'version', value ->> 'number', value ->> 'score', value ->> 'max_score', value ->> 'percentage_bp',
		value ->> 'passed', value ->> 'time_taken_s', value ->> 'at', value ->> 'counted',
		value -> 'hundredths' ->> 'score', value -> 'hundredths' ->> 'max_score', value ->> 'opened' FROM json_each(?1)`;

const ADD_QUIZ_SUMS = `INSERT INTO quiz_statistics (quiz, attempts, takers, passed, score_sum, percentage_bp_sum, histogram)
	SELECT value ->> 'quiz', value ->> 'attempts', value ->> 'takers', value ->> 'passed', value ->> 'score_sum',
		value ->> 'percentage_bp_sum', value -> 'histogram' FROM json_each(?1) WHERE true
	ON CONFLICT (quiz) DO UPDATE SET attempts = attempts + excluded.attempts, takers = takers + excluded.takers,
		passed = passed + excluded.passed, score_sum = score_sum + excluded.score_sum,
		percentage_bp_sum = percentage_bp_sum + excluded.percentage_bp_sum,
		histogram = ${sumOf("quiz_statistics.histogram", "excluded.histogram")}`;

/** A vector that nothing is added to is not read. */
const plus = (column: string) => `${column} = CASE excluded.${column} WHEN '[]' THEN question_statistics.${column}
		ELSE ${sumOf(`question_statistics.${column}`, `excluded.${column}`)} END`;

const ADD_QUESTION_SUMS = `INSERT INTO question_statistics (quiz, version, layout, sums, fine_sums)
	SELECT value ->> 'quiz', value ->> 'version', value -> 'layout', value -> 'whole', value -> 'fine' FROM json_each(?1) WHERE true
	ON CONFLICT (quiz, version) DO UPDATE SET ${plus("sums")}, ${plus("fine_sums")}`;

const SUBTRACT_QUIZ_SUMS = `UPDATE quiz_statistics SET attempts = attempts - (item.value ->> 'attempts'),
		takers = takers - (item.value ->> 'takers'), passed = passed - (item.value ->> 'passed'),
		score_sum = score_sum - (item.value ->> 'score_sum'),
		percentage_bp_sum = percentage_bp_sum - (item.value ->> 'percentage_bp_sum'),
		histogram = ${sumOf("quiz_statistics.histogram", "item.value -> 'negative'")}
	FROM json_each(?1) AS item WHERE quiz_statistics.quiz = item.value ->> 'quiz'`;

/** What is left of a vector without these attempts: nothing, if they were all. */
const minus = (column: string, member: string) => `${column} = CASE
		WHEN json_array_length(item.value -> '${member}') = 0 THEN question_statistics.${column}
		WHEN (question_statistics.${column} ->> 0) + (item.value -> '${member}' ->> 0) = 0 THEN '[]'
		ELSE ${sumOf(`question_statistics.${column}`, `item.value -> '${member}'`)} END`;

const SUBTRACT_QUESTION_SUMS = `UPDATE question_statistics SET ${minus("sums", "whole")}, ${minus("fine_sums", "fine")}
	FROM json_each(?1) AS item
	WHERE question_statistics.quiz = item.value ->> 'quiz' AND question_statistics.version = item.value ->> 'version'`;

/** Sums over nothing are no rows, as before the first event. */
const DROP_EMPTY_QUIZ_SUMS = `DELETE FROM quiz_statistics
	WHERE attempts = 0 AND quiz IN (SELECT value ->> 'quiz' FROM json_each(?1))`;
const DROP_EMPTY_QUESTION_SUMS = `DELETE FROM question_statistics
	WHERE coalesce(sums ->> 0, 0) + coalesce(fine_sums ->> 0, 0) = 0 AND (quiz, version) IN (SELECT value ->> 'quiz', value ->> 'version' FROM json_each(?1))`;

const negative = (numbers: readonly number[]) => numbers.map((number) => -number);

/** Facts, and the sums that the attempts add: one row per attempt, one per quiz, one per version. */
export const attempts = projection({
	kinds: ["attempt.submitted"],
	apply(db, events) {
		const facts = events.map(
			({ user, seq, at, body: { items: _, title: __, sitting, passed, hundredths, ...body } }) => ({
				...body,
				user,
				seq,
				at,
				passed: Number(passed),
				opened: sitting?.opened,
				...(hundredths && { hundredths: { score: hundredths.score, max_score: hundredths.max_score } }),
			}),
		);
		const { quizzes, versions } = attemptSums(events);
		return [
			...forEach(db, INSERT_FACTS, facts),
			...forEach(db, ADD_QUIZ_SUMS, quizzes),
			...forEach(db, ADD_QUESTION_SUMS, versions),
		];
	},
	undo(db, events, run) {
		const { quizzes, versions } = attemptSums(events);
		const lessQuizzes = quizzes.map((sums) => ({ ...sums, negative: negative(sums.histogram) }));
		const lessVersions = versions.map((sums) => ({ ...sums, whole: negative(sums.whole), fine: negative(sums.fine) }));
		return [
			dropFacts(db, "attempt_facts", run),
			...forEach(db, SUBTRACT_QUIZ_SUMS, lessQuizzes),
			...forEach(db, DROP_EMPTY_QUIZ_SUMS, quizzes),
			...forEach(db, SUBTRACT_QUESTION_SUMS, lessVersions),
			...forEach(db, DROP_EMPTY_QUESTION_SUMS, versions),
		];
	},
	tables: [
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
				"score_hundredths",
				"max_hundredths",
				"opened",
			],
			incidental: ["shard"],
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
			columns: ["quiz", "version", "layout", "sums", "fine_sums"],
			incidental: [],
		},
	],
});

/** What the attempts add to the sums of their quizzes and versions; those that do not count add nothing. */
function attemptSums(attempts: readonly Submitted[]): { quizzes: QuizSums[]; versions: SumsOfVersion[] } {
	const quizzes = new Map<string, QuizSums>();
	const versions = new Map<string, SumsOfVersion>();
	for (const { body } of attempts.filter(({ body }) => countedIn(body) > 0)) {
		quizzes.set(body.quiz, addQuizSums(quizzes.get(body.quiz), body));
		const { quiz, version, drawn } = body;
		// Each has questions of its own, so they are not one vector.
		if (drawn) continue;
		const sums = addSums(versions.get(`${quiz} ${version}`) ?? NO_SUMS, questionSums(body));
		versions.set(`${quiz} ${version}`, { quiz, version, layout: layoutOf(body), ...sums });
	}
	return { quizzes: [...quizzes.values()], versions: [...versions.values()] };
}

interface SumsOfVersion extends VersionSums {
	quiz: string;
	version: string;
	layout: Layout;
}

interface QuizSums {
	quiz: string;
	attempts: number;
	takers: number;
	passed: number;
	/** Of whole marks, as releases before hundredths added it; nothing is made of it, since scores of versions cannot be compared. */
	score_sum: number;
	percentage_bp_sum: number;
	histogram: number[];
}

function addQuizSums(sums: QuizSums | undefined, attempt: Submitted["body"]): QuizSums {
	return {
		quiz: attempt.quiz,
		attempts: (sums?.attempts ?? 0) + 1,
		takers: (sums?.takers ?? 0) + Number(countedIn(attempt) === 1),
		passed: (sums?.passed ?? 0) + Number(attempt.passed),
		score_sum: (sums?.score_sum ?? 0) + attempt.score,
		percentage_bp_sum: (sums?.percentage_bp_sum ?? 0) + attempt.percentage_bp,
		histogram: addVectors(sums?.histogram ?? [], histogramSums(attempt.percentage_bp)),
	};
}

/**
 * Statistics of a quiz. Percentages are comparable over versions, and what is made of them is over all attempts that count. Scores
 * are not: those of the whole and of the questions are over the attempts at one version.
 */
export interface QuizStatistics {
	/** Who may see how often each option was chosen: with the facility it gives the key away. */
	owner: string;
	quiz: string;
	attempts: number;
	takers: number;
	mean_percentage: number | null;
	pass_rate: number | null;
	/** Attempts by tenths of the percentage: 0 to below 10, …, 90 to 100. */
	histogram: number[];
	version: string;
	version_number: number;
	/** At the version; 0 where nobody has taken it yet, and then there is nothing to say of its questions. */
	version_attempts: number;
	max_score: number;
	mean_score: number | null;
	questions: QuestionStatistics[];
}

interface StatisticsRow extends Omit<QuizSums, "histogram" | "score_sum"> {
	owner: string;
	version: string;
	version_number: number;
	max_hundredths: number;
	histogram: string | null;
	layout: string | null;
	sums: string | null;
	fine_sums: string | null;
}

/**
 * A version that was published by an event that an older release has folded is known only as long as it is the current one.
 * @param quizzes what `q` is: whose it is, and its current version
 */
const statisticsQuery = (quizzes: string, condition: string) => `SELECT q.owner, q.id AS quiz,
		coalesce(w.version, q.version) AS version, coalesce(w.number, q.version_number) AS version_number,
		coalesce(w.max_hundredths, w.max_score * ${MARK_PARTS}, q.max_hundredths, q.max_score * ${MARK_PARTS}) AS max_hundredths,
		s.attempts, s.takers, s.passed, s.percentage_bp_sum, s.histogram, v.layout, v.sums, v.fine_sums
	FROM ${quizzes} AS q LEFT JOIN quiz_statistics AS s ON s.quiz = q.id
		LEFT JOIN quiz_versions AS w ON w.quiz = q.id AND w.number = coalesce(?5, q.version_number)
		LEFT JOIN question_statistics AS v ON v.quiz = q.id AND v.version = coalesce(w.version, q.version)
	WHERE q.id = ?1 AND ${condition} AND coalesce(?5, q.version_number) IN (w.number, q.version_number)`;

const STATISTICS = statisticsQuery("quizzes", MAY_READ_STATISTICS);
const OWN_STATISTICS = statisticsQuery(
	"(SELECT ?1 AS id, ?2 AS owner, ?3 AS version, ?4 AS version_number, ?6 AS max_score, ?7 AS max_hundredths)",
	"true",
);

/**
 * Reads four rows, whatever the number of attempts and of versions. Null if there is no such quiz for this audience, or no such
 * version of it.
 * @param version a version's number, null for the current one
 */
export async function readStatistics(
	db: D1DatabaseSession,
	quiz: string,
	audiences: Audiences,
	version: number | null,
): Promise<QuizStatistics | null> {
	const bound = db.prepare(STATISTICS).bind(quiz, ...audiences, version);
	const row = await bound.first<StatisticsRow>();
	return row && statisticsOf(row);
}

/** The same of a quiz that the catalog does not show, for its owner, whose shard says what was published last. */
export async function readOwnStatistics(
	db: D1DatabaseSession,
	last: Pick<StatisticsRow, "owner" | "quiz" | "version" | "version_number"> & ReturnType<typeof saidMaxScore>,
	version: number | null,
): Promise<QuizStatistics | null> {
	const { quiz, owner, version: content_hash, version_number, max_score, max_hundredths = null } = last;
	const bound = db
		.prepare(OWN_STATISTICS)
		.bind(quiz, owner, content_hash, version_number, version, max_score, max_hundredths);
	const row = await bound.first<StatisticsRow>();
	return row && statisticsOf(row);
}

function statisticsOf(row: StatisticsRow): QuizStatistics {
	const attempts = row.attempts ?? 0;
	const sums: VersionSums = { whole: JSON.parse(row.sums ?? "[]"), fine: JSON.parse(row.fine_sums ?? "[]") };
	const { attempts: version_attempts, score } = totalsOf(sums);
	return {
		owner: row.owner,
		quiz: row.quiz,
		attempts,
		takers: row.takers ?? 0,
		mean_percentage: meanOf(row.percentage_bp_sum / 100, attempts),
		pass_rate: meanOf(row.passed, attempts),
		histogram: row.histogram ? JSON.parse(row.histogram) : histogramSums(0).fill(0),
		version: row.version,
		version_number: row.version_number,
		version_attempts,
		max_score: marksOf(row.max_hundredths),
		mean_score: meanOf(marksOf(score), version_attempts),
		questions: row.layout === null ? [] : questionStatistics(JSON.parse(row.layout), sums),
	};
}

const meanOf = (sum: number, n: number) => (n === 0 ? null : sum / n);
