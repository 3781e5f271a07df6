import type { FeedRow } from "../../shard/engine/log.ts";
import { openedAddress } from "./sealed-addresses.ts";

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

/** An event as those see it who may read the tenant's log, with the address as it was. */
export async function shownEvent(env: Env, tenant: string, { seq, at, actor, kind, subject, body, hash }: FeedRow) {
	// The row is one of the kinds that have such a body.
	const said: Body = JSON.parse(body);
	const { id, request_id } = said;
	const address = said.address === undefined ? null : await openedAddress(env, { tenant, actor, id }, said.address);
	const who = { actor, on_behalf_of: said.on_behalf_of ?? null };
	const what = { subject, before: said.before ?? null, after: said.after ?? null, private: said.private ?? [] };
	return { seq, at, kind, ...who, ...what, request_id, address, user_agent: said.user_agent ?? null, hash };
}
export type ShownEvent = Awaited<ReturnType<typeof shownEvent>>;
