import { z } from "@hono/zod-openapi";
import { acknowledgeDead, listDeadLetters } from "../../catalog/dead-letters.ts";
import { listDeadMessages } from "../../catalog/dead-messages.ts";
import { digestPage, foldedTable } from "../../catalog/digest.ts";
import { beginRebuild, readRebuild } from "../../catalog/rebuilds.ts";
import { tenantOf } from "../../catalog/shards.ts";
import { withoutDigestsInText } from "../../domain/concealment.ts";
import { digestKeyOf, settingsOf } from "../../env.ts";
import { replicationHealth } from "../../ops/health.ts";
import { continueRebuild, refusalOf } from "../../ops/rebuild.ts";
import { redrive } from "../../ops/redrive.ts";
import { sweep } from "../../ops/sweep.ts";
import * as schemas from "../admin-schemas.ts";
import { found } from "../answer.ts";
import { cursorIn, page, pageOf, pageQuery } from "../paging.ts";
import { requireScope } from "../principal.ts";
import { ProblemError } from "../problem.ts";
import { bodyOf, needs, newApp, route, shows } from "../route.ts";

const tag = "administration";
const place = z.tuple([z.string(), z.int()]);
const instant = z.tuple([z.int(), z.string()]);

/** For the operator of the installation: it sees all tenants. */
export const admin = newApp();

admin.use("/v1/admin/*", async function operatorsOnly(c, next) {
	requireScope(c.get("principal"), "admin");
	await next();
});

admin.openapi(
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
	async (c) => c.json(await replicationHealth(c.env, settingsOf(c.env), c.get("now")), 200),
);

admin.openapi(
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
	async (c) => c.json(await sweep(c.env, settingsOf(c.env).replicationLagMs, Date.now), 200),
);

admin.openapi(
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
			request: { body: bodyOf(schemas.rebuildBody) },
			responses: shows(schemas.rebuild, "How far it is"),
		},
		"conflict",
	),
	async (c) => {
		const { user = null, number } = c.req.valid("json");
		const known = number === undefined ? null : found(await readRebuild(c.env.CATALOG, number), "rebuild");
		if (known?.finished_at != null) return c.json(known, 200);
		if (user !== null) {
			found(await tenantOf(c.env.CATALOG, user), "user");
			const refusal = await refusalOf(c.env, user, c.get("now"));
			if (refusal !== null) throw new ProblemError("conflict", refusal);
		}
		const begun = await beginRebuild(c.env.CATALOG, user, c.get("now"));
		if (begun.user_id !== user) {
			const what = begun.user_id ?? "everything";
			throw new ProblemError("conflict", `A rebuild of ${what} is under way; it must come to its end first.`);
		}
		await continueRebuild(c.env, Date.now);
		return c.json(found(await readRebuild(c.env.CATALOG, begun.number), "rebuild"), 200);
	},
);

admin.openapi(
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
		const { table: name, cursor } = c.req.valid("query");
		const table = found(foldedTable(name) ?? null, "table");
		const key = z.array(z.union([z.string(), z.number()])).length(table.key.length);
		const { next, ...digest } = await digestPage(c.env.CATALOG, table, cursorIn(c, key, cursor), digestKeyOf(c.env));
		const { next_cursor } = page(c, [], next);
		return c.json({ ...digest, next_cursor }, 200);
	},
);

admin.openapi(
	route({
		method: "get",
		path: "/v1/admin/dead-letters",
		tag,
		operationId: "listDeadLetters",
		summary: "Log rows that the catalog could not take",
		...needs("admin"),
		request: { query: pageQuery.extend({ user: schemas.userId.optional() }) },
		responses: shows(pageOf(schemas.deadLetter), "By user and row"),
	}),
	async (c) => {
		const { user, cursor, limit } = c.req.valid("query");
		const letters = await listDeadLetters(c.env.CATALOG, { user, after: cursorIn(c, place, cursor) }, limit);
		const last = letters.length === limit ? letters.at(-1) : undefined;
		const digestKey = digestKeyOf(c.env);
		const items = letters.map(({ row, error, ...letter }) => ({
			...letter,
			error: withoutDigestsInText(digestKey, letter.user, error),
			row: withoutDigestsInText(digestKey, letter.user, row),
		}));
		return c.json(page(c, items, last ? [last.user, last.seq] : null), 200);
	},
);

admin.openapi(
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
		request: { body: bodyOf(schemas.redriveBody) },
		responses: shows(pageOf(schemas.redriven), "What became of them"),
	}),
	async (c) => {
		const { cursor, ...which } = c.req.valid("json");
		const { items, next } = await redrive(c.env, which, cursorIn(c, place, cursor, which));
		return c.json(page(c, items, next, which), 200);
	},
);

admin.openapi(
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
		request: { body: bodyOf(schemas.acknowledgementBody) },
		responses: shows(schemas.acknowledged, "How many of each are acknowledged now"),
	}),
	async (c) => {
		const now = c.get("now");
		const { until = now } = c.req.valid("json");
		return c.json(await acknowledgeDead(c.env.CATALOG, until, now), 200);
	},
);

admin.openapi(
	route({
		method: "get",
		path: "/v1/admin/dead-messages",
		tag,
		operationId: "listDeadMessages",
		summary: "Messages that were given up",
		...needs("admin", "Nothing is lost with them: their shards send the rows again. They are kept for 30 days."),
		request: { query: pageQuery },
		responses: shows(pageOf(schemas.deadMessage), "Newest first"),
	}),
	async (c) => {
		const { cursor, limit } = c.req.valid("query");
		const messages = await listDeadMessages(c.env.CATALOG, cursorIn(c, instant, cursor), limit);
		const last = messages.length === limit ? messages.at(-1) : undefined;
		const digestKey = digestKeyOf(c.env);
		const items = messages.map(({ body, reason, ...message }) => ({
			...message,
			reason: withoutDigestsInText(digestKey, message.id, reason),
			body: withoutDigestsInText(digestKey, message.id, body),
		}));
		return c.json(page(c, items, last ? [last.at, last.id] : null), 200);
	},
);
