import { insertGuest } from "../../accounts/guests.ts";
import { readTenant } from "../../accounts/tenants.ts";
import { readPublishedQuiz } from "../../catalog/quizzes/quizzes.ts";
import { tenantOf } from "../../catalog/replication/shards.ts";
import { findShare } from "../../catalog/sharing/shares.ts";
import { sha256Hex } from "../../domain/canonical.ts";
import { mintPeopleId } from "../../domain/ids.ts";
import { hashOfSecret } from "../../domain/people/api-keys.ts";
import { makeGuestSecret } from "../../domain/people/guest-secrets.ts";
import { GUEST_LIFE_MS } from "../../domain/people/limits.ts";
import { placementOf, placementSuffix } from "../../domain/people/placement.ts";
import { settingsIn } from "../../domain/people/tenants.ts";
import { accepted, type Outcome, refused } from "../../domain/result.ts";
import { readShareCode } from "../../domain/sharing/share-codes.ts";
import { PUBLIC_ONLY } from "../quizzes/audiences.ts";
import { shardOf } from "../shard-of.ts";
import { countMiss, guesserRefusal } from "../sharing/misses.ts";
import { type IssuedToken, issueToken, type TokenCtx } from "./issue-token.ts";

/** What lets a guest in: a code, or a public quiz. */
export type GuestBy = { share: string } | { quiz: string };

export interface MadeGuest extends IssuedToken {
	/** What the guest gets further tokens with; it is shown this once. */
	guest_secret: string;
	/** Until when, milliseconds since the epoch. */
	expires_at: number;
}

/**
 * Makes a user without an account, in the tenant of whose quiz or share it is. Gates: the caller has not guessed too often; the quiz is public, or the share
 * is alive; the tenant lets guests in.
 * @param caller who asks, as far as an address tells: for guesses alone
 */
export async function makeGuest(
	ctx: TokenCtx & { request_id: string },
	caller: string,
	by: GuestBy,
): Promise<Outcome<MadeGuest>> {
	const { env, now } = ctx;
	const guesser = guesserRefusal(caller, now);
	if (guesser) return refused(guesser);
	const minted = mintPeopleId("user", now, crypto.getRandomValues(new Uint8Array(10)));
	const tenant = "quiz" in by ? await tenantOfQuiz(env, by.quiz) : await tenantOfShare(ctx, by.share, minted);
	const row = tenant === null ? null : await readTenant(env.ACCOUNTS, tenant);
	if (!row) {
		countMiss(caller, now);
		return refused({ code: "not-found", detail: "There is no such quiz or share, or it lets nobody in." });
	}
	if (settingsIn(row.settings).guests === "refused") {
		return refused({ code: "forbidden", detail: "This organization lets no guests in; sign in." });
	}
	const id = minted + placementSuffix(placementOf(row.id));
	const guest_secret = makeGuestSecret(id, crypto.getRandomValues(new Uint8Array(20)));
	const expires_at = now + GUEST_LIFE_MS;
	const guest = { id, tenant_id: row.id, hash: hashOfSecret(guest_secret), created_at: now, expires_at };
	await env.ACCOUNTS.batch(insertGuest(env.ACCOUNTS, guest));
	const issued = await issueToken(ctx, { credential: guest_secret });
	if (issued.who === "unknown") throw new Error("a guest who was made is not known");
	return issued.outcome.ok ? accepted({ ...issued.outcome.value, guest_secret, expires_at }) : issued.outcome;
}

async function tenantOfQuiz({ CATALOG }: Env, id: string): Promise<string | null> {
	const quiz = await readPublishedQuiz(CATALOG.withSession("first-unconstrained"), id, PUBLIC_ONLY);
	return quiz && (await tenantOf(CATALOG, quiz.owner));
}

/** The share is looked at as the guest would, so that one that gives nothing any more makes nobody. */
async function tenantOfShare(
	{ env, now, request_id }: TokenCtx & { request_id: string },
	text: string,
	visitor: string,
) {
	const code = readShareCode(text);
	const code_hash = sha256Hex(code ?? "");
	const share = code === null ? null : await findShare(env.CATALOG, code_hash);
	const tenant = share && (await tenantOf(env.CATALOG, share.owner));
	if (!share || !tenant) return null;
	const offer = await shardOf(env, share.owner, true).shares.offer(
		{ visitor, tenant, now, request_id },
		share.id,
		code_hash,
	);
	return offer.ok ? tenant : null;
}
