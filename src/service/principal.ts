import type { PrincipalClass } from "../domain/rate-limits.ts";
import type { Refusal } from "../domain/result.ts";

export const SCOPES = [
	"attempts:write",
	"attempts:read",
	"quizzes:write",
	"credits:read",
	"credits:reserve",
	"credits:grant",
	"analytics:read",
	"on-behalf-of",
	"admin",
] as const;
export type Scope = (typeof SCOPES)[number];

/** Who is calling, as a door has verified it. */
export interface Principal {
	tenant: string;
	/** A user, or a service. */
	subject: string;
	scopes: ReadonlySet<string>;
	/** Who acts where the credential was given to someone for the subject (RFC 8693's `act`), or else the subject. */
	actor: string;
	/** How many requests it may send. */
	rate_class: PrincipalClass;
}

/** The gate of a scope: `forbidden`, naming it, or null. An admin has every scope. */
export function scopeRefusal({ scopes }: Principal, scope: Scope): Refusal | null {
	if (scopes.has(scope) || scopes.has("admin")) return null;
	return { code: "forbidden", detail: `The operation needs the scope ${scope}.`, required_scope: scope };
}
