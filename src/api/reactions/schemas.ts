import { z } from "@hono/zod-openapi";
import { catalogQuiz } from "../quizzes/schemas.ts";
import { ofQuiz, time } from "../schemas.ts";

/** Shapes of favourites and likes. */

export const reacted = z
	.object({ quiz: ofQuiz, at: time("Since when it is there") })
	.openapi("Reaction", { description: "A quiz among the favourites or the likes" });
export const takenBack = z
	.object({ quiz: ofQuiz })
	.openapi("ReactionTakenBack", { description: "A quiz that is not among the favourites or the likes" });
export const reactedQuiz = z
	.object({
		quiz: ofQuiz,
		at: time("Since when it is there"),
		published_quiz: catalogQuiz.nullable().describe("The quiz; null while you may not see it"),
	})
	.openapi("ReactedQuiz", {
		description:
			"A quiz among the favourites or the likes; `published_quiz` is null while you may not see it, for instance because it was withdrawn",
	});
