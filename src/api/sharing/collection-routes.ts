import { z } from "@hono/zod-openapi";
import { createCollection } from "../../service/sharing/create-collection.ts";
import { deleteCollection } from "../../service/sharing/delete-collection.ts";
import { listCollections } from "../../service/sharing/list-collections.ts";
import { listOwnCollections } from "../../service/sharing/list-own-collections.ts";
import { readCollection } from "../../service/sharing/read-collection.ts";
import { readOwnCollection } from "../../service/sharing/read-own-collection.ts";
import { replaceCollection } from "../../service/sharing/replace-collection.ts";
import { answer, valueIn } from "../http/answer.ts";
import { bookmarkHeaders } from "../http/bookmarks.ts";
import { ctxOf } from "../http/context.ts";
import { cursorIn, page, pageQuery, pageSchema } from "../http/paging.ts";
import { ifMatch, requiredIfMatch } from "../http/preconditions.ts";
import {
	changed,
	changeHeaders,
	keyedHeaders,
	needs,
	newApp,
	openRead,
	requestBody,
	route,
	shows,
} from "../http/route.ts";
import * as schemas from "../schemas.ts";
import { catalogCollection, collection, collectionBody, openCollection } from "./schemas.ts";

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
export const collectionRoutes = newApp();

collectionRoutes.openapi(
	route(
		{
			method: "post",
			path,
			tag,
			operationId: "createCollection",
			summary: "Create a collection",
			...needs("quizzes:write", "An ordered list of quizzes, anybody's. A reader sees those that the reader may see."),
			request: { params: userParams, headers: keyedHeaders, body: requestBody(collectionBody) },
			responses: changed(201, collection, "The collection", "ETag"),
		},
		...(["conflict", "idempotency-key-reused"] as const),
	),
	async (c) => {
		const input = { user: c.req.valid("param").user, content: c.req.valid("json") };
		const { value, status } = await answer(c, await createCollection(ctxOf(c), input), 201);
		c.header("ETag", value.etag);
		return c.json(value, status);
	},
);

collectionRoutes.openapi(
	route({
		method: "get",
		path,
		tag,
		operationId: "listOwnCollections",
		summary: "Own collections, newest first",
		...needs("quizzes:write"),
		request: { params: userParams, query: pageQuery },
		responses: shows(pageSchema(collection, "CollectionPage"), "A page of collections"),
	}),
	async (c) => {
		const { limit, cursor } = c.req.valid("query");
		const input = { user: c.req.valid("param").user, before: cursorIn(c, seqCursor, cursor), limit };
		const { items, next } = valueIn(c, await listOwnCollections(ctxOf(c), input));
		return c.json(page(c, items, next), 200);
	},
);

collectionRoutes.openapi(
	route({
		method: "get",
		path: `${path}/{collection}`,
		tag,
		operationId: "getOwnCollection",
		summary: "An own collection",
		...needs("quizzes:write"),
		request: { params },
		responses: shows(collection, "The collection; its ETag is for If-Match", "ETag"),
	}),
	async (c) => {
		const value = valueIn(c, await readOwnCollection(ctxOf(c), c.req.valid("param")));
		c.header("ETag", value.etag);
		return c.json(value, 200);
	},
);

collectionRoutes.openapi(
	route(
		{
			method: "put",
			path: `${path}/{collection}`,
			tag,
			operationId: "replaceCollection",
			summary: "Replace the collection",
			...needs("quizzes:write", "All of it, with the order of its quizzes."),
			request: { params, headers: conditional, body: requestBody(collectionBody) },
			responses: changed(200, collection, "The collection", "ETag"),
		},
		...(["precondition-failed", "precondition-required"] as const),
	),
	async (c) => {
		const etag = requiredIfMatch(c, "Replacing it needs");
		const input = { ...c.req.valid("param"), etag, content: c.req.valid("json") };
		const { value, status } = await answer(c, await replaceCollection(ctxOf(c), input), 200);
		c.header("ETag", value.etag);
		return c.json(value, status);
	},
);

collectionRoutes.openapi(
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
		const input = { ...c.req.valid("param"), etag: ifMatch(c) };
		const { value, status } = await answer(c, await deleteCollection(ctxOf(c), input), 200);
		return c.json(value, status);
	},
);

collectionRoutes.openapi(
	route({
		method: "get",
		path: "/v1/collections",
		...openRead,
		tag,
		operationId: "listCollections",
		summary: "Collections that you may see, newest first",
		description: "Without their quizzes.",
		request: { query: pageQuery, headers: bookmarkHeaders },
		responses: shows(pageSchema(catalogCollection, "CatalogCollectionPage"), "A page of collections"),
	}),
	async (c) => {
		const { limit, cursor } = c.req.valid("query");
		const { items, next } = await listCollections(ctxOf(c), { after: cursorIn(c, newestCursor, cursor), limit });
		return c.json(page(c, items, next), 200);
	},
);

collectionRoutes.openapi(
	route({
		method: "get",
		path: "/v1/collections/{collection}",
		...openRead,
		tag,
		operationId: "getCollection",
		summary: "A collection, with its quizzes in order",
		description: "Those of its quizzes that are published and that you may see.",
		request: { params: z.object({ collection: schemas.collectionId }), headers: bookmarkHeaders },
		responses: shows(openCollection, "The collection"),
	}),
	async (c) => {
		return c.json(valueIn(c, await readCollection(ctxOf(c), c.req.valid("param"))), 200);
	},
);
