import { look, NEWEST, pageOf } from "../verbs.ts";
import { shownVersion } from "./shown-quizzes.ts";

interface Input {
	user: string;
	quiz: string;
	before: number | null;
	limit: number;
}

/** The versions of an own quiz, newest first, without their content. Gates: `quizzes:write`, the user is known. */
export const listVersions = look("quizzes:write", "quiz", async ({ shard, call }, { quiz, before, limit }: Input) => {
	const rows = await shard.versions.list(call, quiz, before ?? NEWEST, limit + 1);
	return pageOf(
		rows,
		limit,
		({ number }) => number,
		(version) => shownVersion(quiz, version),
	);
});
