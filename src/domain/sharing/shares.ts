import { type Refusal, refused } from "../result.ts";
import { SHARE_USES_MAX } from "./limits.ts";

/** A share: who has its code may see a quiz, attempt it, copy it, or edit its draft. Each access gives only its own. */

export const ACCESSES = ["view", "attempt", "copy", "edit"] as const;
export type Access = (typeof ACCESSES)[number];

/** Those that let a published quiz be seen, or attempted, although it is private. */
export const LETS_VIEW: readonly Access[] = ["view", "attempt"];
export const LETS_ATTEMPT: readonly Access[] = ["attempt"];

export interface ShareTerms {
	access: Access;
	/** From then on the code is dead, and so is what it gave. Milliseconds since the epoch; null for never. */
	expires_at: number | null;
	/** Users who may use it; null for as many as there may be. */
	max_uses: number | null;
}

export interface ShareState extends ShareTerms {
	uses: number;
	revoked_at: number | null;
}

export const SHARE_STATUSES = ["active", "exhausted", "expired", "revoked"] as const;
export type ShareStatus = (typeof SHARE_STATUSES)[number];

const usesAllowed = ({ max_uses }: ShareTerms): number => max_uses ?? SHARE_USES_MAX;

/** Whether what the share gave is still given. */
export const givesAccess = ({ revoked_at, expires_at }: ShareState, now: number): boolean =>
	revoked_at === null && (expires_at === null || now < expires_at);

export function shareStatus(share: ShareState, now: number): ShareStatus {
	if (share.revoked_at !== null) return "revoked";
	if (!givesAccess(share, now)) return "expired";
	return share.uses < usesAllowed(share) ? "active" : "exhausted";
}

/** Why these terms cannot be offered now, if they cannot. */
export function refusedTerms({ expires_at }: ShareTerms, now: number): Refusal | null {
	if (expires_at === null || expires_at > now) return null;
	const errors = [{ pointer: "/expires_at", detail: "This is not in the future." }];
	return { code: "invalid-request", detail: "The share would have expired already.", errors };
}

/**
 * Why the share gives nothing now, if it does not. A use is a user and not a call: who has used it already may use it again
 * for as long as it is alive, and that counts no further.
 */
export function refusedUse(share: ShareState, hasUsed: boolean, now: number) {
	const { revoked_at, expires_at } = share;
	if (revoked_at !== null) return refused({ code: "share-revoked", detail: "The share was revoked.", revoked_at });
	if (expires_at !== null && now >= expires_at) {
		return refused({ code: "share-expired", detail: "The share has expired.", expires_at });
	}
	const max_uses = usesAllowed(share);
	if (hasUsed || share.uses < max_uses) return null;
	return refused({ code: "share-exhausted", detail: "All uses of the share are used up.", max_uses });
}
