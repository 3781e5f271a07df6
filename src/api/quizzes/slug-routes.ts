import { z } from "@hono/zod-openapi";
import { ID_PATTERNS } from "../../domain/ids.ts";
import { publicOriginOf } from "../../env.ts";
import { readQuizBySlug } from "../../service/quizzes/read-quiz-by-slug.ts";
import { valueIn } from "../http/answer.ts";
import { keptHeaders } from "../http/bookmarks.ts";
import { ctxOf } from "../http/context.ts";
import { newApp, openRead, redirects, route, showsKept } from "../http/route.ts";
import { playableQuiz, slugAddress } from "./schemas.ts";

/** Quizzes by their readable addresses, which are no part of `/v1/quizzes/{quiz}/…`: `by-slug` there could be taken for a quiz. */
export const slugRoutes = newApp();

const tenantQuery = z.object({
	tenant: z
		.string()
		.regex(ID_PATTERNS.tenant)
		.optional()
		.openapi({ description: "Whose slug it is; absent, your own" }),
});

slugRoutes.openapi(
	route({
		method: "get",
		path: "/v1/slugs/{slug}",
		...openRead,
		tag: "quizzes",
		operationId: "getQuizBySlug",
		summary: "A published quiz by its slug",
		description: "An old slug of the quiz, and a slug that another quiz has by now, redirect to its current one.",
		request: { params: z.object({ slug: slugAddress }), query: tenantQuery, headers: keptHeaders },
		responses: { ...showsKept(playableQuiz, "The quiz"), ...redirects("To the quiz's current slug") },
	}),
	async (c) => {
		const { slug } = c.req.valid("param");
		const { tenant } = c.req.valid("query");
		const found = valueIn(c, await readQuizBySlug(ctxOf(c), { slug, tenant }));
		if ("quiz" in found) return c.json(found.quiz, 200);
		const { search } = new URL(c.req.url);
		return c.redirect(`${publicOriginOf(c.env)}/v1/slugs/${found.moved_to}${search}`, 308);
	},
);
