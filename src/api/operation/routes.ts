import { z } from "@hono/zod-openapi";
import { acknowledge, readDeadLetters, readDeadMessages, redriveDeadLetters } from "../../ops/dead.ts";
import { readDigest } from "../../ops/read-digest.ts";
import { readReplication } from "../../ops/read-replication.ts";
import { requestRebuild } from "../../ops/request-rebuild.ts";
import { requestSweep } from "../../ops/request-sweep.ts";
import { rotateMasterKey } from "../../ops/rotate-master-key.ts";
import { rotateSigningKey } from "../../ops/rotate-signing-key.ts";
import { scopeRefusal } from "../../service/principal.ts";
import { recordOperation } from "../../service/tenants/record-operation.ts";
import { valueIn } from "../http/answer.ts";
import { ctxOf } from "../http/context.ts";
import { cursorIn, page, pageQuery, pageSchema } from "../http/paging.ts";
import { refusalProblem } from "../http/problem.ts";
import { needs, newApp, requestBody, route, shows } from "../http/route.ts";
import * as schemas from "./schemas.ts";

const tag = "administration";
const place = z.tuple([z.string(), z.int()]);
const instant = z.tuple([z.int(), z.string()]);

/** For the operator of the installation: it sees all tenants. */
export const adminRoutes = newApp();

// The verbs ask too. Here it comes before a request is validated: what is wrong with it is told to operators only. What changes
// something is written into the installation's log before it is done.
adminRoutes.use("/v1/admin/*", async function operatorsOnly(c, next) {
	const forbidden = scopeRefusal(c.get("principal"), "admin");
	if (forbidden) throw refusalProblem(forbidden, c.get("now"));
	if (c.req.method !== "GET" && c.req.method !== "HEAD") {
		const body = await c.req.text();
		const operation = `${c.req.method} ${c.req.path}`;
		await recordOperation(ctxOf(c), { operation, input: body === "" ? null : JSON.parse(body) });
	}
	await next();
});

adminRoutes.openapi(
	route({
		method: "get",
		path: "/v1/admin/replication",
		tag,
		operationId: "getReplication",
		summary: "How the catalog's replication stands",
		...needs(
			"admin",
			"What is behind, what was given up, the sweep, the last rebuild, and what the consumers did of late.",
		),
		responses: shows(schemas.replication, "How it stands"),
	}),
	async (c) => c.json(valueIn(c, await readReplication(ctxOf(c), {})), 200),
);

adminRoutes.openapi(
	route({
		method: "post",
		path: "/v1/admin/replication/sweep",
		tag,
		operationId: "sweepShards",
		summary: "Look for shards that are behind",
		...needs(
			"admin",
			"Goes on for a few seconds, as the schedule does every minute. Call it until `finished_at` is set.",
		),
		responses: shows(schemas.sweep, "How far the pass is"),
	}),
	async (c) => c.json(valueIn(c, await requestSweep(ctxOf(c), {})), 200),
);

adminRoutes.openapi(
	route(
		{
			method: "post",
			path: "/v1/admin/replication/rebuild",
			tag,
			operationId: "rebuildCatalog",
			summary: "Rebuild the catalog from the logs",
			...needs(
				"admin",
				"Begins a rebuild of one user's part or, without `user`, of everything, or goes on with the one that is under way; for a " +
					"few seconds. Call it with the `number` of the answer until `finished_at` is set; the schedule goes on with it too.",
			),
			request: { body: requestBody(schemas.rebuildBody) },
			responses: shows(schemas.rebuild, "How far it is"),
		},
		"conflict",
	),
	async (c) => {
		return c.json(valueIn(c, await requestRebuild(ctxOf(c), c.req.valid("json"))), 200);
	},
);

adminRoutes.openapi(
	route({
		method: "get",
		path: "/v1/admin/replication/digest",
		tag,
		operationId: "getTableDigest",
		summary: "A digest of one of the catalog's tables",
		...needs(
			"admin",
			"Page by page; the digests of the pages, added modulo 2^256, are the table's. Equal logs give equal digests.",
		),
		request: { query: z.object({ table: schemas.tableName, cursor: pageQuery.shape.cursor }) },
		responses: shows(schemas.digest, "Digest of one page"),
	}),
	async (c) => {
		const { table, cursor } = c.req.valid("query");
		const key = (length: number) => z.array(z.union([z.string(), z.number()])).length(length);
		const positionIn = (length: number) => cursorIn(c, key(length), cursor);
		const { next, ...digest } = valueIn(c, await readDigest(ctxOf(c), { table, positionIn }));
		const { next_cursor } = page(c, [], next);
		return c.json({ ...digest, next_cursor }, 200);
	},
);

adminRoutes.openapi(
	route({
		method: "get",
		path: "/v1/admin/dead-letters",
		tag,
		operationId: "listDeadLetters",
		summary: "Log rows that the catalog could not take",
		...needs("admin"),
		request: {
			query: pageQuery.extend({ user: schemas.userId.optional().openapi({ description: "Of this user alone" }) }),
		},
		responses: shows(pageSchema(schemas.deadLetter, "DeadLetterPage"), "By user and row"),
	}),
	async (c) => {
		const { user, cursor, limit } = c.req.valid("query");
		const input = { user, after: cursorIn(c, place, cursor), limit };
		const { items, next } = valueIn(c, await readDeadLetters(ctxOf(c), input));
		return c.json(page(c, items, next), 200);
	},
);

adminRoutes.openapi(
	route({
		method: "post",
		path: "/v1/admin/dead-letters/redrive",
		tag,
		operationId: "redriveDeadLetters",
		summary: "Apply dead letters again",
		...needs(
			"admin",
			"From their shards' logs: one event with `user` and `seq`, those of one shard with `user`, or all; up to 100 in one call. " +
				"Send `next_cursor` as `cursor` to go on.",
		),
		request: { body: requestBody(schemas.redriveBody) },
		responses: shows(pageSchema(schemas.redriven, "RedrivenPage"), "What became of them"),
	}),
	async (c) => {
		const { cursor, ...which } = c.req.valid("json");
		const input = { which, after: cursorIn(c, place, cursor, which) };
		const { items, next } = valueIn(c, await redriveDeadLetters(ctxOf(c), input));
		return c.json(page(c, items, next, which), 200);
	},
);

adminRoutes.openapi(
	route({
		method: "post",
		path: "/v1/admin/dead-letters/acknowledgement",
		tag,
		operationId: "acknowledgeDeadLetters",
		summary: "Acknowledge dead letters and dead messages",
		...needs(
			"admin",
			"They stay listed and raise no alarm any more. Up to 1,000 of each in one call: call it until both counts are 0.",
		),
		request: { body: requestBody(schemas.acknowledgementBody) },
		responses: shows(schemas.acknowledged, "How many of each are acknowledged now"),
	}),
	async (c) => {
		return c.json(valueIn(c, await acknowledge(ctxOf(c), c.req.valid("json"))), 200);
	},
);

adminRoutes.openapi(
	route({
		method: "get",
		path: "/v1/admin/dead-messages",
		tag,
		operationId: "listDeadMessages",
		summary: "Messages that were given up",
		...needs("admin", "Nothing is lost with them: their shards send the rows again. They are kept for 30 days."),
		request: { query: pageQuery },
		responses: shows(pageSchema(schemas.deadMessage, "DeadMessagePage"), "Newest first"),
	}),
	async (c) => {
		const { cursor, limit } = c.req.valid("query");
		const { items, next } = valueIn(
			c,
			await readDeadMessages(ctxOf(c), { after: cursorIn(c, instant, cursor), limit }),
		);
		return c.json(page(c, items, next), 200);
	},
);

adminRoutes.openapi(
	route({
		method: "post",
		path: "/v1/admin/keys/rotation",
		tag,
		operationId: "rotateMasterKey",
		summary: "Wrap keys of users with the newest master key",
		...needs(
			"admin",
			"Some in one call: send `next_cursor` as `cursor` until it is null. Then the older master keys open nothing any more, and can go.",
		),
		request: { query: z.object({ cursor: pageQuery.shape.cursor }) },
		responses: shows(schemas.rotation, "What this call has done"),
	}),
	async (c) => {
		const after = cursorIn(c, z.string(), c.req.valid("query").cursor);
		const { next, ...done } = valueIn(c, await rotateMasterKey(ctxOf(c), { after }));
		const { next_cursor } = page(c, [], next);
		return c.json({ ...done, next_cursor }, 200);
	},
);

adminRoutes.openapi(
	route(
		{
			method: "post",
			path: "/v1/admin/signing-keys/rotation",
			tag,
			operationId: "rotateSigningKey",
			summary: "Sign tokens with a new key",
			...needs(
				"admin",
				"It signs in ten minutes, when everybody has it; tokens of the key of before are good until they expire.",
			),
			responses: shows(schemas.rotatedKey, "The new key"),
		},
		"conflict",
	),
	async (c) => c.json(valueIn(c, await rotateSigningKey(ctxOf(c), {})), 200),
);
