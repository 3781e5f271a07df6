import { audiencesOf, readQuizzes } from "../../catalog/quizzes/quizzes.ts";
import type { Reaction } from "../../domain/reactions/reactions.ts";
import { reading } from "../reading.ts";
import { look, NEWEST, pageOf } from "../verbs.ts";

interface Input {
	user: string;
	kind: Reaction;
	before: number | null;
	limit: number;
}

/** The favourites or likes, newest first, with those of the quizzes that may be seen. Gates: `attempts:read`, the user is known. */
export const listReactions = look("attempts:read", "user", async ({ shard, call }, input: Input, ctx) => {
	const { kind, before, limit } = input;
	const rows = await shard.reactions.list(call, kind, before ?? NEWEST, limit + 1);
	const page = pageOf(
		rows,
		limit,
		({ seq }) => seq,
		({ quiz, at }) => ({ quiz, at }),
	);
	if (!page) return null;
	const ids = page.items.map(({ quiz }) => quiz);
	const quizzes = await reading(ctx, (db) => readQuizzes(db, ids, audiencesOf(call)));
	const byId = new Map(quizzes.map((quiz) => [quiz.id, quiz]));
	return { ...page, items: page.items.map(({ quiz, at }) => ({ quiz, at, published_quiz: byId.get(quiz) ?? null })) };
});
