import { z } from "@hono/zod-openapi";
import { listQuizzes } from "../../catalog/quizzes.ts";
import { addressOf } from "../../catalog/slugs.ts";
import { readStatistics } from "../../catalog/statistics.ts";
import { LETS_VIEW } from "../../domain/shares.ts";
import { found } from "../answer.ts";
import { reading } from "../catalog-session.ts";
import { cursorIn, page, pageOf, pageQuery } from "../paging.ts";
import { audiences, bookmarkHeaders, playable } from "../playable.ts";
import { newApp, route, shows } from "../route.ts";
import * as schemas from "../schemas.ts";
import { visibleQuiz } from "../shared-access.ts";

const tags = ["catalog"];
const quizParams = z.object({ quiz: schemas.quizId });
const newestCursor = z.tuple([z.int(), schemas.quizId]);
export const catalog = newApp();

catalog.openapi(
	route({
		...{ method: "get", path: "/v1/quizzes", tags, summary: "Published quizzes that you may see, newest first" },
		request: { query: pageQuery, headers: bookmarkHeaders },
		responses: shows(pageOf(schemas.catalogQuiz), "A page of quizzes"),
	}),
	async (c) => {
		const { limit, cursor } = c.req.valid("query");
		const after = cursorIn(newestCursor, cursor);
		const quizzes = await reading(c, (db) => listQuizzes(db, audiences(c), after, limit + 1));
		const items = quizzes.slice(0, limit);
		const last = items.at(-1);
		const next = quizzes.length > limit && last ? [last.published_at, last.id] : null;
		return c.json(page(c, items, next), 200);
	},
);

catalog.openapi(
	route({
		...{ method: "get", path: "/v1/quizzes/{quiz}", tags, summary: "A published quiz, its questions without the key" },
		description: "One that you may see, or that a share which you have used lets you see or attempt.",
		request: { params: quizParams, headers: bookmarkHeaders },
		responses: shows(schemas.playableQuiz, "The quiz"),
	}),
	async (c) => {
		const id = c.req.valid("param").quiz;
		const { tenant, subject: user } = c.get("principal");
		const reader = { user, tenant, now: c.get("now"), request_id: c.get("request_id") };
		const { quiz, slug } = await reading(c, async (db) => {
			const quiz = found(await visibleQuiz(c.env, db, id, reader, LETS_VIEW), "published quiz");
			return { quiz, slug: await addressOf(db, id) };
		});
		return c.json(await playable(c, quiz, slug), 200);
	},
);

catalog.openapi(
	route({
		...{
			method: "get",
			path: "/v1/quizzes/{quiz}/statistics",
			tags,
			summary: "Statistics of a quiz and its questions",
		},
		description:
			"Over all attempts; `questions` over those at the current version. Facility is the mean score as a share of the marks, " +
			"discrimination the correlation of a question's score with that on the rest of the quiz.",
		request: { params: quizParams, headers: bookmarkHeaders },
		responses: shows(schemas.quizStatistics, "The statistics"),
	}),
	async (c) => {
		const id = c.req.valid("param").quiz;
		const read = await reading(c, (db) => readStatistics(db, id, audiences(c)));
		const { owner, questions, ...statistics } = found(read, "published quiz");
		const isOwner = owner === c.get("principal").subject;
		const shown = isOwner ? questions : questions.map(({ choices: _, ...question }) => question);
		return c.json({ ...statistics, questions: shown }, 200);
	},
);
