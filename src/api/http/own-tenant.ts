import type { Context } from "hono";
import { createMiddleware } from "hono/factory";
import { ID_PATTERNS } from "../../domain/ids.ts";
import type { HonoEnv } from "../../env.ts";
import { logLine, reason, word } from "../../log-line.ts";
import type { Principal } from "../../service/principal.ts";
import { otherTenantRefusal, rememberedTenant, tenantInCatalog, tenantInShard } from "../../service/tenants.ts";
import { isBookmark } from "./bookmarks.ts";
import { ProblemError, refusalProblem } from "./problem.ts";

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

/**
 * What is told instead of this error: to a token of another tenant nothing is found, and why it is not is said plainly. Asks
 * the user's own shard, unless that is known, and only where the request was about it. Where that cannot be asked just now,
 * nothing is found all the same.
 */
export async function otherTenantOr(c: Context<HonoEnv>, error: unknown): Promise<unknown> {
	const principal: Principal | undefined = c.get("principal");
	if (!(error instanceof ProblemError && error.code === "not-found") || !principal) return error;
	const { subject } = principal;
	if (!c.req.path.startsWith("/v1/users/") || !ID_PATTERNS.user.test(subject)) return error;
	try {
		const refusal = otherTenantRefusal(principal, rememberedTenant(subject) ?? (await tenantOfCaller(c, principal)));
		return refusal ? refusalProblem(refusal, c.get("now")) : error;
	} catch (other) {
		logLine("warn", { at: "tenant", user: word(subject), error: reason(other) });
		return error;
	}
}

async function tenantOfCaller(c: Context<HonoEnv>, principal: Principal): Promise<string | null> {
	const { subject } = principal;
	const [named] = c.req.path.slice("/v1/users/".length).split("/");
	return named === "me" || named === subject ? tenantInShard(c.env, subject) : inCatalog(c, principal);
}

function inCatalog(c: Context<HonoEnv>, { subject }: Principal): Promise<string | null> {
	const bookmark = c.req.header("x-d1-bookmark");
	return tenantInCatalog(c.env, subject, isBookmark(bookmark) ? bookmark : null);
}
