import { readAnswerKey } from "../../catalog/quizzes/versions.ts";
import type { Submission } from "../../domain/attempts/attempts.ts";
import { accepted } from "../../domain/result.ts";
import type { Attempt } from "../../shard/attempts/store.ts";
import type { Ctx } from "../context.ts";
import { attemptableQuiz } from "../quizzes/visible-quiz.ts";
import { type Changed, change } from "../verbs.ts";
import { shownAttempt } from "./shown-attempts.ts";

interface Input {
	user: string;
	submission: Submission;
}

const submit = change(
	"attempts:write",
	async ({ shard, call }, { submission }: Input, ctx) => {
		const quiz = await attemptableQuiz(ctx, submission.quiz, call);
		return shard.attempts.submit(call, submission, quiz && (await readAnswerKey(ctx.env, quiz)));
	},
	{ keyed: true },
);

/**
 * Marks the answers and keeps them. Gates: a key, `attempts:write`, the user is known, the quiz may be attempted; the shard's: the
 * answers fit the quiz, a further attempt is allowed.
 */
export async function submitAttempt(ctx: Ctx, input: Input): Promise<Changed<Attempt>> {
	const changed = await submit(ctx, input);
	const { outcome } = changed;
	return outcome.ok ? { ...changed, outcome: accepted(await shownAttempt(ctx.env, outcome.value)) } : changed;
}
