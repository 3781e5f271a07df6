import type { PrincipalClass } from "../rate-limits.ts";

/** What a tenant pays for. The operator of the installation says which it has. */
export const PLANS = ["free", "premium", "enterprise"] as const;
export type Plan = (typeof PLANS)[number];

/** How many requests a key of the tenant may send. */
export const PLAN_RATE_CLASS: Readonly<Record<Plan, PrincipalClass>> = {
	free: "basic",
	premium: "standard",
	enterprise: "high",
};
