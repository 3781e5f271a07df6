import { z } from "@hono/zod-openapi";
import { readQuizStatistics } from "../../service/attempts/read-statistics.ts";
import { readQuiz } from "../../service/quizzes/read-quiz.ts";
import { quizStatistics } from "../attempts/schemas.ts";
import { valueIn } from "../http/answer.ts";
import { keptHeaders } from "../http/bookmarks.ts";
import { ctxOf } from "../http/context.ts";
import { newApp, openRead, route, showsKept } from "../http/route.ts";
import * as schemas from "../schemas.ts";
import { playableQuiz, versionNameFilter } from "./schemas.ts";

const tag = "quizzes";
const quizParams = z.object({ quiz: schemas.quizId });

/** A published quiz as takers see it, and its statistics. Lists of them are in search/. */
export const publishedQuizRoutes = newApp();

publishedQuizRoutes.openapi(
	route({
		method: "get",
		path: "/v1/quizzes/{quiz}",
		...openRead,
		tag,
		operationId: "getQuiz",
		summary: "A published quiz, its questions without the key",
		description: "One that you may see, or that a share which you have used lets you see or attempt.",
		request: { params: quizParams, headers: keptHeaders },
		responses: showsKept(playableQuiz, "The quiz"),
	}),
	async (c) => {
		return c.json(valueIn(c, await readQuiz(ctxOf(c), c.req.valid("param"))), 200);
	},
);

publishedQuizRoutes.openapi(
	route({
		method: "get",
		path: "/v1/quizzes/{quiz}/statistics",
		...openRead,
		tag,
		operationId: "getQuizStatistics",
		summary: "Statistics of a quiz and its questions",
		description:
			"What is made of percentages is over all attempts that count, at whatever version; scores and `questions` are over the attempts " +
			"at one version: the current one, or the one that `version` names. Facility is the mean score as a share of the marks, " +
			"discrimination the correlation of a question's score with that on the rest of the quiz.",
		request: {
			params: quizParams,
			query: z.object({ version: versionNameFilter.optional() }),
			headers: keptHeaders,
		},
		responses: showsKept(quizStatistics, "The statistics"),
	}),
	async (c) => {
		const input = { ...c.req.valid("param"), ...c.req.valid("query") };
		return c.json(valueIn(c, await readQuizStatistics(ctxOf(c), input)), 200);
	},
);
