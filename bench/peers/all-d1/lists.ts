/** The newest published quizzes. */
export function list(db: D1Database, limit: number): Promise<D1Result> {
	const query = `SELECT id, user_id, title, description, tags, difficulty, created_at FROM quizzes WHERE published = 1
		ORDER BY created_at DESC LIMIT ?`;
	return db.prepare(query).bind(limit).all();
}
