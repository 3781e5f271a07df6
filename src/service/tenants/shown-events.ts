import { BrokenSeal, unwrap } from "../../domain/sealing.ts";
import { masterKeysOf } from "../../env.ts";
import type { FeedRow } from "../../shard/engine/log.ts";

/** What every event of a tenant says: domain/people/events.ts. */
interface Body {
	id: string;
	request_id: string;
	on_behalf_of?: string;
	address?: string;
	user_agent?: string;
	private?: string[];
	before?: Record<string, unknown>;
	after?: Record<string, unknown>;
}

/** What a sealed address is bound to. */
export const aboutAddress = (tenant: string, event: string): string => `marksheet address 1 ${tenant} ${event}`;

/** An event as those see it who may read the tenant's log, with the address as it was. */
export async function shownEvent(env: Env, tenant: string, { seq, at, actor, kind, subject, body, hash }: FeedRow) {
	// The row is one of the kinds that have such a body.
	const said: Body = JSON.parse(body);
	const { id, request_id } = said;
	const address = said.address === undefined ? null : await opened(env, said.address, aboutAddress(tenant, id));
	const who = { actor, on_behalf_of: said.on_behalf_of ?? null };
	const what = { subject, before: said.before ?? null, after: said.after ?? null, private: said.private ?? [] };
	return { seq, at, kind, ...who, ...what, request_id, address, user_agent: said.user_agent ?? null, hash };
}
export type ShownEvent = Awaited<ReturnType<typeof shownEvent>>;

const SEALED = /^\d+\.[\w-]{20,}$/;

/** Null for one that cannot be opened any longer. */
async function opened(env: Env, address: string, about: string): Promise<string | null> {
	if (!SEALED.test(address)) return address;
	try {
		return new TextDecoder().decode(await unwrap(masterKeysOf(env), address, about));
	} catch (error) {
		if (error instanceof BrokenSeal) return null;
		throw error;
	}
}
