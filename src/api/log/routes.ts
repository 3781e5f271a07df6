import { z } from "@hono/zod-openapi";
import { readFeed } from "../../service/log/read-feed.ts";
import { readSync } from "../../service/log/read-sync.ts";
import { valueIn } from "../http/answer.ts";
import { ctxOf } from "../http/context.ts";
import { page, pageQuery, pageSchema } from "../http/paging.ts";
import { needs, newApp, route, shows } from "../http/route.ts";
import * as schemas from "../schemas.ts";
import { logRow, syncState } from "./schemas.ts";

const tag = "log";
const userParams = z.object({ user: schemas.userParam });
const after = z
	.string()
	.regex(/^\d{1,15}$/, "must be a whole number")
	.transform(Number)
	.default(0)
	.openapi({ param: { in: "query" }, type: "integer", minimum: 0, default: 0, description: "Rows after this one" });

const logPage = pageSchema(logRow, "LogRowPage")
	.extend({
		head_seq: z.int().min(0).describe("The last row of the log; 0 where there is none"),
		next_after: z.int().min(0).describe("Send it as `after` to go on"),
	})
	.openapi("LogPage", { description: "Rows of the log, in order" });

export const logRoutes = newApp();

logRoutes.openapi(
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
		responses: shows(logPage, "Rows, and after which to go on"),
	}),
	async (c) => {
		const input = { ...c.req.valid("param"), ...c.req.valid("query") };
		const { items, ...rest } = valueIn(c, await readFeed(ctxOf(c), input));
		return c.json({ ...page(c, items, null), ...rest }, 200);
	},
);

logRoutes.openapi(
	route({
		method: "get",
		path: "/v1/users/{user}/sync",
		tag,
		operationId: "getSyncState",
		summary: "How far the catalog is behind this user's log",
		...needs("attempts:read"),
		request: { params: userParams },
		responses: shows(syncState, "Where the log ends and where the catalog's cursor stands"),
	}),
	async (c) => {
		return c.json(valueIn(c, await readSync(ctxOf(c), c.req.valid("param"))), 200);
	},
);
