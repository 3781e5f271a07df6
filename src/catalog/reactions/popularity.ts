import { POPULARITY_STEP_QUIZZES } from "../../domain/reactions/limits.ts";

/**
 * The orders by takers and by likes are those of columns that a round brings up to date, some quizzes at each step. An attempt
 * or a like itself moves no index, and a quiz costs at most one update per round however often it is taken. Users count and
 * not attempts, so that nobody makes a quiz popular alone.
 */

const CHUNK = "SELECT id FROM quizzes WHERE id > ?1 ORDER BY id LIMIT ?2";

const REFRESH = `UPDATE quizzes SET popularity = counted.takers, rating = counted.likes
	FROM (SELECT q.id, coalesce(s.takers, 0) AS takers, coalesce(r.likes, 0) AS likes
		FROM (${CHUNK}) AS chunk JOIN quizzes AS q ON q.id = chunk.id
			LEFT JOIN quiz_statistics AS s ON s.quiz = q.id LEFT JOIN quiz_reactions AS r ON r.quiz = q.id
		WHERE q.popularity <> coalesce(s.takers, 0) OR q.rating <> coalesce(r.likes, 0)) AS counted
	WHERE quizzes.id = counted.id`;

const REMEMBER = `INSERT INTO popularity_round (one, after) VALUES (1, ?1)
	ON CONFLICT (one) DO UPDATE SET after = excluded.after WHERE after <> excluded.after`;

/** One step of the round, which begins again once it has come to the end. @returns how many quizzes it looked at */
export async function refreshPopularity(db: D1Database): Promise<number> {
	const after = (await db.prepare("SELECT after FROM popularity_round WHERE one = 1").first<string>("after")) ?? "";
	const chunk = await db.prepare(CHUNK).bind(after, POPULARITY_STEP_QUIZZES).all<{ id: string }>();
	const last = chunk.results.length < POPULARITY_STEP_QUIZZES ? "" : (chunk.results.at(-1)?.id ?? "");
	const refresh = db.prepare(REFRESH).bind(after, POPULARITY_STEP_QUIZZES);
	await db.batch([refresh, db.prepare(REMEMBER).bind(last)]);
	return chunk.results.length;
}
