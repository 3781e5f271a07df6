import { z } from "@hono/zod-openapi";
import { audiencesOf, readQuiz, readQuizzes } from "../../catalog/quizzes.ts";
import type { Reaction } from "../../domain/reactions.ts";
import type { Call } from "../../shard/runner.ts";
import { answer, found } from "../answer.ts";
import { reading } from "../catalog-session.ts";
import { cursorIn, page, pageOf, pageQuery } from "../paging.ts";
import { changed, changeHeaders, needs, newApp, route, shows } from "../route.ts";
import * as schemas from "../schemas.ts";
import * as search from "../search-schemas.ts";
import { shardOf } from "../shard-of.ts";
import { userCall } from "../user-call.ts";

const userParams = z.object({ user: schemas.userParam });
const quizParams = userParams.extend({ quiz: schemas.quizId });
const seqCursor = z.int().min(0);

/** Favourites and likes: the same, but for their names. */
export const reactions = newApp();
addRoutes("favorite", "favorites", "favourites", ["addFavorite", "removeFavorite", "listFavorites"]);
addRoutes("like", "likes", "likes", ["addLike", "removeLike", "listLikes"]);

/** One that the catalog shows to the user, or that the user has just published. @throws ProblemError `not-found` */
async function requireVisible(env: Env, call: Call, quiz: string): Promise<void> {
	const shown = await readQuiz(env.CATALOG.withSession("first-primary"), quiz, audiencesOf(call));
	if (shown) return;
	const own = await shardOf(env, call.user, true).quizzes.publication(call, quiz);
	found(own?.is_published ? own : null, "published quiz");
}

/** @param operations the ids of those that put, take back and list */
function addRoutes(kind: Reaction, segment: string, name: string, operations: [string, string, string]): void {
	const [put, takeBack, list] = operations;
	const path = `/v1/users/{user}/${segment}`;
	const tag = "reactions";

	reactions.openapi(
		route(
			{
				method: "put",
				path: `${path}/{quiz}`,
				tag,
				operationId: put,
				summary: `Put a quiz among the ${name}`,
				...needs("attempts:write", "It must be one that you may see. Again, it changes nothing."),
				request: { params: quizParams, headers: changeHeaders },
				responses: changed(200, search.reacted, "Since when it is there"),
			},
			"conflict",
		),
		async (c) => {
			const { user, quiz } = c.req.valid("param");
			const { call, shard } = await userCall(c, user, "attempts:write");
			await requireVisible(c.env, call, quiz);
			const { value, status } = await answer(c, call, await shard.reactions.set(call, kind, quiz), 200);
			return c.json(value, status);
		},
	);

	reactions.openapi(
		route({
			method: "delete",
			path: `${path}/{quiz}`,
			tag,
			operationId: takeBack,
			summary: `Take a quiz out of the ${name}`,
			...needs(
				"attempts:write",
				"Also one that is there and that you may not see any more. Again, it changes nothing.",
			),
			request: { params: quizParams, headers: changeHeaders },
			responses: changed(200, search.takenBack, "It is not there"),
		}),
		async (c) => {
			const { user, quiz } = c.req.valid("param");
			const { call, shard } = await userCall(c, user, "attempts:write");
			const { value, status } = await answer(c, call, await shard.reactions.unset(call, kind, quiz), 200);
			// Of a quiz that is not the caller's to know of and was not there, nothing is said.
			if (!value.was_there) await requireVisible(c.env, call, quiz);
			return c.json({ quiz: value.quiz }, status);
		},
	);

	reactions.openapi(
		route({
			method: "get",
			path,
			tag,
			operationId: list,
			summary: `The ${name}, newest first`,
			...needs("attempts:read"),
			request: { params: userParams, query: pageQuery },
			responses: shows(pageOf(search.reactedQuiz), "A page of them"),
		}),
		async (c) => {
			const { limit, cursor } = c.req.valid("query");
			const before = cursorIn(c, seqCursor, cursor) ?? Number.MAX_SAFE_INTEGER;
			const { call, shard } = await userCall(c, c.req.valid("param").user, "attempts:read");
			const rows = found(await shard.reactions.list(call, kind, before, limit + 1), "user");
			const shown = rows.slice(0, limit);
			const ids = shown.map(({ quiz }) => quiz);
			const quizzes = await reading(c, (db) => readQuizzes(db, ids, audiencesOf(call)));
			const byId = new Map(quizzes.map((quiz) => [quiz.id, quiz]));
			const items = shown.map(({ quiz, at }) => ({ id: quiz, at, quiz: byId.get(quiz) ?? null }));
			const next = rows.length > limit ? (shown.at(-1)?.seq ?? null) : null;
			return c.json(page(c, items, next), 200);
		},
	);
}
