import { PRINCIPAL_CLASSES, type PrincipalClass } from "../rate-limits.ts";
import { accepted, type InputFault, type Outcome, refused } from "../result.ts";
import { API_KEY_ROTATION_OVERLAP_MS_MAX } from "./limits.ts";
import { PLAN_RATE_CLASS, type Plan } from "./plans.ts";
import { KEY_SCOPES, type Scope } from "./roles.ts";

/** What a key may be good for, and for how long. */

interface Maker {
	kind: "personal" | "organization";
	plan: Plan;
	/** Of a machine that makes a key for a machine; null for a person, whose role gives less than keys may have. */
	scopes: ReadonlySet<string> | null;
}

interface Asked {
	scopes: readonly Scope[];
	rate_class?: PrincipalClass | undefined;
	expires_at?: number | null | undefined;
}

export interface KeyTerms {
	scopes: Scope[];
	rate_class: PrincipalClass;
	expires_at: number | null;
}

/** Whoever has a tenant alone must not make credits of nothing, nor act for guests. */
const NOT_PERSONAL: readonly Scope[] = ["credits:grant", "on-behalf-of"];

/** The scopes that a key of this maker's can have. */
export const scopesFor = ({ kind, scopes }: Maker): Scope[] =>
	KEY_SCOPES.filter((scope) => kind === "organization" || !NOT_PERSONAL.includes(scope)).filter(
		(scope) => scopes === null || scopes.has(scope) || scopes.has("admin"),
	);

/** @param now milliseconds since the epoch */
export function keyTerms(
	maker: Maker,
	{ scopes, rate_class, expires_at = null }: Asked,
	now: number,
): Outcome<KeyTerms> {
	const allowed = scopesFor(maker);
	const most = PLAN_RATE_CLASS[maker.plan];
	const faults: InputFault[] = scopes.flatMap((scope, index) =>
		allowed.includes(scope) ? [] : [{ pointer: `/scopes/${index}`, detail: `You cannot give ${scope} to a key here.` }],
	);
	if (rate_class !== undefined && PRINCIPAL_CLASSES.indexOf(rate_class) > PRINCIPAL_CLASSES.indexOf(most)) {
		faults.push({ pointer: "/rate_class", detail: `The tenant's plan gives ${most} at most.` });
	}
	if (expires_at !== null && expires_at <= now) faults.push({ pointer: "/expires_at", detail: "Must lie ahead." });
	if (faults.length > 0) {
		return refused({ code: "invalid-request", detail: "A key cannot be made so.", errors: faults });
	}
	// In one order, whatever the client's.
	const given = KEY_SCOPES.filter((scope) => scopes.includes(scope));
	return accepted({ scopes: given, rate_class: rate_class ?? most, expires_at });
}

/** Until when a key is good that another takes the place of. */
export const overlapEnd = (now: number, overlap_ms: number): number =>
	now + Math.min(overlap_ms, API_KEY_ROTATION_OVERLAP_MS_MAX);

/** When the successor of a key expires: it lives as long as its predecessor was to. */
export const successorExpiry = (key: { created_at: number; expires_at: number | null }, now: number): number | null =>
	key.expires_at === null ? null : now + (key.expires_at - key.created_at);
