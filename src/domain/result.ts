/** Expected outcomes are values. A throw means a bug. */

export interface InputFault {
	/** Where the pointer points into; absent for the body. */
	in?: "path" | "query" | "header";
	/** JSON pointer, e.g. `/answers/3`. */
	pointer: string;
	detail: string;
}

/** Why a command was refused. `code` is the slug of the problem document; the other members travel in it. */
export type Refusal =
	| { code: "invalid-request"; detail: string; errors: InputFault[] }
	| { code: "unauthenticated"; detail: string }
	| { code: "forbidden"; detail: string; required_scope?: string; reason?: "email-not-verified" }
	| { code: "idempotency-key-required"; detail: string }
	| { code: "not-found"; detail: string }
	| { code: "conflict"; detail: string }
	| { code: "rate-limited"; detail: string; rule: string; limit: number; retry_at: number }
	| { code: "precondition-failed"; detail: string; current_etag: string }
	| { code: "precondition-required"; detail: string }
	| { code: "idempotency-key-reused"; detail: string }
	| { code: "share-exhausted"; detail: string; max_uses: number }
	| { code: "share-expired"; detail: string; expires_at: number }
	| { code: "share-revoked"; detail: string; revoked_at: number }
	| { code: "attempt-limit-reached"; detail: string; attempts_max: number; attempts: number }
	| { code: "attempt-already-submitted"; detail: string; submitted_at: number }
	| { code: "deadline-passed"; detail: string; deadline: number; received_at: number }
	| { code: "quiz-not-open"; detail: string; opens_at?: number; closes_at?: number }
	| { code: "insufficient-credits"; detail: string; available: number; needed: number }
	| { code: "not-entitled"; detail: string }
	| { code: "hold-already-settled"; detail: string; status: "settled"; settled: number; ended_at: number }
	| { code: "hold-already-released"; detail: string; status: "released"; ended_at: number }
	| { code: "hold-expired"; detail: string; status: "expired"; ended_at: number }
	| { code: "capture-exceeds-hold"; detail: string; held: number; requested: number; allowed: number };

export type RefusalCode = Refusal["code"];

export type Outcome<T> = { ok: true; value: T } | { ok: false; refusal: Refusal };

export const accepted = <T>(value: T): Outcome<T> => ({ ok: true, value });
export const refused = (refusal: Refusal): { ok: false; refusal: Refusal } => ({ ok: false, refusal });

export const notFound = (what: string) => refused({ code: "not-found", detail: `There is no such ${what}.` });
