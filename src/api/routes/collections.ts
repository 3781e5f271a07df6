import { z } from "@hono/zod-openapi";
import type { Context } from "hono";
import { listCollections } from "../../catalog/collections.ts";
import { readListedQuizzes } from "../../catalog/quizzes.ts";
import { collectionSchema } from "../../domain/collections.ts";
import { answer, found } from "../answer.ts";
import { bookmarkHeaders, reading } from "../catalog-session.ts";
import { cursorIn, page, pageOf, pageQuery } from "../paging.ts";
import { audiences } from "../playable.ts";
import { ProblemError } from "../problem.ts";
import { bodyOf, changed, changeHeaders, keyedHeaders, needs, newApp, route, shows } from "../route.ts";
import * as schemas from "../schemas.ts";
import { visibleCollection } from "../shared-access.ts";
import { COLLECTION_EXAMPLE, catalogCollection, collection, openCollection } from "../sharing-schemas.ts";
import { userCall } from "../user-call.ts";

const path = "/v1/users/{user}/collections";
const tag = "collections";
const userParams = z.object({ user: schemas.userParam });
const params = userParams.extend({ collection: schemas.collectionId });
const seqCursor = z.int().min(0);
const newestCursor = z.tuple([z.int(), schemas.collectionId]);
const conditional = changeHeaders.extend({
	"If-Match": z
		.string()
		.optional()
		.openapi({ description: "ETag of the collection that you read; required to replace it" }),
});
export const collections = newApp();

collections.openapi(
	route(
		{
			method: "post",
			path,
			tag,
			operationId: "createCollection",
			summary: "Create a collection",
			...needs("quizzes:write", "An ordered list of quizzes, anybody's. A reader sees those that the reader may see."),
			request: { params: userParams, headers: keyedHeaders, body: bodyOf(collectionSchema, COLLECTION_EXAMPLE) },
			responses: changed(201, collection, "The collection"),
		},
		...(["conflict", "idempotency-key-reused"] as const),
	),
	async (c) => {
		const { call, shard } = await userCall(c, c.req.valid("param").user, "quizzes:write");
		const reply = await shard.collections.create(call, c.req.valid("json"));
		const { value, status } = await answer(c, call, reply, 201);
		c.header("ETag", value.etag);
		return c.json(value, status);
	},
);

collections.openapi(
	route({
		method: "get",
		path,
		tag,
		operationId: "listOwnCollections",
		summary: "Own collections, newest first",
		...needs("quizzes:write"),
		request: { params: userParams, query: pageQuery },
		responses: shows(pageOf(collection), "A page of collections"),
	}),
	async (c) => {
		const { limit, cursor } = c.req.valid("query");
		const before = cursorIn(c, seqCursor, cursor) ?? Number.MAX_SAFE_INTEGER;
		const { call, shard } = await userCall(c, c.req.valid("param").user, "quizzes:write");
		const rows = found(await shard.collections.list(call, before, limit + 1), "user");
		const shown = rows.slice(0, limit);
		const next = rows.length > limit ? (shown.at(-1)?.seq ?? null) : null;
		const items = shown.map((row) => row.collection);
		return c.json(page(c, items, next), 200);
	},
);

collections.openapi(
	route({
		method: "get",
		path: `${path}/{collection}`,
		tag,
		operationId: "getOwnCollection",
		summary: "An own collection",
		...needs("quizzes:write"),
		request: { params },
		responses: shows(collection, "The collection; its ETag is for If-Match"),
	}),
	async (c) => {
		const { user, collection: id } = c.req.valid("param");
		const { call, shard } = await userCall(c, user, "quizzes:write");
		const value = found(await shard.collections.get(call, id), "collection");
		c.header("ETag", value.etag);
		return c.json(value, 200);
	},
);

collections.openapi(
	route(
		{
			method: "put",
			path: `${path}/{collection}`,
			tag,
			operationId: "replaceCollection",
			summary: "Replace the collection",
			...needs("quizzes:write", "All of it, with the order of its quizzes."),
			request: { params, headers: conditional, body: bodyOf(collectionSchema, COLLECTION_EXAMPLE) },
			responses: changed(200, collection, "The collection"),
		},
		...(["precondition-failed", "precondition-required"] as const),
	),
	async (c) => {
		const { user, collection: id } = c.req.valid("param");
		const etag = ifMatch(c);
		if (etag === null) throw new ProblemError("precondition-required", "Replacing it needs an If-Match header.");
		const { call, shard } = await userCall(c, user, "quizzes:write");
		const reply = await shard.collections.replace(call, id, etag, c.req.valid("json"));
		const { value, status } = await answer(c, call, reply, 200);
		c.header("ETag", value.etag);
		return c.json(value, status);
	},
);

collections.openapi(
	route(
		{
			method: "delete",
			path: `${path}/{collection}`,
			tag,
			operationId: "deleteCollection",
			summary: "Delete the collection",
			...needs("quizzes:write", "Its quizzes stay."),
			request: { params, headers: conditional },
			responses: changed(200, collection, "The collection, as it was"),
		},
		"precondition-failed",
	),
	async (c) => {
		const { user, collection: id } = c.req.valid("param");
		const { call, shard } = await userCall(c, user, "quizzes:write");
		const { value, status } = await answer(c, call, await shard.collections.delete(call, id, ifMatch(c)), 200);
		return c.json(value, status);
	},
);

collections.openapi(
	route({
		method: "get",
		path: "/v1/collections",
		tag,
		operationId: "listCollections",
		summary: "Collections that you may see, newest first",
		description: "Without their quizzes.",
		request: { query: pageQuery, headers: bookmarkHeaders },
		responses: shows(pageOf(catalogCollection), "A page of collections"),
	}),
	async (c) => {
		const { limit, cursor } = c.req.valid("query");
		const after = cursorIn(c, newestCursor, cursor);
		const rows = await reading(c, (db) => listCollections(db, audiences(c), after, limit + 1));
		const items = rows.slice(0, limit);
		const last = items.at(-1);
		const next = rows.length > limit && last ? [last.created_at, last.id] : null;
		return c.json(page(c, items, next), 200);
	},
);

collections.openapi(
	route({
		method: "get",
		path: "/v1/collections/{collection}",
		tag,
		operationId: "getCollection",
		summary: "A collection, with its quizzes in order",
		description: "Those of its quizzes that are published and that you may see.",
		request: { params: z.object({ collection: schemas.collectionId }), headers: bookmarkHeaders },
		responses: shows(openCollection, "The collection"),
	}),
	async (c) => {
		const id = c.req.valid("param").collection;
		const value = await reading(c, async (db) => {
			const { quizzes, ...head } = found(await visibleCollection(c, db, id), "collection");
			return { ...head, quizzes: await readListedQuizzes(db, quizzes, audiences(c)) };
		});
		return c.json(value, 200);
	},
);

/** The condition of a change, null for none. */
const ifMatch = (c: Context) => c.req.header("If-Match") ?? null;
