import type { Context } from "hono";
import { readCurrentVersion } from "../catalog/current-versions.ts";
import { audiencesOf, readGrantedQuiz, readQuiz } from "../catalog/quizzes.ts";
import { hasEditGrant } from "../catalog/shares.ts";
import type { QuizContent } from "../domain/quiz.ts";
import { type Access, LETS_ATTEMPT } from "../domain/shares.ts";
import type { HonoEnv } from "../env.ts";
import { audiences } from "./playable.ts";
import { requireScope } from "./principal.ts";
import { isRepeatable, shardOf } from "./shard-of.ts";
import { userCall } from "./user-call.ts";

interface Reader {
	user: string;
	tenant: string;
	now: number;
	request_id: string;
}

/** Who reads, by the verified principal. */
function readerOf(c: Context<HonoEnv>): Reader {
	const { subject: user, tenant } = c.get("principal");
	return { user, tenant, now: c.get("now"), request_id: c.get("request_id") };
}

/**
 * The published quiz, if the reader is in its audience or has used a share that gives one of these accesses. The catalog says
 * whom to ask, and the owner's shard whether the share is alive: so a revocation counts at once. Nobody else's request
 * reaches that shard.
 */
export async function visibleQuiz(c: Context<HonoEnv>, db: D1DatabaseSession, id: string, accesses: readonly Access[]) {
	const own = await readQuiz(db, id, audiences(c));
	return own ?? grantedQuiz(c.env, db, id, readerOf(c), accesses);
}

/**
 * The version that an attempt is marked against, of a quiz that may be attempted as {@link visibleQuiz} says. Nothing of it is
 * shown before the reader's shard has agreed that it is the reader's.
 * @param bookmark what the client has seen of the catalog, or null: then it may be a moment old
 */
export async function attemptableQuiz(env: Env, id: string, reader: Reader, bookmark: string | null) {
	const own = await readCurrentVersion(env, id, audiencesOf(reader), { bookmark, now: reader.now });
	if (own) return own;
	const granted = await grantedQuiz(env, env.CATALOG.withSession("first-primary"), id, reader, LETS_ATTEMPT);
	return granted && { id, version: granted.content_hash, version_number: granted.version_number };
}

async function grantedQuiz(
	env: Env,
	db: D1DatabaseSession,
	id: string,
	{ user, tenant, now, request_id }: Reader,
	accesses: readonly Access[],
) {
	const granted = await readGrantedQuiz(db, id, user, accesses);
	if (!granted) return null;
	const visit = { visitor: user, tenant, now, request_id };
	const isAlive = await shardOf(env, granted.owner, true).lets(visit, id, accesses);
	return isAlive ? granted : null;
}

/** A draft to read and to revise: one's own, or another user's that a share lets one edit. */
export async function draftOf(c: Context<HonoEnv>, named: string, quiz: string) {
	const principal = c.get("principal");
	requireScope(principal, "quizzes:write");
	const { subject: visitor, tenant } = principal;
	const isOther = named !== "me" && named !== visitor;
	if (isOther && (await hasEditGrant(c.env.CATALOG, quiz, visitor, named))) {
		const visit = { visitor, tenant, now: c.get("now"), request_id: c.get("request_id") };
		const shard = shardOf(c.env, named, isRepeatable(c));
		return {
			call: { ...visit, user: named },
			read: async () => shard.sharedDraft(visit, quiz),
			revise: async (etag: string, content: QuizContent) => shard.reviseSharedQuiz(visit, quiz, etag, content),
		};
	}
	const { call, shard } = await userCall(c, named, "quizzes:write");
	return {
		call,
		read: async () => shard.quiz(call, quiz),
		revise: async (etag: string, content: QuizContent) => shard.reviseQuiz(call, quiz, etag, content),
	};
}
