import { readAnswerKey } from "../../catalog/quizzes/versions.ts";
import { attemptableQuiz } from "../quizzes/visible-quiz.ts";
import { change, openedReply } from "../verbs.ts";
import { shownAttemptOrSitting } from "./shown-sittings.ts";

interface Input {
	user: string;
	quiz: string;
}

/**
 * Begins an attempt, or goes on with the one at the quiz that is under way. Gates: a key, `attempts:write`, the user is known, the quiz may be attempted; the
 * shard's: it is open for the taker, a further attempt is allowed.
 */
export const openAttempt = change(
	"attempts:write",
	async ({ shard, call }, { quiz: id }: Input, ctx) => {
		const quiz = await attemptableQuiz(ctx, id, call);
		const key = quiz && (await readAnswerKey(ctx.env, quiz));
		const reply = await shard.attempts.open(call, id, key);
		return openedReply(reply, (attempt) => shownAttemptOrSitting(ctx, call.user, attempt));
	},
	{ keyed: true },
);
