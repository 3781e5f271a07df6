import { keptAddress, keptUserAgent } from "../../domain/people/came-from.ts";
import { type KeptOrigin, sealField } from "../../domain/privacy/private-texts.ts";
import { logLine, reason } from "../../log-line.ts";
import type { Ctx } from "../context.ts";
import { tenantSettings } from "../tenants/settings.ts";
import { userKey } from "./user-keys.ts";

/**
 * What is kept with an attempt of where it came from, as JSON; null for nothing. Whole addresses are sealed with the user's key. Where it cannot be found
 * out what the tenant wants, or there is no key, nothing is kept: that is no reason to refuse an attempt.
 */
export async function keptOrigin({ env, principal, now, came_from }: Ctx, user: string): Promise<string | null> {
	try {
		const { addresses, user_agents } = await tenantSettings(env, principal.tenant, now);
		if (addresses === "none" && user_agents === "none") return null;
		const from = came_from();
		const address = keptAddress(addresses, from.address);
		const user_agent = keptUserAgent(user_agents, from.user_agent);
		const kept: KeptOrigin = { ...(address !== null && { address }), ...(user_agent !== null && { user_agent }) };
		if (address === null || addresses !== "sealed") return Object.keys(kept).length === 0 ? null : JSON.stringify(kept);
		const key = await userKey(env, user);
		return key && JSON.stringify(await sealField(key, "came_from", kept));
	} catch (error) {
		logLine("warn", { at: "origin", error: reason(error) });
		return null;
	}
}
