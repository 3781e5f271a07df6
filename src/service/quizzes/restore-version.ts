import { change, openedReply } from "../verbs.ts";
import { shownDraft } from "./shown-quizzes.ts";

interface Input {
	user: string;
	quiz: string;
	number: number;
	etag: string;
}

/** Makes a version the draft again. Gates: `quizzes:write`, the user is known; the shard's: the draft is the one that was read. */
export const restoreVersion = change("quizzes:write", async ({ shard, call }, { quiz, number, etag }: Input, { env }) =>
	openedReply(await shard.versions.restore(call, quiz, number, etag), shownDraft(env)),
);
