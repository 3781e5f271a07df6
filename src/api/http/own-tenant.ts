import type { Context } from "hono";
import { createMiddleware } from "hono/factory";
import type { HonoEnv } from "../../env.ts";
import type { Principal } from "../../service/principal.ts";
import { otherTenantRefusal, rememberedTenant, tenantInCatalog } from "../../service/tenants.ts";
import { isBookmark } from "./bookmarks.ts";
import { refusalProblem } from "./problem.ts";

/**
 * Refuses a token of another tenant than its user's. Whether the user is known to be of the token's tenant is `is_member` from
 * then on; who is not known has nothing that another tenant could see. Under `/v1/users` the shard decides, so nothing is read.
 * @throws ProblemError `forbidden`
 */
export const requireOwnTenant = createMiddleware<HonoEnv>(async function requireOwnTenant(c, next) {
	const principal = c.get("principal");
	const isShards = c.req.path.startsWith("/v1/users/");
	const known = rememberedTenant(principal.subject) ?? (isShards ? null : await inCatalog(c, principal));
	const refusal = otherTenantRefusal(principal, known);
	if (refusal) throw refusalProblem(refusal, c.get("now"));
	c.set("is_member", known !== null);
	await next();
});

function inCatalog(c: Context<HonoEnv>, { subject }: Principal): Promise<string | null> {
	const bookmark = c.req.header("x-d1-bookmark");
	return tenantInCatalog(c.env, subject, isBookmark(bookmark) ? bookmark : null);
}
