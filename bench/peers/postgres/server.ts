import { serve } from "@hono/node-server";
import { Hono } from "hono";
import { HTTPException } from "hono/http-exception";
import { Pool } from "pg";
import { type Key, keyOf, mark, type Submission } from "../marking.ts";

/**
 * The same API subset on Node and PostgreSQL. Every change is one statement, so one round trip and one transaction: the
 * key of the request, the row lock of the user, and the effect. Started by ../../systems/postgres.ts with a socket folder.
 */

const POOL_SIZE = 16;
const [folder = ""] = process.argv.slice(2);
const pool = new Pool({ host: folder, user: "bench", database: "bench", max: POOL_SIZE });

const SUBMIT = {
	name: "submit",
	text: `WITH request AS (INSERT INTO requests (user_id, key) VALUES ($1, $2) ON CONFLICT DO NOTHING RETURNING 1),
			locked AS (UPDATE users SET attempts = attempts + 1 WHERE id = $1 AND EXISTS (SELECT FROM request) RETURNING attempts)
		INSERT INTO results (user_id, number, quiz_id, score, max_score, percentage, passed, answers, time_taken_s)
		SELECT $1, attempts, $3, $4, $5, $6, $7, $8, $9 FROM locked RETURNING id, number`,
};
const RESERVE = {
	name: "reserve",
	text: `WITH request AS (INSERT INTO requests (user_id, key) VALUES ($1, $2) ON CONFLICT DO NOTHING RETURNING 1),
			taken AS (UPDATE users SET ai_credits = ai_credits - $3::bigint
				WHERE id = $1 AND ai_credits >= $3::bigint AND EXISTS (SELECT FROM request) RETURNING 1)
		INSERT INTO ai_generations (user_id, model, prompt, status, credits)
		SELECT $1, $4, $5, 'pending', $3::bigint FROM taken RETURNING id`,
};
const SETTLE = {
	name: "settle",
	text: `WITH request AS (INSERT INTO requests (user_id, key) VALUES ($1, $2) ON CONFLICT DO NOTHING RETURNING 1),
			held AS (SELECT id, credits FROM ai_generations
				WHERE id = $3 AND user_id = $1 AND status = 'pending' AND EXISTS (SELECT FROM request) FOR UPDATE),
			ended AS (UPDATE ai_generations AS g SET status = 'completed', credits = $4::bigint, tokens = $5
				FROM held WHERE g.id = held.id RETURNING held.credits)
		UPDATE users SET ai_credits = ai_credits + ended.credits - $4::bigint FROM ended WHERE users.id = $1 RETURNING ai_credits`,
};
const LIST = {
	name: "list",
	text: `SELECT id, user_id, title, description, tags, difficulty, created_at FROM quizzes WHERE published
		ORDER BY created_at DESC LIMIT $1`,
};
const SEARCH = {
	name: "search",
	text: `SELECT id, user_id, title, description, tags, difficulty, created_at
		FROM quizzes, plainto_tsquery('simple', $1) AS query WHERE published AND words @@ query
		ORDER BY ts_rank(words, query) DESC, created_at DESC LIMIT $2`,
};

const keys = new Map<string, Key>();

async function keyFor(quiz: string): Promise<Key> {
	const known = keys.get(quiz);
	if (known) return known;
	const { rows } = await pool.query("SELECT content FROM quizzes WHERE id = $1", [quiz]);
	const key = keyOf(rows[0].content);
	keys.set(quiz, key);
	return key;
}

/** The row that a change returned. @throws 409 if it did nothing */
async function change(query: { name: string; text: string }, values: unknown[]) {
	const { rows } = await pool.query({ ...query, values });
	if (rows.length === 0) throw new HTTPException(409, { message: "refused" });
	return rows[0];
}

const app = new Hono();
const caller = (header: (name: string) => string | undefined) => header("Authorization") ?? "";
const requestKey = (header: (name: string) => string | undefined) => header("Idempotency-Key") ?? "";

app.post("/v1/users/me/attempts", async (c) => {
	const header = (name: string) => c.req.header(name);
	const { quiz, answers, time_taken_s = null } = await c.req.json<Submission>();
	const marks = mark(await keyFor(quiz), answers);
	const { id, number } = await change(SUBMIT, [
		caller(header),
		requestKey(header),
		quiz,
		marks.score,
		marks.max_score,
		marks.percentage,
		marks.passed,
		JSON.stringify(answers),
		time_taken_s,
	]);
	return c.json({ id, quiz, number, ...marks, answers, time_taken_s }, 201);
});

app.post("/v1/users/me/credits/holds", async (c) => {
	const header = (name: string) => c.req.header(name);
	const { amount, model, prompt } = await c.req.json();
	const { id } = await change(RESERVE, [caller(header), requestKey(header), amount, model, prompt]);
	return c.json({ id, amount, status: "held" }, 201);
});

app.post("/v1/users/me/credits/holds/:id/settlement", async (c) => {
	const header = (name: string) => c.req.header(name);
	const { amount, tokens_used } = await c.req.json();
	const id = c.req.param("id");
	const { ai_credits } = await change(SETTLE, [caller(header), requestKey(header), id, amount, tokens_used]);
	return c.json({ id, status: "settled", settled: amount, available: Number(ai_credits) });
});

app.get("/v1/quizzes/:id/statistics", async (c) => {
	const text = `SELECT count(*)::int AS attempts, count(DISTINCT user_id)::int AS takers, avg(score)::float AS mean_score,
		avg(percentage) AS mean_percentage, avg(passed::int)::float AS pass_rate FROM results WHERE quiz_id = $1`;
	const { rows } = await pool.query({ name: "statistics", text, values: [c.req.param("id")] });
	return c.json(rows[0]);
});

app.get("/v1/quizzes", async (c) => {
	const limit = Number(c.req.query("limit") ?? 20);
	const q = c.req.query("q")?.trim();
	const query = q ? { ...SEARCH, values: [q, limit] } : { ...LIST, values: [limit] };
	return c.json({ items: (await pool.query(query)).rows });
});

const server = serve({ fetch: app.fetch, hostname: "127.0.0.1", port: 0 }, ({ port }) =>
	console.log(`listening ${port}`),
);
process.once("SIGTERM", () => {
	server.close();
	void pool.end();
});
