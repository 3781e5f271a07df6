import { readApiKey, revokeApiKey } from "../../accounts/api-keys.ts";
import { changed } from "../../accounts/changes.ts";
import { accepted, type Outcome } from "../../domain/result.ts";
import type { Ctx } from "../context.ts";
import { type Changed, found, notWritten, unknown } from "../verbs.ts";
import { askerOf } from "./asker.ts";
import { commit } from "./commit.ts";
import { managing } from "./managing.ts";
import { type ShownKey, shownKey } from "./shown-keys.ts";

/**
 * Ends a key: it and what was issued for it are refused everywhere within a minute. Again, it changes nothing. Gates: `users:write`, the tenant is
 * the caller's, the key is one of it.
 */
export async function revokeKey(
	ctx: Ctx,
	{ tenant, key: id }: { tenant: string; key: string },
): Promise<Changed<ShownKey>> {
	const { env, now } = ctx;
	const db = env.ACCOUNTS;
	const may = await managing(ctx, tenant);
	if (!may.ok) return notWritten(may.refusal);
	const again = async (): Promise<Outcome<ShownKey>> => {
		const row = await readApiKey(db, tenant, id);
		return found(row && shownKey(row), "key");
	};
	return commit(askerOf(ctx), { operation: "keys.revoke", input: { tenant, id }, again }, async () => {
		const key = await readApiKey(db, tenant, id);
		if (!key) return unknown("key");
		if (key.revoked_at !== null) return accepted({ made: id, writes: [], tells: [], value: shownKey(key) });
		return accepted({
			made: id,
			writes: [revokeApiKey(db, id, now), changed(db, id, true, now)],
			tells: [{ tenant, kept: may.value.settings, kind: "key.revoked", subject: id, says: {} }],
			value: shownKey({ ...key, revoked_at: now }),
		});
	});
}
