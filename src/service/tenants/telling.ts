import { toldLater } from "../../accounts/audit-outbox.ts";
import { mintPeopleId } from "../../domain/ids.ts";
import { keptAddress, keptUserAgent } from "../../domain/people/came-from.ts";
import type { TENANT_BODIES, TenantKind } from "../../domain/people/events.ts";
import type { TenantSettings } from "../../domain/people/tenants.ts";
import type { CameFrom } from "../context.ts";
import type { Asker } from "./asker.ts";
import { type OfEvent, sealedAddress } from "./sealed-addresses.ts";

type Kept = Pick<TenantSettings, "addresses" | "user_agents">;

type OfRequest = "id" | "request_id" | "on_behalf_of" | "address" | "user_agent";
type Said<K extends TenantKind> = Omit<(typeof TENANT_BODIES)[K]["_zod"]["output"], OfRequest>;

/** What a change tells the log of a tenant. */
export type Telling = {
	[K in TenantKind]: { tenant: string; kept: Kept; kind: K; subject: string; says: Said<K> };
}[TenantKind];

/** The statement that has the event wait to be recorded, for the transaction of what it tells of. */
export async function telling(
	asker: Asker,
	{ tenant, kept, kind, subject, says }: Telling,
): Promise<D1PreparedStatement> {
	const { env, now, request_id, actor, on_behalf_of } = asker;
	const id = mintPeopleId("event", now, crypto.getRandomValues(new Uint8Array(10)));
	const trace = await traceOf(env, kept, asker.came_from(), { tenant, actor, id });
	const body = { id, request_id, ...(on_behalf_of !== null && { on_behalf_of }), ...trace, ...says };
	const event = JSON.stringify({ kind, at: now, actor, subject, body });
	return toldLater(env.ACCOUNTS, { tenant_id: tenant, id, event, at: now });
}

/** The same of what is in no transaction of ACCOUNTS. */
export async function commitTelling(asker: Asker, tell: Telling): Promise<void> {
	await asker.env.ACCOUNTS.batch([await telling(asker, tell)]);
}

/** What the tenant keeps of where the request came from. */
async function traceOf(env: Env, kept: Kept, came_from: CameFrom, event: OfEvent) {
	const address = keptAddress(kept.addresses, came_from.address);
	const user_agent = keptUserAgent(kept.user_agents, came_from.user_agent);
	const isSealed = address !== null && kept.addresses === "sealed";
	const shown = isSealed ? await sealedAddress(env, event, address) : address;
	return { ...(shown !== null && { address: shown }), ...(user_agent !== null && { user_agent }) };
}
