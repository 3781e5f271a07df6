import type { QuizContent } from "../../domain/quizzes/quiz.ts";
import type { Ctx } from "../context.ts";
import { scopeRefusal } from "../principal.ts";
import { shardOf } from "../shard-of.ts";
import { change, notWritten, openedReply, visited } from "../verbs.ts";
import { type DraftName, editingVisit } from "./editing.ts";
import { shownDraft } from "./shown-quizzes.ts";

interface Input extends DraftName {
	/** Of the draft that the caller has read. */
	etag: string;
	content: QuizContent;
}

const replaceOwn = change("quizzes:write", async ({ shard, call }, { quiz, etag, content }: Input, ctx) =>
	openedReply(await shard.quizzes.revise(call, quiz, etag, content), shownDraft(ctx.env)),
);

/**
 * Replaces a draft: an own one, or one that a share lets the caller edit. Gates: `quizzes:write`; that share, or those of an own one;
 * the shard's: the draft is the one that was read.
 */
export async function replaceDraft(ctx: Ctx, input: Input) {
	const forbidden = scopeRefusal(ctx.principal, "quizzes:write");
	if (forbidden) return notWritten(forbidden);
	const visit = await editingVisit(ctx, input);
	if (!visit) return replaceOwn(ctx, input);
	const { user, quiz, etag, content } = input;
	const reply = await shardOf(ctx.env, user, false).shares.revise(visit, quiz, etag, content);
	return visited(user, await openedReply(reply, shownDraft(ctx.env)));
}
