import { change, openedReply } from "../verbs.ts";
import { shownQuiz } from "./shown-quizzes.ts";

interface Input {
	user: string;
	quiz: string;
	slug: string;
	etag: string | null;
}

/** Claims a slug for the quiz. Gates: `quizzes:write`, the user is known; the shard's: the draft is the one that was read. */
export const claimSlug = change("quizzes:write", async ({ shard, call }, { quiz, slug, etag }: Input, { env }) =>
	openedReply(await shard.quizzes.claimSlug(call, quiz, slug, etag), shownQuiz(env)),
);
