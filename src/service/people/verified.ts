import type { Newcomer } from "../../accounts/users.ts";
import type { Principal } from "../principal.ts";

/** A credential that was found good: who calls, and how long that may be gone by without another look. */
export interface Verified extends Principal {
	/** Milliseconds since the epoch. */
	good_until: number;
	/** When it was issued, milliseconds since the epoch; null where a revocation does not go by that. */
	issued_at: number | null;
	/** As whom the user is made known whose row nobody has vouched for; null where that is not needed. */
	newcomer: Pick<Newcomer, "role" | "issuer" | "subject"> | null;
}

/** Why a credential is not good. Callers are told no more than whether it has only expired. */
export type Verification = { ok: true; verified: Verified } | { ok: false; why: "expired" | "invalid" | "unavailable" };

export const INVALID = { ok: false, why: "invalid" } as const;
export const EXPIRED = { ok: false, why: "expired" } as const;
export const UNAVAILABLE = { ok: false, why: "unavailable" } as const;
