import { z } from "@hono/zod-openapi";
import { QUIZ_TAG_CHARS_MAX } from "../../domain/quizzes/limits.ts";
import { RELATED_MAX } from "../../domain/search/limits.ts";
import { FIELDS } from "../../domain/search/snippets.ts";
import { pageSchema } from "../http/paging.ts";
import { catalogQuiz } from "../quizzes/schemas.ts";

/** Shapes of searches. */

export const tag = z.string().trim().min(1).max(QUIZ_TAG_CHARS_MAX).toLowerCase().describe("Quizzes with this tag");

const RELATED_DEFAULT = 5;
export const relatedLimit = z
	.string()
	.regex(/^\d{1,4}$/, "must be a whole number")
	.transform(Number)
	.pipe(z.int().min(1).max(RELATED_MAX))
	.default(RELATED_DEFAULT)
	.openapi({
		param: { in: "query" },
		type: "integer",
		minimum: 1,
		maximum: RELATED_MAX,
		default: RELATED_DEFAULT,
		description: "How many at most",
	});

const snippet = z
	.object({
		field: z.enum(FIELDS).describe("Where it was found"),
		text: z.string().describe("A piece of that field, plain text: nothing in it is markup"),
		ranges: z
			.array(z.array(z.int().min(0)).length(2))
			.describe("What was found in `text`: from and up to, in UTF-16 code units"),
	})
	.openapi("Snippet", { description: "Where in a quiz the words of a search are" });

const countOfValue = z
	.object({
		value: z.string().describe("The value, as filters take it"),
		count: z.int().min(1).describe("Matches that have it"),
	})
	.openapi("FacetCount", { description: "How many of the matches have a value" });
const facets = z
	.object({
		counted: z.int().min(0).describe("Matches that were counted"),
		exact: z.boolean().describe("False where there may be more than the newest 1,000 that were counted"),
		by_tag: z.array(countOfValue).describe("The 20 most frequent tags, most frequent first"),
		by_difficulty: z.array(countOfValue).describe("Difficulties, most frequent first"),
		by_source: z.array(countOfValue).describe("Sources, most frequent first"),
	})
	.openapi("Facets", { description: "How many of the matches have which value" });

const listedQuiz = catalogQuiz
	.extend({
		snippet: snippet
			.nullable()
			.optional()
			.openapi({ description: "There for a search; null where nothing can be shown" }),
	})
	.openapi("ListedQuiz", { description: "A published quiz as lists and searches show it" });

export const quizPage = pageSchema(listedQuiz, "ListedQuizPage")
	.extend({ facets: facets.optional() })
	.openapi("QuizSearchPage", { description: "A page of published quizzes" });
