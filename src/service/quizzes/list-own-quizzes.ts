import type { QuizFilter } from "../../shard/quizzes/store.ts";
import { look, NEWEST } from "../verbs.ts";
import { shownQuizzes } from "./shown-quizzes.ts";

interface Input {
	user: string;
	filter: QuizFilter;
	before: number | null;
	limit: number;
}

/** Own quizzes, newest first, without their content. Gates: `quizzes:write`, the user is known. */
export const listOwnQuizzes = look(
	"quizzes:write",
	"user",
	async ({ shard, call }, { filter, before, limit }: Input, { env }) => {
		const page = await shard.quizzes.list(call, filter, before ?? NEWEST, limit);
		return page && { ...page, items: await shownQuizzes(env, page.items) };
	},
);
