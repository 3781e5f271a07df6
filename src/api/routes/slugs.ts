import { z } from "@hono/zod-openapi";
import { readQuiz } from "../../catalog/quizzes.ts";
import { readReception } from "../../catalog/reactions.ts";
import { addressOf, quizAt } from "../../catalog/slugs.ts";
import { ID_PATTERNS } from "../../domain/ids.ts";
import { publicOriginOf } from "../../env.ts";
import { found } from "../answer.ts";
import { slugAddress } from "../authoring-schemas.ts";
import { bookmarkHeaders, reading } from "../catalog-session.ts";
import { audiences, playable } from "../playable.ts";
import { newApp, redirects, route, shows } from "../route.ts";
import * as schemas from "../schemas.ts";

/** Quizzes by their readable addresses. Comes before the routes of `/v1/quizzes/{quiz}`, which `by-slug` is no id for. */
export const slugs = newApp();

const tenantQuery = z.object({
	tenant: z
		.string()
		.regex(ID_PATTERNS.tenant)
		.optional()
		.openapi({ description: "Whose slug it is; absent, your own" }),
});

slugs.openapi(
	route({
		method: "get",
		path: "/v1/quizzes/by-slug/{slug}",
		tag: "quizzes",
		operationId: "getQuizBySlug",
		summary: "A published quiz by its slug",
		description: "An old slug of the quiz, and a slug that another quiz has by now, redirect to its current one.",
		request: { params: z.object({ slug: slugAddress }), query: tenantQuery, headers: bookmarkHeaders },
		responses: { ...shows(schemas.playableQuiz, "The quiz"), ...redirects("To the quiz's current slug") },
	}),
	async (c) => {
		const { slug } = c.req.valid("param");
		const tenant = c.req.valid("query").tenant ?? c.get("principal").tenant;
		const { quiz, address } = await reading(c, async (db) => {
			const id = found(await quizAt(db, tenant, slug, audiences(c)), "published quiz");
			const quiz = found(await readQuiz(db, id, audiences(c)), "published quiz");
			return { quiz: { ...quiz, ...(await readReception(db, id)) }, address: await addressOf(db, id) };
		});
		if (address === null || address === slug) return c.json(await playable(c, quiz, address), 200);
		const { search } = new URL(c.req.url);
		return c.redirect(`${publicOriginOf(c.env)}/v1/quizzes/by-slug/${address}${search}`, 308);
	},
);
