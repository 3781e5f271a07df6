import { readFileSync } from "node:fs";
import { join } from "node:path";
import { unstable_splitSqlQuery } from "wrangler";
import { ROOT } from "../../dev/settings.ts";
import { rowsReadBy } from "../cost/meter.ts";
import { answersOf, QUESTIONS, quizDocument } from "../lib/marksheet.ts";
import { seededQuiz } from "../lib/seeded-quizzes.ts";
import { lean } from "../peers/all-d1/lean.ts";
import { list } from "../peers/all-d1/lists.ts";
import { naive } from "../peers/all-d1/naive.ts";
import { startPeer } from "./peer.ts";
import { CREDITS, SEED_TAKERS, type System } from "./system.ts";

const forms = { naive, lean };
const QUIZ = "quiz-0";
/** Rows that one statement inserts, so that none runs for long. */
const CHUNK = 10_000;
/** `i` counts from ?1 to below ?2; a number that is bound would be a REAL, and so would be its text. */
const NUMBERS = "WITH RECURSIVE n (i) AS (SELECT CAST(?1 AS INTEGER) UNION ALL SELECT i + 1 FROM n WHERE i + 1 < ?2)";

const INSERT_USERS = {
	naive: `${NUMBERS} INSERT INTO users SELECT 'user-' || i, 'user-' || i || '@example.org', 'User ' || i, ${CREDITS}, 0 FROM n`,
	lean: `${NUMBERS} INSERT INTO users SELECT 'user-' || i, 'User ' || i, ${CREDITS}, 0 FROM n`,
};
const COLUMNS = "user_id, quiz_id, score, max_score, percentage, passed, answers, time_taken_s, created_at";
const RESULT = `'user-' || (i % ${SEED_TAKERS}), ?3, i % 11, ${QUESTIONS}, (i % 11) * 10.0, (i % 11) >= 5, ?4, 95, i`;
const INSERT_RESULTS = {
	naive: `${NUMBERS} INSERT INTO results (id, ${COLUMNS}) SELECT lower(hex(randomblob(16))), ${RESULT} FROM n`,
	lean: `${NUMBERS} INSERT INTO results (${COLUMNS}) SELECT ${RESULT} FROM n`,
};

const QUIZ_COLUMNS = "id, user_id, title, description, tags, difficulty, content, published, created_at";
const INSERT_QUIZZES = `INSERT INTO quizzes (${QUIZ_COLUMNS})
	SELECT 'seed-' || (value ->> 'n'), 'user-0', value ->> 'title', value ->> 'description', '["bench"]', 'beginner', '{}', 1, value ->> 'n'
	FROM json_each(?1)`;
/** Quizzes that one statement inserts: their texts must fit into one value. */
const QUIZ_CHUNK = 2_000;

/** Starts it with users who have credits and one quiz. */
export async function openAllD1(form: "naive" | "lean", users: number) {
	const { url, miniflare, pid, stop } = await startPeer("all-d1", { FORM: form });
	const db = await miniflare.getD1Database("DB");
	const schema = readFileSync(join(ROOT, `bench/peers/all-d1/${form}.sql`), "utf8");
	await db.batch(unstable_splitSqlQuery(schema).map((statement) => db.prepare(statement)));
	await db.prepare(INSERT_USERS[form]).bind(0, Math.max(users, SEED_TAKERS)).run();
	const content = JSON.stringify(quizDocument("Quiz"));
	const insertQuiz = async (id: string) => {
		const query = `INSERT INTO quizzes (${QUIZ_COLUMNS}) VALUES (?, 'user-0', 'Quiz', 'For measuring.', '["bench"]', 'beginner', ?, 1, 0)`;
		await db.prepare(query).bind(id, content).run();
	};
	await insertQuiz(QUIZ);
	return { url, pid, stop, db, quiz: QUIZ, insertQuiz };
}

/** Everything in one D1 database. */
export async function startAllD1(form: "naive" | "lean", users: number): Promise<System> {
	const { url, pid, stop, db, insertQuiz } = await openAllD1(form, users);
	let quizzes = 1;
	let seeded = 0;
	const inChunks = async (from: number, to: number, query: string, ...rest: string[]) => {
		for (let at = from; at < to; at += CHUNK) {
			await db
				.prepare(query)
				.bind(at, Math.min(at + CHUNK, to), ...rest)
				.run();
		}
	};
	return {
		name: `all-D1, ${form}`,
		url,
		quiz: QUIZ,
		headers: (n) => ({ Authorization: `user-${n}` }),
		settled_status: 200,
		processes: [pid],
		stop,
		reads: {
			async seedAttempts(attempts) {
				const quiz = `quiz-of-${attempts}`;
				await insertQuiz(quiz);
				quizzes++;
				await inChunks(0, attempts, INSERT_RESULTS[form], quiz, JSON.stringify(answersOf(0)));
				return quiz;
			},
			async seedQuizzes(total) {
				for (; quizzes < total; quizzes += QUIZ_CHUNK) {
					const size = Math.min(QUIZ_CHUNK, total - quizzes);
					const rows = Array.from({ length: size }, () => ({ n: seeded, ...seededQuiz(seeded++) }));
					await db.prepare(INSERT_QUIZZES).bind(JSON.stringify(rows)).run();
				}
				quizzes = total;
			},
			statisticsRows: (quiz) => rowsReadBy(db, (metered) => forms[form].statistics(metered, quiz)),
			listRows: (limit) => rowsReadBy(db, (metered) => list(metered, limit)),
			searchRows: (q, limit) => rowsReadBy(db, (metered) => forms[form].search(metered, q.trim(), limit)),
		},
	};
}
