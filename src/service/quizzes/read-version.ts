import { look } from "../verbs.ts";
import { shownWholeVersion } from "./shown-quizzes.ts";

interface Input {
	user: string;
	quiz: string;
	number: number;
}

/** A version of an own quiz with its content. Gates: `quizzes:write`, the user is known. */
export const readVersion = look("quizzes:write", "version", async ({ shard, call }, { quiz, number }: Input) => {
	const version = await shard.versions.get(call, quiz, number);
	return version && shownWholeVersion(quiz, version);
});
