import { putVersion, removeVersions } from "../../catalog/quizzes/versions.ts";
import type { Visibility } from "../../domain/quizzes/quiz.ts";
import type { Ctx } from "../context.ts";
import { notWritten, type OnShard, openedReply, shardOfUser, unknown, written } from "../verbs.ts";
import { keptNearby } from "./nearby.ts";
import { shownQuiz } from "./shown-quizzes.ts";

interface Input {
	user: string;
	quiz: string;
	visibility: Visibility;
	/** Of the draft that the caller has read; null for whichever there is. */
	etag: string | null;
}

/**
 * Freezes the draft as a version and makes it the one that is taken. The content is put where it is read before the shard says that
 * it is published. Gates: `quizzes:write`, the user is known, the quiz is there; the shard's: the draft is the one that was read.
 */
export async function publishQuiz(ctx: Ctx, input: Input) {
	const on = await shardOfUser(ctx, input.user, "quizzes:write", false);
	if (!on.ok) return notWritten(on.refusal);
	const { call, shard } = on.value;
	const draft = await shard.quizzes.draft(call, input.quiz, input.etag);
	if (draft === null) return notWritten(unknown("quiz").refusal);
	const { outcome } = draft;
	return written(ctx, call, outcome.ok ? await publish(ctx, on.value, input, outcome.value) : { ...draft, outcome });
}

async function publish(
	ctx: Ctx,
	{ shard, call }: OnShard,
	{ quiz, visibility, etag }: Input,
	{ hash, text }: { hash: string; text: string },
) {
	const isNew = await putVersion(ctx.env, hash, text);
	const reply = await shard.quizzes.publish(call, quiz, hash, visibility, etag);
	// Quiz or user are gone meanwhile, so nothing will ever name what was put there, nor remove it.
	if (isNew && !reply.outcome.ok && reply.outcome.refusal.code === "not-found") await removeVersions(ctx.env, [hash]);
	return openedReply(await keptNearby(ctx, call, reply), shownQuiz(ctx.env));
}
