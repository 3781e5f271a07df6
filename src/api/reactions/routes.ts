import { z } from "@hono/zod-openapi";
import type { Reaction } from "../../domain/reactions/reactions.ts";
import { listReactions } from "../../service/reactions/list-reactions.ts";
import { react } from "../../service/reactions/react.ts";
import { takeBack } from "../../service/reactions/take-back.ts";
import { answer, valueIn } from "../http/answer.ts";
import { bookmarkHeaders } from "../http/bookmarks.ts";
import { ctxOf } from "../http/context.ts";
import { cursorIn, page, pageQuery, pageSchema } from "../http/paging.ts";
import { changed, changeHeaders, needs, newApp, route, shows } from "../http/route.ts";
import * as schemas from "../schemas.ts";
import * as reactions from "./schemas.ts";

const userParams = z.object({ user: schemas.userParam });
const quizParams = userParams.extend({ quiz: schemas.quizId });
const seqCursor = z.int().min(0);

/** Favourites and likes: the same, but for their names. */
export const reactionRoutes = newApp();
addRoutes("favorite", "favorites", "favourites", ["addFavorite", "removeFavorite", "listFavorites"]);
addRoutes("like", "likes", "likes", ["addLike", "removeLike", "listLikes"]);

/** @param operations the ids of those that put, take back and list */
function addRoutes(kind: Reaction, segment: string, name: string, operations: [string, string, string]): void {
	const [put, remove, list] = operations;
	const path = `/v1/users/{user}/${segment}`;
	const tag = "reactions";

	reactionRoutes.openapi(
		route(
			{
				method: "put",
				path: `${path}/{quiz}`,
				tag,
				operationId: put,
				summary: `Put a quiz among the ${name}`,
				...needs("attempts:write", "It must be one that you may see. Again, it changes nothing."),
				request: { params: quizParams, headers: changeHeaders },
				responses: changed(200, reactions.reacted, "Since when it is there"),
			},
			"conflict",
		),
		async (c) => {
			const { value, status } = await answer(c, await react(ctxOf(c), { kind, ...c.req.valid("param") }), 200);
			return c.json(value, status);
		},
	);

	reactionRoutes.openapi(
		route({
			method: "delete",
			path: `${path}/{quiz}`,
			tag,
			operationId: remove,
			summary: `Take a quiz out of the ${name}`,
			...needs(
				"attempts:write",
				"Also one that is there and that you may not see any more. Again, it changes nothing.",
			),
			request: { params: quizParams, headers: changeHeaders },
			responses: changed(200, reactions.takenBack, "It is not there"),
		}),
		async (c) => {
			const { value, status } = await answer(c, await takeBack(ctxOf(c), { kind, ...c.req.valid("param") }), 200);
			return c.json(value, status);
		},
	);

	reactionRoutes.openapi(
		route({
			method: "get",
			path,
			tag,
			operationId: list,
			summary: `The ${name}, newest first`,
			...needs("attempts:read"),
			request: { params: userParams, query: pageQuery, headers: bookmarkHeaders },
			responses: shows(pageSchema(reactions.reactedQuiz, "ReactedQuizPage"), "A page of them"),
		}),
		async (c) => {
			const { limit, cursor } = c.req.valid("query");
			const input = { user: c.req.valid("param").user, kind, before: cursorIn(c, seqCursor, cursor), limit };
			const { items, next } = valueIn(c, await listReactions(ctxOf(c), input));
			return c.json(page(c, items, next), 200);
		},
	);
}
