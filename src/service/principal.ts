import type { Scope } from "../domain/people/roles.ts";
import type { PrincipalClass } from "../domain/rate-limits.ts";
import type { Refusal } from "../domain/result.ts";

/** Who is calling, as a door has verified it. */
export interface Principal {
	tenant: string;
	/** A user, or a service. */
	subject: string;
	scopes: ReadonlySet<string>;
	/** Who acts where the credential was given to someone for the subject (RFC 8693's `act`), or else the subject. */
	actor: string;
	/** Somebody without an account, whom a share or a public quiz let in: no member, to whom what is for the tenant is shown. */
	is_guest: boolean;
	/** How many requests it may send. */
	rate_class: PrincipalClass;
	/** The tenant is known to be the user's: the installation's own issuer says so, or the row of the user was read. */
	is_vouched_for: boolean;
	/** The session or the API key that the credential came of; null where another issuer made it. */
	origin: string | null;
	/** When the person signed in, milliseconds since the epoch; null for a machine, and where it is not known. */
	signed_in_at: number | null;
}

/**
 * Whoever sends no credential: nobody of no tenant, who may do nothing that needs a scope.
 * @param network where the request comes from, as far as an address tells
 */
export const anonymous = (network: string): Principal => ({
	tenant: "",
	subject: "",
	actor: network,
	scopes: new Set(),
	is_guest: false,
	rate_class: "basic",
	is_vouched_for: false,
	origin: null,
	signed_in_at: null,
});

export const isAnonymous = ({ subject }: Principal): boolean => subject === "";

/** The gate of a scope: `forbidden`, naming it, or null. An admin has every scope. */
export function scopeRefusal({ scopes }: Principal, scope: Scope): Refusal | null {
	if (scopes.has(scope) || scopes.has("admin")) return null;
	return { code: "forbidden", detail: `The operation needs the scope ${scope}.`, required_scope: scope };
}
