import { change, openedReply } from "../verbs.ts";
import { shownDraft } from "./shown-quizzes.ts";

interface Input {
	user: string;
	quiz: string;
	/** Of a version; the draft where it is absent. */
	version_number?: number | undefined;
}

/** Makes a new draft with the content of a version or of the draft. Gates: `quizzes:write`, the user is known. */
export const duplicateQuiz = change(
	"quizzes:write",
	async ({ shard, call }, { quiz, version_number }: Input, { env }) =>
		openedReply(await shard.quizzes.duplicate(call, quiz, version_number ?? null), shownDraft(env)),
);
