import { networkOf } from "../rate-limits.ts";
import { AUDIT_USER_AGENT_CHARS_MAX } from "./limits.ts";
import type { TenantSettings } from "./tenants.ts";

/** What is kept of where a request came from, as the tenant's settings have it. */

const KEPT_V6_GROUPS = 3;

/** The network: of IPv4 the first 24 bits, of IPv6 the first 48, which name no household. Null for what is no address. */
export function keptNetwork(address: string): string | null {
	const network = networkOf(address);
	const [, v4] = /^((?:\d{1,3}\.){3})\d{1,3}$/.exec(network) ?? [];
	if (v4 !== undefined) return `${v4}0/24`;
	const [groups = ""] = network.split("::");
	return network.includes(":") ? `${groups.split(":").slice(0, KEPT_V6_GROUPS).join(":")}::/48` : null;
}

/** @returns the address, whole where it is to be sealed; null where nothing is kept */
export function keptAddress(setting: TenantSettings["addresses"], address: string | null): string | null {
	if (address === null || setting === "none") return null;
	return setting === "sealed" ? address : keptNetwork(address);
}

export const keptUserAgent = (setting: TenantSettings["user_agents"], user_agent: string | null): string | null =>
	setting === "none" ? null : (user_agent?.slice(0, AUDIT_USER_AGENT_CHARS_MAX) ?? null);
