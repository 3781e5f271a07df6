import type { TenantSettings } from "./tenants.ts";

/** The object that has the installation's own log: what its operator did. No tenant is ever minted with this id. */
export const INSTALLATION = "ten_installation";

/** What its log keeps of where the operator's requests come from. */
export const INSTALLATION_KEEPS = {
	addresses: "truncated",
	user_agents: "kept",
} as const satisfies Partial<TenantSettings>;

/** The tenant and the machine that keys of operators are of; `npm run ops -- operator-key` makes them. */
export const OPERATOR_TENANT = "ten_operator";
export const OPERATOR_SERVICE = "svc_operator";
