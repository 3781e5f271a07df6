import { z } from "@hono/zod-openapi";
import { browse, facetsOf } from "../../catalog/browse.ts";
import { SORTS } from "../../catalog/lists.ts";
import { readReception } from "../../catalog/reactions.ts";
import { relatedQuizzes } from "../../catalog/related.ts";
import { addressOf } from "../../catalog/slugs.ts";
import { readOwnStatistics, readStatistics } from "../../catalog/statistics.ts";
import { readVersion } from "../../catalog/versions.ts";
import { SEARCH_QUERY_CHARS_MAX } from "../../domain/limits.ts";
import { isRankable, parseSearch } from "../../domain/search.ts";
import { LETS_VIEW } from "../../domain/shares.ts";
import type { QuestionStatistics } from "../../domain/statistics.ts";
import { versionName } from "../../domain/version-names.ts";
import { found } from "../answer.ts";
import { versionParam } from "../authoring-schemas.ts";
import { bookmarkHeaders, reading } from "../catalog-session.ts";
import { cursorIn, page, pageOf, pageQuery } from "../paging.ts";
import { audiences, playable } from "../playable.ts";
import { newApp, route, shows } from "../route.ts";
import * as schemas from "../schemas.ts";
import * as search from "../search-schemas.ts";
import { ownPublication, visibleQuiz } from "../shared-access.ts";

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
	.openapi({ type: "string", maxLength: SEARCH_QUERY_CHARS_MAX, description: 'As in `bird "night sky" -penguin`' });

const browseQuery = pageQuery.extend({
	q: searched.optional(),
	tag: search.tag.optional(),
	difficulty: schemas.difficulty.optional(),
	source: schemas.source.optional(),
	author: schemas.idFilter("user").optional(),
	sort: z.enum(SORTS).optional(),
	facets: z
		.enum(["true", "false"])
		.transform((text) => text === "true")
		.default(false)
		.openapi({ type: "boolean", default: false }),
});

export const catalog = newApp();

catalog.openapi(
	route({
		method: "get",
		path: "/v1/quizzes",
		tag,
		operationId: "listQuizzes",
		summary: "Published quizzes that you may see: lists and search",
		description:
			'`q` is words, "phrases" and -exclusions; the last word, and any with a `*`, may be the beginning of one. Without `sort`, what is ' +
			"found comes by relevance, titles first, and what is not searched for comes newest first. `popularity` and `rating`, and the orders " +
			"by them, are takers and likes as the schedule last counted them. Of very many matches the newest 1,000 are ranked, " +
			"put in another order than newest, or counted by `facets`.",
		request: { query: browseQuery, headers: bookmarkHeaders },
		responses: shows(search.quizPage, "A page of quizzes"),
	}),
	async (c) => {
		const { limit, cursor, q, sort, facets, ...filters } = c.req.valid("query");
		const query = { audiences: audiences(c), filters, search: q ?? null, sort };
		const read = browse(query, (schema) => cursorIn(c, schema, cursor));
		const { found, next, counts } = await reading(c, async (db) => ({
			...(await read(db, limit)),
			...(facets && { counts: await facetsOf(db, query) }),
		}));
		const hasSnippets = q !== undefined && isRankable(q);
		const items = found.map(({ quiz, snippet }) => ({ ...quiz, ...(hasSnippets && { snippet }) }));
		return c.json({ ...page(c, items, next), ...(counts && { facets: counts }) }, 200);
	},
);

catalog.openapi(
	route({
		method: "get",
		path: "/v1/quizzes/{quiz}",
		tag,
		operationId: "getQuiz",
		summary: "A published quiz, its questions without the key",
		description: "One that you may see, or that a share which you have used lets you see or attempt.",
		request: { params: quizParams, headers: bookmarkHeaders },
		responses: shows(schemas.playableQuiz, "The quiz"),
	}),
	async (c) => {
		const id = c.req.valid("param").quiz;
		const { quiz, slug } = await reading(c, async (db) => {
			const quiz = found(await visibleQuiz(c, db, id, LETS_VIEW), "published quiz");
			return { quiz: { ...quiz, ...(await readReception(db, id)) }, slug: await addressOf(db, id) };
		});
		return c.json(await playable(c, quiz, slug), 200);
	},
);

catalog.openapi(
	route({
		method: "get",
		path: "/v1/quizzes/{quiz}/related",
		tag,
		operationId: "listRelatedQuizzes",
		summary: "Quizzes like this one",
		description: "The most alike first, by tags and words of the title, among the newest that have any of them.",
		request: { params: quizParams, query: z.object({ limit: search.relatedLimit }), headers: bookmarkHeaders },
		responses: shows(pageOf(schemas.catalogQuiz), "All of them: there is no further page"),
	}),
	async (c) => {
		const id = c.req.valid("param").quiz;
		const { limit } = c.req.valid("query");
		const items = await reading(c, async (db) => {
			const quiz = found(await visibleQuiz(c, db, id, []), "published quiz");
			return relatedQuizzes(db, audiences(c), quiz, limit);
		});
		return c.json(page(c, items, null), 200);
	},
);

catalog.openapi(
	route({
		method: "get",
		path: "/v1/quizzes/{quiz}/statistics",
		tag,
		operationId: "getQuizStatistics",
		summary: "Statistics of a quiz and its questions",
		description:
			"What is made of percentages is over all attempts that count, at whatever version; scores and `questions` are over the attempts " +
			"at one version: the current one, or the one that `version` names. Facility is the mean score as a share of the marks, " +
			"discrimination the correlation of a question's score with that on the rest of the quiz.",
		request: {
			params: quizParams,
			query: z.object({ version: versionParam.optional() }),
			headers: bookmarkHeaders,
		},
		responses: shows(schemas.quizStatistics, "The statistics"),
	}),
	async (c) => {
		const id = c.req.valid("param").quiz;
		const { version = null } = c.req.valid("query");
		const read = await reading(c, async (db) => {
			const shown = await readStatistics(db, id, audiences(c), version);
			if (shown) return shown;
			// What was withdrawn, or published a moment ago, has statistics for its author.
			const own = await ownPublication(c, id);
			return own && readOwnStatistics(db, { owner: own.owner, ...own.last }, version);
		});
		const { owner, questions, version: content_hash, ...statistics } = found(read, NO_VERSION);
		const named = { ...statistics, version: versionName(id, statistics.version_number) };
		if (owner === c.get("principal").subject) return c.json({ ...named, questions }, 200);
		// With a look before and after an own attempt, sums would tell the marks of each question.
		const hidden = questions.length > 0 && (await hidesMarks(c.env, content_hash));
		return c.json({ ...named, questions: questions.map((question) => shownToTakers(question, hidden)) }, 200);
	},
);

const NO_VERSION = "published quiz, or no such version of it";

async function hidesMarks(env: Env, content_hash: string): Promise<boolean> {
	const { settings } = await readVersion(env, content_hash);
	return settings?.question_marks === "hidden";
}

/** Without what gives the key away, and where the marks of questions are hidden without what gives these away. */
function shownToTakers({ choices: _, ...question }: QuestionStatistics, hidden: boolean) {
	const { id, max_score, n, answered } = question;
	return hidden ? { id, max_score, n, answered } : question;
}
