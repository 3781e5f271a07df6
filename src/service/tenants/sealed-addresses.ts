import { ID_PATTERNS } from "../../domain/ids.ts";
import { BrokenSeal, open, seal } from "../../domain/sealing.ts";
import { userKey } from "../privacy/user-keys.ts";

/**
 * Addresses in the log of a tenant, where the tenant keeps them whole: sealed with the key of the user who came from there, so that they go with
 * the user, or with the tenant's own for everybody else.
 */

const MARK = "sealed1:";

const about = (tenant: string, event: string): string => `marksheet address 1 ${tenant} ${event}`;

const keyOf = (env: Env, tenant: string, actor: string) => userKey(env, ID_PATTERNS.user.test(actor) ? actor : tenant);

export interface OfEvent {
	tenant: string;
	actor: string;
	/** The id of the event: an address opens in this one alone. */
	id: string;
}

/** Null for a user who is erased. */
export async function sealedAddress(env: Env, { tenant, actor, id }: OfEvent, address: string): Promise<string | null> {
	const key = await keyOf(env, tenant, actor);
	if (!key) return null;
	const sealed = await seal(key.texts, new TextEncoder().encode(address), about(tenant, id));
	return MARK + Buffer.from(sealed).toString("base64url");
}

/** An address as it was kept: a network as it is, and a sealed one opened; null for one whose user is erased. */
export async function openedAddress(env: Env, { tenant, actor, id }: OfEvent, kept: string): Promise<string | null> {
	if (!kept.startsWith(MARK)) return kept;
	const key = await keyOf(env, tenant, actor);
	if (!key) return null;
	try {
		const sealed = new Uint8Array(Buffer.from(kept.slice(MARK.length), "base64url"));
		return new TextDecoder().decode(await open(key.texts, sealed, about(tenant, id)));
	} catch (error) {
		if (error instanceof BrokenSeal) return null;
		throw error;
	}
}
