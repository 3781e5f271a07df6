import { z } from "@hono/zod-openapi";
import { USAGE_DAYS_MAX } from "../../domain/credits/limits.ts";
import { ID_PATTERNS } from "../../domain/ids.ts";
import { readUsage, USAGE_BY, USAGE_DAYS_DEFAULT } from "../../service/credits/read-usage.ts";
import { valueIn } from "../http/answer.ts";
import { bookmarkHeaders } from "../http/bookmarks.ts";
import { ctxOf } from "../http/context.ts";
import { needs, newApp, route, shows } from "../http/route.ts";
import { usage } from "./schemas.ts";

const tag = "analytics";
const date = z.iso.date();

export const usageRoutes = newApp();

usageRoutes.openapi(
	route({
		method: "get",
		path: "/v1/analytics/ai-usage",
		tag,
		operationId: "getAiUsage",
		summary: "AI usage and cost of the tenant",
		...needs(
			"analytics:read",
			`By day or by model, of all users or one; by default the last ${USAGE_DAYS_DEFAULT} days, at most ${USAGE_DAYS_MAX}. A refund is taken ` +
				"off the day and the model of its generation, on whichever day it is made: so the sums of a past day can still fall.",
		),
		request: {
			query: z.object({
				by: z.enum(USAGE_BY).default("model").describe("What the sums are by"),
				from: date.optional().describe("First day, UTC, as in `2026-11-01`"),
				to: date.optional().describe("Last day, UTC; absent: today"),
				user: z.string().regex(ID_PATTERNS.user).optional().describe("Of this user alone"),
			}),
			headers: bookmarkHeaders,
		},
		responses: shows(usage, "Sums over the generations that ended in that time"),
	}),
	async (c) => {
		const { from, to, ...query } = c.req.valid("query");
		const report = await readUsage(ctxOf(c), { ...query, from: instantOf(from), to: instantOf(to) });
		return c.json(valueIn(c, report), 200);
	},
);

const instantOf = (date: string | undefined) => (date === undefined ? undefined : Date.parse(date));
