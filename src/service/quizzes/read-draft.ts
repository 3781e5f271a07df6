import { refused } from "../../domain/result.ts";
import type { Ctx } from "../context.ts";
import { scopeRefusal } from "../principal.ts";
import { shardOf } from "../shard-of.ts";
import { found, look } from "../verbs.ts";
import { type DraftName, editingVisit } from "./editing.ts";
import { shownDraft } from "./shown-quizzes.ts";

/** An own quiz with its content. Gates: `quizzes:write`, the user is known. */
const readOwn = look("quizzes:write", "quiz", async ({ shard, call }, { quiz: id }: DraftName, ctx) => {
	const quiz = await shard.quizzes.get(call, id);
	return quiz && (await shownDraft(ctx.env)(quiz));
});

/** A draft: an own one, or one that a share lets the caller edit. Gates: `quizzes:write`; that share, or those of an own one. */
export async function readDraft(ctx: Ctx, input: DraftName) {
	const forbidden = scopeRefusal(ctx.principal, "quizzes:write");
	if (forbidden) return refused(forbidden);
	const visit = await editingVisit(ctx, input);
	if (!visit) return readOwn(ctx, input);
	const quiz = await shardOf(ctx.env, input.user, true).shares.draft(visit, input.quiz);
	return found(quiz && (await shownDraft(ctx.env)(quiz)), "quiz");
}
