import { keyOf, mark } from "../marking.ts";
import type { Form } from "./worker.ts";

/** What one would write first: a query for each thing to be known or done, random ids, counted when read. */
export const naive: Form = {
	async submit(db, user, { quiz, answers, time_taken_s = null }) {
		const content = await db.prepare("SELECT content FROM quizzes WHERE id = ?").bind(quiz).first<string>("content");
		const marks = mark(keyOf(JSON.parse(content ?? "")), answers);
		const id = crypto.randomUUID();
		const now = Date.now();
		await db
			.prepare("INSERT INTO results VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")
			.bind(
				id,
				user,
				quiz,
				marks.score,
				marks.max_score,
				marks.percentage,
				Number(marks.passed),
				JSON.stringify(answers),
				time_taken_s,
				now,
			)
			.run();
		return { id, quiz, ...marks, answers, time_taken_s, submitted_at: now };
	},

	async reserve(db, user, { amount, model, prompt }) {
		const take = "UPDATE users SET ai_credits = ai_credits - ?1 WHERE id = ?2 AND ai_credits >= ?1";
		const { meta } = await db.prepare(take).bind(amount, user).run();
		if (meta.changes === 0) return null;
		const id = crypto.randomUUID();
		await db
			.prepare("INSERT INTO ai_generations VALUES (?, ?, ?, ?, 'pending', ?, NULL, ?)")
			.bind(id, user, model, prompt, amount, Date.now())
			.run();
		return { id, amount, status: "held" };
	},

	async settle(db, user, id, amount, tokens) {
		const find = "SELECT credits FROM ai_generations WHERE id = ? AND user_id = ? AND status = 'pending'";
		const held = await db.prepare(find).bind(id, user).first<number>("credits");
		if (held === null) return null;
		const end = "UPDATE ai_generations SET status = 'completed', credits = ?, tokens = ? WHERE id = ?";
		await db.prepare(end).bind(amount, tokens, id).run();
		const back = "UPDATE users SET ai_credits = ai_credits + ? WHERE id = ?";
		await db
			.prepare(back)
			.bind(held - amount, user)
			.run();
		return { id, status: "settled", settled: amount, returned: held - amount };
	},

	statistics(db, quiz) {
		const query = `SELECT COUNT(*) AS attempts, COUNT(DISTINCT user_id) AS takers, AVG(score) AS mean_score,
			AVG(percentage) AS mean_percentage, AVG(passed) AS pass_rate FROM results WHERE quiz_id = ?`;
		return db.prepare(query).bind(quiz).first<Record<string, number>>();
	},
	search(db, words, limit) {
		const query = `SELECT id, user_id, title, description, tags, difficulty, created_at FROM quizzes
			WHERE published = 1 AND (title LIKE ?1 OR description LIKE ?1) ORDER BY created_at DESC LIMIT ?2`;
		return db.prepare(query).bind(`%${words}%`, limit).all();
	},
};
