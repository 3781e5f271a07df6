import { insertApiKey, readApiKey, succeedApiKey } from "../../accounts/api-keys.ts";
import { changed } from "../../accounts/changes.ts";
import { readService } from "../../accounts/services.ts";
import { keyTerms, overlapEnd, successorExpiry } from "../../domain/people/key-terms.ts";
import { API_KEYS_PER_TENANT_MAX } from "../../domain/people/limits.ts";
import { scopesIn } from "../../domain/people/roles.ts";
import { accepted, refused } from "../../domain/result.ts";
import type { Ctx } from "../context.ts";
import { type Changed, notWritten, unknown } from "../verbs.ts";
import { askerOf } from "./asker.ts";
import { commit } from "./commit.ts";
import { keyAgain, makerOf, newKey, saidOfKey } from "./create-key.ts";
import { managing } from "./managing.ts";
import { type NewKey, shownKey } from "./shown-keys.ts";

interface Input {
	tenant: string;
	key: string;
	/** How long both are good; milliseconds. */
	overlap_ms: number;
}

/**
 * Makes a key that takes the place of another, with the same terms; the other one is good for a while yet. Gates: `users:write`, the tenant is the
 * caller's; the key is one of it, can be used and has no successor; its service is not disabled; its terms may still be given.
 */
export async function rotateKey(ctx: Ctx, { tenant, key: id, overlap_ms }: Input): Promise<Changed<NewKey>> {
	const { env, now, principal } = ctx;
	const db = env.ACCOUNTS;
	const may = await managing(ctx, tenant);
	if (!may.ok) return notWritten(may.refusal);
	const asked = {
		operation: "keys.rotate",
		input: { tenant, id, overlap_ms },
		again: (made: string) => keyAgain(db, tenant, made),
	};
	return commit(askerOf(ctx), asked, async () => {
		const key = await readApiKey(db, tenant, id);
		if (!key) return unknown("key");
		const isOver = key.revoked_at !== null || (key.expires_at !== null && key.expires_at <= now);
		if (isOver) return refused({ code: "conflict", detail: "The key cannot be used any more. Make another one." });
		if (key.successor !== null)
			return refused({ code: "conflict", detail: `The key has a successor: ${key.successor}.` });
		const service = await readService(db, tenant, key.service_id);
		if (service?.disabled_at !== null) return refused({ code: "conflict", detail: "The service is disabled." });
		const wanted = { scopes: scopesIn(key.scopes), rate_class: key.rate_class, expires_at: successorExpiry(key, now) };
		const terms = keyTerms(makerOf(may.value, principal), wanted, now);
		if (!terms.ok) return terms;
		const by = { tenant_id: tenant, service_id: key.service_id, name: key.name, created_by: principal.actor };
		const { row, secret } = newKey({ ...by, terms: terms.value }, now);
		const until = overlapEnd(now, overlap_ms);
		const says = {
			before: { expires_at: key.expires_at },
			after: { expires_at: Math.min(until, key.expires_at ?? until), successor: row.id },
		};
		const told = { tenant, kept: may.value.settings };
		return accepted({
			made: row.id,
			writes: [
				succeedApiKey(db, id, row.id, until),
				insertApiKey(db, row, API_KEYS_PER_TENANT_MAX),
				// Without an overlap it is a cure for a leak, and tokens that the key has bought end with it.
				changed(db, id, overlap_ms === 0, now),
			],
			tells: [
				{ ...told, kind: "key.rotated", subject: id, says },
				{ ...told, kind: "key.created", subject: row.id, says: { after: saidOfKey(row, terms.value.scopes) } },
			],
			value: { ...shownKey(row), secret },
		});
	});
}
