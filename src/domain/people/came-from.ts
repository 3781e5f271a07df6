import { keptNetwork } from "../rate-limits.ts";
import { AUDIT_USER_AGENT_CHARS_MAX } from "./limits.ts";
import type { TenantSettings } from "./tenants.ts";

/** What is kept of where a request came from, as the tenant's settings have it. */

/** @returns the address, whole where it is to be sealed; null where nothing is kept */
export function keptAddress(setting: TenantSettings["addresses"], address: string | null): string | null {
	if (address === null || setting === "none") return null;
	return setting === "sealed" ? address : keptNetwork(address);
}

export const keptUserAgent = (setting: TenantSettings["user_agents"], user_agent: string | null): string | null =>
	setting === "none" ? null : (user_agent?.slice(0, AUDIT_USER_AGENT_CHARS_MAX) ?? null);
