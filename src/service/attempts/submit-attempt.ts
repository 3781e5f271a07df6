import { readAnswerKey } from "../../catalog/quizzes/versions.ts";
import { answersText, type Submission } from "../../domain/attempts/attempts.ts";
import { askingPrivately, hasText, sealField } from "../../domain/privacy/private-texts.ts";
import type { Call } from "../../shard/engine/runner.ts";
import { keptOrigin } from "../privacy/kept-origin.ts";
import { userKey } from "../privacy/user-keys.ts";
import { attemptableQuiz } from "../quizzes/visible-quiz.ts";
import { change, noUser, openedReply } from "../verbs.ts";
import { shownAttempt } from "./shown-attempts.ts";

interface Input {
	user: string;
	submission: Submission;
}

/**
 * Marks the answers and keeps them. Gates: a key, `attempts:write`, the user is known, the quiz may be attempted; the shard's: the
 * answers fit the quiz, a further attempt is allowed.
 */
export const submitAttempt = change(
	"attempts:write",
	async ({ shard, call }, { submission }: Input, ctx) => {
		const sealed = await sealedSubmission(ctx.env, call, submission);
		if (!sealed) return noUser();
		const quiz = await attemptableQuiz(ctx, submission.quiz, call);
		const key = quiz && (await readAnswerKey(ctx.env, quiz));
		const came_from = await keptOrigin(ctx, call.user);
		const reply = await shard.attempts.submit(sealed.call, submission, key, sealed.answers, came_from);
		return openedReply(reply, (attempt) => shownAttempt(ctx.env, call.user, attempt, !reply.replayed));
	},
	{ keyed: true },
);

/**
 * What is kept of answers with a text among them: sealed, while the shard marks them as they were given. Null answers are kept as they are.
 * @returns null where the user is erased
 */
async function sealedSubmission(env: Env, call: Call, submission: Submission) {
	const { answers } = submission;
	if (!hasText(answers)) return { call, answers: null };
	const key = await userKey(env, call.user);
	if (!key) return null;
	const asked = askingPrivately(key, "attempts.submit", { ...submission });
	return { call: { ...call, asked }, answers: answersText(await sealField(key, "answers", answers)) };
}
