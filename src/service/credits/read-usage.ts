import { tenantUsage, type USAGE_BY, userUsage } from "../../catalog/credits/usage.ts";
import { USAGE_DAYS_MAX } from "../../domain/credits/limits.ts";
import { accepted, refused } from "../../domain/result.ts";
import { DAY_MS } from "../../domain/units.ts";
import type { Ctx } from "../context.ts";
import { scopeRefusal } from "../principal.ts";
import { reading } from "../reading.ts";

export { USAGE_BY } from "../../catalog/credits/usage.ts";

export const USAGE_DAYS_DEFAULT = 30;

interface Input {
	by: (typeof USAGE_BY)[number];
	/** First and last day; milliseconds since the epoch. Absent: the last days, to the present one. */
	from?: number | undefined;
	to?: number | undefined;
	/** One user of the tenant; absent, all of them. */
	user?: string | undefined;
}

const dayOf = (at: number) => Math.floor(at / DAY_MS);

/** What the tenant's generations used and cost. Gates: `analytics:read`; a range of days that is not too long. */
export async function readUsage(ctx: Ctx, { by, user, ...range }: Input) {
	const forbidden = scopeRefusal(ctx.principal, "analytics:read");
	if (forbidden) return refused(forbidden);
	const to = dayOf(range.to ?? ctx.now);
	const from = range.from === undefined ? to - USAGE_DAYS_DEFAULT + 1 : dayOf(range.from);
	if (from > to || to - from >= USAGE_DAYS_MAX) {
		const detail = `Must lie 0 to ${USAGE_DAYS_MAX - 1} days before \`to\`.`;
		const errors = [{ in: "query" as const, pointer: "/from", detail }];
		return refused({ code: "invalid-request", detail: "The range of days is not valid.", errors });
	}
	const { tenant } = ctx.principal;
	const report = await reading(ctx, (db) =>
		user === undefined ? tenantUsage(db, tenant, from, to, by) : userUsage(db, tenant, user, [from, to], by),
	);
	return accepted(report);
}
