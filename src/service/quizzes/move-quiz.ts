import type { NamedStatus } from "../../domain/quizzes/workflow.ts";
import { change, openedReply } from "../verbs.ts";
import { keptNearby } from "./nearby.ts";
import { shownQuiz } from "./shown-quizzes.ts";

interface Input {
	user: string;
	quiz: string;
	status: NamedStatus;
	etag: string | null;
}

/** Into review, back to draft, or to the archive. Gates: `quizzes:write`, the user is known; the shard's: the workflow has that step. */
export const moveQuiz = change("quizzes:write", async ({ shard, call }, { quiz, status, etag }: Input, ctx) =>
	openedReply(await keptNearby(ctx, call, await shard.quizzes.move(call, quiz, status, etag)), shownQuiz(ctx.env)),
);
