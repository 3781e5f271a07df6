import { change, openedReply } from "../verbs.ts";
import { keptNearby } from "./nearby.ts";
import { shownQuiz } from "./shown-quizzes.ts";

interface Input {
	user: string;
	quiz: string;
	etag: string | null;
}

/** Withdraws the quiz and lets it be purged later. Gates: `quizzes:write`, the user is known; the shard's: the draft is the one that was read. */
export const deleteQuiz = change("quizzes:write", async ({ shard, call }, { quiz, etag }: Input, ctx) =>
	openedReply(await keptNearby(ctx, call, await shard.quizzes.delete(call, quiz, etag)), shownQuiz(ctx.env)),
);
