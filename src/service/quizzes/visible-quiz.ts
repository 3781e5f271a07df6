import { type CurrentVersion, readCurrentVersion } from "../../catalog/quizzes/current-versions.ts";
import {
	type PublishedQuiz,
	quizOfPublication,
	readGrantedQuiz,
	readPublishedQuiz,
} from "../../catalog/quizzes/quizzes.ts";
import { ID_PATTERNS } from "../../domain/ids.ts";
import { type Access, LETS_ATTEMPT } from "../../domain/sharing/shares.ts";
import type { Call } from "../../shard/engine/runner.ts";
import type { Publication } from "../../shard/quizzes/life-commands.ts";
import type { Ctx } from "../context.ts";
import { isShownOf } from "../open-reads.ts";
import { isAnonymous } from "../principal.ts";
import { shardOf } from "../shard-of.ts";
import { audiences, audiencesAs } from "./audiences.ts";

interface Reader {
	user: string;
	tenant: string;
	now: number;
	request_id: string;
}

/** Who reads, by the verified principal. */
export function readerOf({ principal, now, request_id }: Ctx): Reader {
	const { subject: user, tenant } = principal;
	return { user, tenant, now, request_id };
}

/**
 * The published quiz, if the reader is in its audience or has used a share that gives one of these accesses. The catalog says
 * whom to ask, and the owner's shard whether the share is alive: so a revocation counts at once. Nobody else's request
 * reaches that shard. What authors have just done with a quiz of their own they see before the catalog has it.
 */
export async function visibleQuiz(
	ctx: Ctx,
	db: D1DatabaseSession,
	id: string,
	accesses: readonly Access[],
): Promise<PublishedQuiz | null> {
	const reader = readerOf(ctx);
	const shown = await readPublishedQuiz(db, id, audiences(ctx));
	if (isAnonymous(ctx.principal)) return shown && (await isShownOf(ctx, shown.owner)) ? shown : null;
	if (shown && shown.owner !== reader.user) return shown;
	const granted = shown ? null : await grantedQuiz(ctx.env, id, reader, accesses);
	return granted ?? ownQuiz(await ownPublication(ctx, id), shown);
}

/** What the caller's own shard has of a quiz; null if it is not the caller's, and for a service, which has no shard. */
export async function ownPublication(ctx: Ctx, id: string): Promise<Publication | null> {
	const { subject, actor } = ctx.principal;
	if (!ID_PATTERNS.user.test(subject)) return null;
	return shardOf(ctx.env, subject, true).quizzes.publication({ ...readerOf(ctx), actor }, id);
}

/** @param shown what the catalog has of it */
function ownQuiz(publication: Publication | null, shown: PublishedQuiz | null): PublishedQuiz | null {
	if (!publication?.is_published) return null;
	const own = quizOfPublication(publication);
	const isSame = shown?.content_hash === own.content_hash && shown.visibility === own.visibility;
	return isSame ? shown : { ...own, popularity: shown?.popularity ?? 0, rating: shown?.rating ?? 0 };
}

/**
 * The version that an attempt is marked against, of a quiz that may be attempted as {@link visibleQuiz} says; unless the caller has
 * seen the catalog, it may be a moment old. Nothing of it is shown before the reader's shard has agreed that it is the reader's.
 */
export async function attemptableQuiz(ctx: Ctx, id: string, call: Call): Promise<CurrentVersion | null> {
	const { env } = ctx;
	const shown = await readCurrentVersion(env, id, audiencesAs(ctx.principal, call.user), {
		bookmark: ctx.seen(),
		now: call.now,
	});
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
	const { shares } = shardOf(env, owner, true);
	const visit = { visitor: user, tenant, now, request_id };
	if (quiz) return (await shares.lets(visit, id, accesses)) ? quiz : null;
	return ownQuiz(await shares.publication(visit, id, accesses), null);
}
