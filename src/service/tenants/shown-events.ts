import { DAY_MS } from "../../domain/units.ts";
import type { FeedRow } from "../../shard/engine/log.ts";
import { openedAddress } from "./sealed-addresses.ts";
import { tenantSettings } from "./settings.ts";

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

/** An event as those see it who may read the tenant's log, with the address as it was, unless the tenant keeps it no longer. */
export async function shownEvent(
	env: Env,
	tenant: string,
	{ seq, at, actor, kind, subject, body, hash }: FeedRow,
	now: number,
) {
	// The row is one of the kinds that have such a body.
	const said: Body = JSON.parse(body);
	const { id, request_id } = said;
	const { addresses_days: days } = (await tenantSettings(env, tenant, now)).retention;
	const kept = days === null || at >= now - days * DAY_MS ? said.address : undefined;
	const address = kept === undefined ? null : await openedAddress(env, { tenant, actor, id }, kept);
	const who = { actor, on_behalf_of: said.on_behalf_of ?? null };
	const what = { subject, before: said.before ?? null, after: said.after ?? null, private: said.private ?? [] };
	return { seq, at, kind, ...who, ...what, request_id, address, user_agent: said.user_agent ?? null, hash };
}
export type ShownEvent = Awaited<ReturnType<typeof shownEvent>>;
