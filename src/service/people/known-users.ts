import { LRUCache } from "lru-cache";
import { makeKnown, readStanding, type Standing } from "../../accounts/users.ts";
import { tenantOf } from "../../catalog/replication/shards.ts";
import { ID_PATTERNS } from "../../domain/ids.ts";
import { TENANT_CACHE_ENTRIES_MAX } from "../../domain/limits.ts";
import type { Refusal } from "../../domain/result.ts";
import { logLine, reason } from "../../log-line.ts";
import { forgetTenant, rememberTenant } from "../tenants.ts";
import { onChange } from "./accounts-view.ts";
import type { Verified } from "./verified.ts";

/** Users whom the isolate knows to be active, by their row or by a token of the installation's own: by their ids, and whose they are. */
const active = new LRUCache<string, string>({ max: TENANT_CACHE_ENTRIES_MAX });

onChange((subject) => {
	if (subject === null) active.clear();
	else active.delete(subject);
	forgetTenant(subject);
});

/**
 * Why a user may not act whose credential the installation has not issued itself; null if nothing speaks against it. Who is heard of for
 * the first time is made known, with one transaction in each isolate; after that nothing is read until the user's row changes. Where
 * ACCOUNTS does not answer, the other issuer's word holds.
 */
export async function newcomerRefusal(env: Env, verified: Verified, now: number): Promise<Refusal | null> {
	const { newcomer, subject: user, tenant } = verified;
	if (!ID_PATTERNS.user.test(user)) return null;
	if (newcomer === null) {
		active.set(user, tenant);
		rememberTenant(user, tenant);
		return null;
	}
	const known = active.get(user);
	if (known !== undefined) return ofOtherTenant(user, tenant, known);
	try {
		const standing = (await readStanding(env.ACCOUNTS, user)) ?? (await madeKnown(env, { ...verified, newcomer }, now));
		if (standing.status !== "active") return { code: "forbidden", detail: `The user ${user} is ${standing.status}.` };
		active.set(user, standing.tenant_id);
		rememberTenant(user, standing.tenant_id);
		return ofOtherTenant(user, tenant, standing.tenant_id);
	} catch (error) {
		logLine("error", { at: "accounts", error: reason(error) });
		return null;
	}
}

/** One who called before ACCOUNTS knew users has a tenant in the catalog. */
async function madeKnown(
	{ ACCOUNTS, CATALOG }: Env,
	{ newcomer, subject: id, tenant: said }: Verified & { newcomer: NonNullable<Verified["newcomer"]> },
	now: number,
): Promise<Standing> {
	const tenant = (await tenantOf(CATALOG, id)) || said;
	return makeKnown(ACCOUNTS, { id, tenant, ...newcomer }, now);
}

const ofOtherTenant = (user: string, said: string, tenant: string): Refusal | null =>
	said === tenant ? null : { code: "forbidden", detail: `The user ${user} is of another tenant than the token says.` };

/**
 * Whether a user of this tenant is known and active, so that a service may act on the user's behalf. Once the isolate knows that, it reads
 * nothing; whose a user is, which the catalog says too, is not enough.
 */
export async function isKnownUser(
	{ ACCOUNTS, CATALOG }: Pick<Env, "ACCOUNTS" | "CATALOG">,
	user: string,
	tenant: string,
): Promise<boolean> {
	const known = active.get(user);
	if (known !== undefined) return known === tenant;
	const standing = await readStanding(ACCOUNTS, user);
	if (standing !== null && standing.status !== "active") return false;
	const found = standing?.tenant_id ?? (await tenantOf(CATALOG, user));
	if (found) {
		active.set(user, found);
		rememberTenant(user, found);
	}
	return found === tenant;
}
