import { z } from "@hono/zod-openapi";
import { tenantUsage, userUsage } from "../../catalog/usage.ts";
import { ID_PATTERNS } from "../../domain/ids.ts";
import { DAY_MS, USAGE_DAYS_MAX } from "../../domain/limits.ts";
import { reading } from "../catalog-session.ts";
import { usage } from "../credit-schemas.ts";
import { requireScope } from "../principal.ts";
import { invalid } from "../problem.ts";
import { needs, newApp, route, shows } from "../route.ts";

const tag = "analytics";
const date = z.iso.date();
const DAYS_DEFAULT = 30;

export const analytics = newApp();

analytics.openapi(
	route({
		method: "get",
		path: "/v1/analytics/ai-usage",
		tag,
		operationId: "getAiUsage",
		summary: "AI usage and cost of the tenant",
		...needs(
			"analytics:read",
			`By day or by model, of all users or one; by default the last ${DAYS_DEFAULT} days, at most ${USAGE_DAYS_MAX}. A refund is taken ` +
				"off the day and the model of its generation, on whichever day it is made: so the sums of a past day can still fall.",
		),
		request: {
			query: z.object({
				by: z.enum(["day", "model"]).default("model"),
				from: date.optional(),
				to: date.optional(),
				user: z.string().regex(ID_PATTERNS.user).optional(),
			}),
		},
		responses: shows(usage, "Sums over the generations that ended in that time"),
	}),
	async (c) => {
		const principal = c.get("principal");
		requireScope(principal, "analytics:read");
		const { by, user, ...range } = c.req.valid("query");
		const to = range.to === undefined ? dayOf(c.get("now")) : dayOf(Date.parse(range.to));
		const from = range.from === undefined ? to - DAYS_DEFAULT + 1 : dayOf(Date.parse(range.from));
		if (from > to || to - from >= USAGE_DAYS_MAX) {
			const detail = `Must lie 0 to ${USAGE_DAYS_MAX - 1} days before \`to\`.`;
			throw invalid("The range of days is not valid.", [{ in: "query", pointer: "/from", detail }]);
		}
		const { tenant } = principal;
		const report = await reading(c, (db) =>
			user === undefined ? tenantUsage(db, tenant, from, to, by) : userUsage(db, tenant, user, [from, to], by),
		);
		return c.json(report, 200);
	},
);

const dayOf = (at: number) => Math.floor(at / DAY_MS);
