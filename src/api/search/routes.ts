import { z } from "@hono/zod-openapi";
import { SEARCH_QUERY_CHARS_MAX } from "../../domain/search/limits.ts";
import { parseSearch } from "../../domain/search/search.ts";
import { browseQuizzes, SORTS } from "../../service/search/browse-quizzes.ts";
import { listRelatedQuizzes } from "../../service/search/list-related-quizzes.ts";
import { valueIn } from "../http/answer.ts";
import { keptHeaders } from "../http/bookmarks.ts";
import { ctxOf } from "../http/context.ts";
import { cursorIn, page, pageQuery, pageSchema } from "../http/paging.ts";
import { newApp, openRead, route, showsKept } from "../http/route.ts";
import { catalogQuiz, difficulty, source } from "../quizzes/schemas.ts";
import * as schemas from "../schemas.ts";
import * as search from "./schemas.ts";

const tag = "quizzes";
const quizParams = z.object({ quiz: schemas.quizId });
/** A query as it was understood; one that is empty is none. */
const searched = z
	.string()
	.transform((text, context) => {
		if (text === "") return undefined;
		const parsed = parseSearch(text);
		if (parsed.ok) return parsed.search;
		context.addIssue(parsed.detail);
		return z.NEVER;
	})
	.openapi({
		type: "string",
		maxLength: SEARCH_QUERY_CHARS_MAX,
		description: 'What is searched for, as in `bird "night sky" -penguin`',
	});

const browseQuery = pageQuery.extend({
	q: searched.optional(),
	tag: search.tag.optional(),
	difficulty: difficulty.optional().describe("Quizzes of this difficulty"),
	source: source.optional().describe("Quizzes that were made so"),
	author: schemas.idFilter("user").optional().describe("Quizzes of this user"),
	sort: z.enum(SORTS).optional().describe("In which order; absent: by relevance for a search, else newest first"),
	facets: z
		.enum(["true", "false"])
		.transform((text) => text === "true")
		.default(false)
		.openapi({
			type: "boolean",
			default: false,
			description: "Whether to count the matches by tag, difficulty and source",
		}),
});

export const searchRoutes = newApp();

searchRoutes.openapi(
	route({
		method: "get",
		path: "/v1/quizzes",
		...openRead,
		tag,
		operationId: "listQuizzes",
		summary: "Published quizzes that you may see: lists and search",
		description:
			'`q` is words, "phrases" and -exclusions; the last word, and any with a `*`, may be the beginning of one. Without `sort`, what is ' +
			"found comes by relevance, titles first, and what is not searched for comes newest first. `popularity` and `rating`, and the orders " +
			"by them, are takers and likes as the schedule last counted them. Of very many matches the newest 1,000 are ranked, " +
			"put in another order than newest, or counted by `facets`.",
		request: { query: browseQuery, headers: keptHeaders },
		responses: showsKept(search.quizPage, "A page of quizzes"),
	}),
	async (c) => {
		const { limit, cursor, q, sort, facets, ...filters } = c.req.valid("query");
		const { next, items, ...more } = await browseQuizzes(ctxOf(c), {
			filters,
			search: q ?? null,
			sort,
			limit,
			facets,
			positionIn: (schema) => cursorIn(c, schema, cursor),
		});
		return c.json({ ...page(c, items, next), ...more }, 200);
	},
);

searchRoutes.openapi(
	route({
		method: "get",
		path: "/v1/quizzes/{quiz}/related",
		...openRead,
		tag,
		operationId: "listRelatedQuizzes",
		summary: "Quizzes like this one",
		description: "The most alike first, by tags and words of the title, among the newest that have any of them.",
		request: { params: quizParams, query: z.object({ limit: search.relatedLimit }), headers: keptHeaders },
		responses: showsKept(pageSchema(catalogQuiz, "CatalogQuizPage"), "All of them: there is no further page"),
	}),
	async (c) => {
		const input = { ...c.req.valid("param"), ...c.req.valid("query") };
		return c.json(page(c, valueIn(c, await listRelatedQuizzes(ctxOf(c), input)), null), 200);
	},
);
