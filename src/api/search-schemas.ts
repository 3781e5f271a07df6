import { z } from "@hono/zod-openapi";
import { QUIZ_TAG_CHARS_MAX, RELATED_MAX } from "../domain/limits.ts";
import { FIELDS } from "../domain/snippets.ts";
import { pageOf } from "./paging.ts";
import { catalogQuiz, time } from "./schemas.ts";

/** Shapes of searches, favourites and likes. */

export const tag = z.string().trim().min(1).max(QUIZ_TAG_CHARS_MAX).toLowerCase();

const RELATED_DEFAULT = 5;
export const relatedLimit = z
	.string()
	.regex(/^\d{1,4}$/, "must be a whole number")
	.transform(Number)
	.pipe(z.int().min(1).max(RELATED_MAX))
	.default(RELATED_DEFAULT)
	.openapi({ param: { in: "query" }, type: "integer", minimum: 1, maximum: RELATED_MAX, default: RELATED_DEFAULT });

const snippet = z
	.object({
		field: z.enum(FIELDS),
		text: z.string(),
		ranges: z.array(z.tuple([z.int(), z.int()])),
	})
	.openapi("Snippet", {
		description:
			"A piece of the field, plain text (nothing in it is markup), and the ranges [from, to) of what was found, in UTF-16 code units",
	});

const counts = z.array(z.object({ value: z.string(), count: z.int() }));
const facets = z
	.object({ counted: z.int(), exact: z.boolean(), by_tag: counts, by_difficulty: counts, by_source: counts })
	.openapi("Facets", {
		description:
			"How many of the matches have which value. Where `exact` is false there may be more than the newest 1,000 counted",
	});

export const quizPage = pageOf(catalogQuiz.extend({ snippet: snippet.nullable().optional() })).extend({
	facets: facets.optional(),
});

export const reacted = z.object({ quiz: z.string(), at: time }).openapi("Reaction");
export const takenBack = z.object({ quiz: z.string() });
export const reactedQuiz = z
	.object({ quiz: z.string(), at: time, published_quiz: catalogQuiz.nullable() })
	.openapi("ReactedQuiz", {
		description: "`published_quiz` is null while you may not see it, for instance because it was withdrawn",
	});
