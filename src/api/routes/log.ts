import { z } from "@hono/zod-openapi";
import { readCursor } from "../../catalog/shards.ts";
import { withoutHiddenMarks } from "../../domain/attempts.ts";
import { digestKeyOf } from "../../env.ts";
import { found } from "../answer.ts";
import { shownRow } from "../log-rows.ts";
import { page, pageOf, pageQuery } from "../paging.ts";
import { requireScope } from "../principal.ts";
import { needs, newApp, route, shows } from "../route.ts";
import * as schemas from "../schemas.ts";
import { userCall } from "../user-call.ts";

const tag = "log";
const userParams = z.object({ user: schemas.userParam });
const after = z
	.string()
	.regex(/^\d{1,15}$/, "must be a whole number")
	.transform(Number)
	.default(0)
	.openapi({ param: { in: "query" }, type: "integer", minimum: 0, default: 0 });

export const log = newApp();

log.openapi(
	route({
		method: "get",
		path: "/v1/users/{user}/log",
		tag,
		operationId: "getLog",
		summary: "The change feed",
		description:
			"Rows of the user's log after row `after`, in order. Go on with `after=next_after` until it is `head_seq`; there is no " +
			"cursor. `hash` stands for the row and all rows before it: it stays the same as long as these do, and the " +
			"deployment's secret. Hashes within bodies are keyed in the same way. The scores in `items` of an attempt are null where the " +
			"quiz hides the marks of questions. Needs `attempts:read` and `credits:read`.",
		request: { params: userParams, query: z.object({ after, limit: pageQuery.shape.limit }) },
		responses: shows(
			pageOf(schemas.logRow).extend({ head_seq: z.int(), next_after: z.int() }),
			"Rows, and after which to go on",
		),
	}),
	async (c) => {
		const query = c.req.valid("query");
		// The log says everything, of credits too.
		requireScope(c.get("principal"), "attempts:read");
		const { call, shard } = await userCall(c, c.req.valid("param").user, "credits:read");
		const { head_seq, rows } = found(await shard.log.feed(call, query.after, query.limit), "user");
		const digestKey = digestKeyOf(c.env);
		const shown = rows.map((row) => shownRow(digestKey, call.user, row));
		const items = shown.map((row) => ({ ...row, body: withoutHiddenMarks(row.kind, row.body) }));
		const next_after = rows.at(-1)?.seq ?? query.after;
		return c.json({ ...page(c, items, null), head_seq, next_after }, 200);
	},
);

log.openapi(
	route({
		method: "get",
		path: "/v1/users/{user}/sync",
		tag,
		operationId: "getSyncState",
		summary: "How far the catalog is behind this user's log",
		...needs("attempts:read"),
		request: { params: userParams },
		responses: shows(schemas.syncState, "Where the log ends and where the catalog's cursor stands"),
	}),
	async (c) => {
		const { call, shard } = await userCall(c, c.req.valid("param").user, "attempts:read");
		// The cursor is read first, so what is applied in between counts as lag and never the other way round.
		const applied_seq = await readCursor(c.env.CATALOG, call.user);
		const { head_seq, waiting_since } = found(await shard.log.position(call, applied_seq), "user");
		const lag_ms = waiting_since === null ? 0 : Math.max(0, call.now - waiting_since);
		return c.json({ head_seq, applied_seq, lag: head_seq - applied_seq, lag_ms }, 200);
	},
);
