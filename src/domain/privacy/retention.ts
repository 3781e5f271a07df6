import type { TenantSettings } from "../people/tenants.ts";
import { DAY_MS } from "../units.ts";

/** What a tenant may keep for some time only, and what of it lies in the shards of its users. */

/** Texts of answers, prompts with their conversations, and where attempts came from. */
export const RETAINED = ["answers", "prompts", "addresses"] as const;
export type Retained = (typeof RETAINED)[number];

/** What is from before these instants goes; null where it stays. Milliseconds since the epoch. */
export type Cutoffs = Record<Retained, number | null>;

export function cutoffsOf({ attempts_days, prompts_days, addresses_days }: TenantSettings["retention"], now: number) {
	const before = (days: number | null) => (days === null ? null : now - days * DAY_MS);
	return {
		answers: before(attempts_days),
		prompts: before(prompts_days),
		addresses: before(addresses_days),
	} satisfies Cutoffs;
}

export const removesSomething = (cutoffs: Cutoffs): boolean => Object.values(cutoffs).some((at) => at !== null);
