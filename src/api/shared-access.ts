import type { Context } from "hono";
import { readCollection } from "../catalog/collections.ts";
import { type CurrentVersion, readCurrentVersion } from "../catalog/current-versions.ts";
import { audiencesOf, type PublishedQuiz, quizOfPublication, readGrantedQuiz, readQuiz } from "../catalog/quizzes.ts";
import { hasEditGrant } from "../catalog/shares.ts";
import { ID_PATTERNS } from "../domain/ids.ts";
import type { QuizContent } from "../domain/quiz.ts";
import { type Access, LETS_ATTEMPT } from "../domain/shares.ts";
import type { HonoEnv } from "../env.ts";
import type { Publication } from "../shard/commands/authoring.ts";
import type { Call } from "../shard/runner.ts";
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
 * reaches that shard. What authors have just done with a quiz of their own they see before the catalog has it.
 */
export async function visibleQuiz(
	c: Context<HonoEnv>,
	db: D1DatabaseSession,
	id: string,
	accesses: readonly Access[],
): Promise<PublishedQuiz | null> {
	const reader = readerOf(c);
	const shown = await readQuiz(db, id, audiences(c));
	if (shown && shown.owner !== reader.user) return shown;
	const granted = shown ? null : await grantedQuiz(c.env, id, reader, accesses);
	return granted ?? ownQuiz(await ownPublication(c, id), shown);
}

/** A collection that the reader may see; an own one as it is by now, which the catalog may not have yet. */
export async function visibleCollection(c: Context<HonoEnv>, db: D1DatabaseSession, collection: string) {
	const { subject: owner, actor } = c.get("principal");
	const shown = await readCollection(db, collection, audiences(c));
	if ((shown && shown.owner !== owner) || !ID_PATTERNS.user.test(owner)) return shown;
	const own = await shardOf(c.env, owner, true).collections.get({ ...readerOf(c), actor }, collection);
	if (!own) return null;
	const { id, visibility, title, description, quizzes, created_at, updated_at } = own;
	return { id, owner, visibility, title, description, quizzes, created_at, updated_at };
}

/** What the caller's own shard has of a quiz; null if it is not the caller's, and for a service, which has no shard. */
export async function ownPublication(c: Context<HonoEnv>, id: string): Promise<Publication | null> {
	const { subject, actor } = c.get("principal");
	if (!ID_PATTERNS.user.test(subject)) return null;
	return shardOf(c.env, subject, true).quizzes.publication({ ...readerOf(c), actor }, id);
}

/** @param shown what the catalog has of it */
function ownQuiz(publication: Publication | null, shown: PublishedQuiz | null): PublishedQuiz | null {
	if (!publication?.is_published) return null;
	const own = quizOfPublication(publication);
	const isSame = shown?.content_hash === own.content_hash && shown.visibility === own.visibility;
	return isSame ? shown : { ...own, popularity: shown?.popularity ?? 0, rating: shown?.rating ?? 0 };
}

/**
 * The version that an attempt is marked against, of a quiz that may be attempted as {@link visibleQuiz} says. Nothing of it is
 * shown before the reader's shard has agreed that it is the reader's.
 * @param bookmark what the client has seen of the catalog, or null: then it may be a moment old
 */
export async function attemptableQuiz(
	env: Env,
	id: string,
	call: Call,
	bookmark: string | null,
): Promise<CurrentVersion | null> {
	const shown = await readCurrentVersion(env, id, audiencesOf(call), { bookmark, now: call.now });
	if (shown) return shown;
	const granted = await grantedQuiz(env, id, call, LETS_ATTEMPT);
	const quiz = granted ?? ownQuiz(await shardOf(env, call.user, true).quizzes.publication(call, id), null);
	return quiz && { id, version: quiz.content_hash, version_number: quiz.version_number };
}

/** Reads the primary: the share may have been used a moment ago. */
async function grantedQuiz(
	env: Env,
	id: string,
	{ user, tenant, now, request_id }: Reader,
	accesses: readonly Access[],
): Promise<PublishedQuiz | null> {
	const granted = await readGrantedQuiz(env.CATALOG.withSession("first-primary"), id, user, accesses);
	if (!granted) return null;
	const { owner, quiz } = granted;
	const shard = shardOf(env, owner, true);
	const visit = { visitor: user, tenant, now, request_id };
	if (quiz) return (await shard.shares.lets(visit, id, accesses)) ? quiz : null;
	return ownQuiz(await shard.shares.publication(visit, id, accesses), null);
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
			read: async () => shard.shares.draft(visit, quiz),
			revise: async (etag: string, content: QuizContent) => shard.shares.revise(visit, quiz, etag, content),
		};
	}
	const { call, shard } = await userCall(c, named, "quizzes:write");
	return {
		call,
		read: async () => shard.quizzes.get(call, quiz),
		revise: async (etag: string, content: QuizContent) => shard.quizzes.revise(call, quiz, etag, content),
	};
}
