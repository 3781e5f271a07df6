import { type ApiKey, countApiKeys, insertApiKey, readApiKey } from "../../accounts/api-keys.ts";
import { readService } from "../../accounts/services.ts";
import { ID_PATTERNS, mintPeopleId } from "../../domain/ids.ts";
import { hashOfSecret, makeApiKey } from "../../domain/people/api-keys.ts";
import { type KeyTerms, keyTerms } from "../../domain/people/key-terms.ts";
import { API_KEYS_PER_TENANT_MAX } from "../../domain/people/limits.ts";
import type { Scope } from "../../domain/people/roles.ts";
import type { PrincipalClass } from "../../domain/rate-limits.ts";
import { accepted, type Outcome, refused } from "../../domain/result.ts";
import type { Ctx } from "../context.ts";
import type { Principal } from "../principal.ts";
import { type Changed, found, notWritten, unknown } from "../verbs.ts";
import { askerOf } from "./asker.ts";
import { commit } from "./commit.ts";
import { type Managing, managing } from "./managing.ts";
import { type NewKey, shownKey } from "./shown-keys.ts";

interface Input {
	tenant: string;
	service: string;
	name: string;
	scopes: readonly Scope[];
	rate_class?: PrincipalClass | undefined;
	expires_at?: number | null | undefined;
}

/** Who makes a key, as what it may be good for depends on it. */
export const makerOf = ({ tenant }: Managing, { subject, scopes }: Principal) => ({
	kind: tenant.kind,
	plan: tenant.plan,
	scopes: ID_PATTERNS.service.test(subject) ? scopes : null,
});

/** A key with its secret, which is shown in the answer and stored nowhere. */
export function newKey(
	{ terms, ...of }: Pick<ApiKey, "tenant_id" | "service_id" | "name" | "created_by"> & { terms: KeyTerms },
	now: number,
): { row: ApiKey; secret: string } {
	const { scopes, rate_class, expires_at } = terms;
	const id = mintPeopleId("key", now, crypto.getRandomValues(new Uint8Array(10)));
	const secret = makeApiKey(id, crypto.getRandomValues(new Uint8Array(20)));
	const used = { last_used_at: null, revoked_at: null, successor: null };
	const row = {
		id,
		...of,
		hash: hashOfSecret(secret),
		scopes: scopes.join(" "),
		rate_class,
		created_at: now,
		expires_at,
	};
	return { row: { ...row, ...used }, secret };
}

/** What was made before: its secret is known no longer. */
export async function keyAgain(db: D1Database, tenant: string, id: string): Promise<Outcome<NewKey>> {
	const key = await readApiKey(db, tenant, id);
	return found(key && { ...shownKey(key), secret: null }, "key");
}

export const saidOfKey = ({ name, service_id: service, rate_class, expires_at }: ApiKey, scopes: Scope[]) => ({
	name,
	service,
	scopes,
	rate_class,
	expires_at,
});

/**
 * Makes a key of a service. Gates: `users:write`, the tenant is the caller's; the service is one of it and not disabled; its terms may be given; not
 * too many keys.
 */
export async function createKey(ctx: Ctx, { tenant, service, name, ...wanted }: Input): Promise<Changed<NewKey>> {
	const { env, now, principal } = ctx;
	const db = env.ACCOUNTS;
	const may = await managing(ctx, tenant);
	if (!may.ok) return notWritten(may.refusal);
	const asked = {
		operation: "keys.create",
		input: { tenant, service, name, ...wanted, scopes: [...wanted.scopes] },
		again: (made: string) => keyAgain(db, tenant, made),
	};
	return commit(askerOf(ctx), asked, async () => {
		const of = await readService(db, tenant, service);
		if (!of) return unknown("service");
		if (of.disabled_at !== null) return refused({ code: "conflict", detail: "The service is disabled." });
		const terms = keyTerms(makerOf(may.value, principal), wanted, now);
		if (!terms.ok) return terms;
		const max = API_KEYS_PER_TENANT_MAX;
		if ((await countApiKeys(db, tenant, now, max)) >= max) {
			return refused({ code: "conflict", detail: `A tenant has at most ${max} keys that can be used.` });
		}
		const by = { tenant_id: tenant, service_id: service, name, created_by: principal.actor };
		const { row, secret } = newKey({ ...by, terms: terms.value }, now);
		const says = { after: saidOfKey(row, terms.value.scopes) };
		return accepted({
			made: row.id,
			writes: [insertApiKey(db, row, max)],
			tells: [{ tenant, kept: may.value.settings, kind: "key.created", subject: row.id, says }],
			value: { ...shownKey(row), secret },
		});
	});
}
