import { sha256Hex } from "../../domain/canonical.ts";
import type { EventBody } from "../../domain/log/events.ts";
import { accepted, notFound, type Outcome, refused } from "../../domain/result.ts";
import { SHARES_PER_QUIZ_MAX } from "../../domain/sharing/limits.ts";
import { sameHash } from "../../domain/sharing/share-codes.ts";
import {
	type Access,
	refusedTerms,
	refusedUse,
	type ShareStatus,
	type ShareTerms,
	shareStatus,
} from "../../domain/sharing/shares.ts";
import { newId, type Unit } from "../engine/unit.ts";
import type { Share, ShareGrant, Visitor } from "./shares.ts";

/** A share as its owner sees it; nobody sees its code again. */
export interface OwnShare extends Share {
	status: ShareStatus;
}

/** What a share gives, as who has its code sees it. */
export interface Offer {
	share: string;
	owner: string;
	quiz: string;
	title: string;
	access: Share["access"];
	expires_at: number | null;
	uses_left: number | null;
	/** Whether the caller has used it. */
	redeemed: boolean;
}

/** What a use of a share gave, with what the catalog has of it. */
export interface Redemption extends ShareGrant {
	share: string;
	owner: string;
	quiz: string;
	access: Share["access"];
	until: number | null;
}

const conflict = (detail: string) => refused({ code: "conflict", detail });

/** @param codeOf gives the code of the share with this id; only its hash is kept */
export function createShare(
	unit: Unit,
	quiz: string,
	terms: ShareTerms,
	codeOf: (share: string) => string,
): Outcome<OwnShare> {
	if (!unit.quizzes.head(quiz)) return notFound("quiz");
	const refusal = refusedTerms(terms, unit.now);
	if (refusal) return refused(refusal);
	const unpublished = refusedVersion(unit, quiz, terms);
	if (unpublished) return unpublished;
	if (unit.shares.count(quiz) >= SHARES_PER_QUIZ_MAX) {
		return conflict(`A quiz has at most ${SHARES_PER_QUIZ_MAX} shares that are not revoked. Revoke one.`);
	}
	const id = newId(unit, "share");
	const state = { ...terms, code_hash: sha256Hex(codeOf(id)), uses: 0, created_at: unit.now, revoked_at: null };
	const share: Share = { id, quiz, ...state };
	unit.shares.insert(unit.log.append(unit.who, unit.now, "share.created", id, eventOf(share)), share);
	return accepted(ownShare(share, unit.now));
}

/** Ends the share and everything that it gave, except for copies. Again, it changes nothing. */
export function revokeShare(unit: Unit, quiz: string, id: string): Outcome<OwnShare> {
	const share = unit.shares.get(id);
	if (share?.quiz !== quiz) return notFound("share");
	if (share.revoked_at !== null) return accepted(ownShare(share, unit.now));
	unit.log.append(unit.who, unit.now, "share.revoked", id, eventOf(share));
	unit.shares.revoke(id, unit.now);
	return accepted(ownShare({ ...share, revoked_at: unit.now }, unit.now));
}

/** What the code gives the user; says the same refusals as using it. */
export function offerOf(unit: Unit, visitor: Visitor, id: string, code_hash: string): Outcome<Offer> {
	const found = usable(unit, visitor, id, code_hash);
	if (!found.ok) return found;
	const { share, grant } = found.value;
	const { quiz, access, expires_at, max_uses, uses } = share;
	const title = unit.quizzes.titleFor(quiz, access === "edit" ? "draft" : "version");
	const uses_left = max_uses === null ? null : max_uses - uses;
	const { user: owner } = unit.who;
	return accepted({ share: id, owner, quiz, title, access, expires_at, uses_left, redeemed: grant !== null });
}

/** Uses the share: in the same transaction as the count of uses, so that the last one goes to one user. */
export function redeemShare(unit: Unit, visitor: Visitor, id: string, code_hash: string): Outcome<Redemption> {
	const found = usable(unit, visitor, id, code_hash);
	if (!found.ok) return found;
	const { share, grant: earlier } = found.value;
	const grant = earlier ?? use(unit, visitor, share);
	const { quiz, access, expires_at: until } = share;
	return accepted({ ...grant, share: id, owner: unit.who.user, quiz, access, until });
}

function use(unit: Unit, { visitor: grantee, tenant }: Visitor, share: Share): ShareGrant {
	const { id, quiz, access, expires_at: until } = share;
	const published = access === "edit" ? null : unit.quizzes.head(quiz);
	const version = published?.version_hash ?? null;
	const version_number = published?.version ?? null;
	const event = { share: id, quiz, grantee, tenant, access, until, version, version_number };
	const seq = unit.log.append(unit.who, unit.now, "share.redeemed", id, event);
	const grant = { seq, grantee, tenant, version, version_number, at: unit.now };
	unit.shares.use(share, grant);
	return grant;
}

/** The share with this code, if it gives the user something now. */
function usable(unit: Unit, { visitor, tenant }: Visitor, id: string, code_hash: string) {
	const share = unit.shares.get(id);
	if (!share || !sameHash(share.code_hash, code_hash)) return notFound("share");
	if (visitor === unit.who.user) return conflict("This is a share of your own quiz, which you need no share for.");
	const grant = unit.shares.grant(share, visitor);
	if (grant && grant.tenant !== null && grant.tenant !== tenant) {
		return conflict("The share was used under this user's id by somebody of another tenant.");
	}
	const refusal = refusedUse(share, grant !== null, unit.now) ?? refusedVersion(unit, share.quiz, share);
	return refusal ?? accepted({ share, grant });
}

/**
 * Whether a share that the visitor has used gives one of these accesses to the quiz now. What was withdrawn or deleted is not
 * given from that instant, whatever the catalog still has of it.
 */
export function givesNow(unit: Unit, visitor: Visitor, quiz: string, accesses: readonly Access[]): boolean {
	const head = unit.quizzes.head(quiz);
	if (head?.deleted_at !== null) return false;
	const given = head.status === "published" ? accesses : accesses.filter((access) => access === "edit");
	return unit.shares.lets(visitor, quiz, given, unit.now);
}

/** What is shared is what is published, if only to the owner; only the draft can be shared before. Nothing of a deleted quiz is. */
function refusedVersion(unit: Unit, quiz: string, { access }: ShareTerms) {
	const head = unit.quizzes.head(quiz);
	if (head?.deleted_at !== null) return conflict("The quiz is deleted.");
	if (access === "edit" || head.status === "published") return null;
	return conflict(`The quiz is not published. Only what is published, if only privately, can be shared to ${access}.`);
}

const eventOf = ({
	id,
	quiz,
	access,
	code_hash,
	expires_at,
	max_uses,
	created_at,
}: Share): EventBody<"share.created"> => ({
	share: id,
	quiz,
	access,
	code_hash,
	expires_at,
	max_uses,
	created_at,
});

export const ownShare = (share: Share, now: number): OwnShare => ({ ...share, status: shareStatus(share, now) });
