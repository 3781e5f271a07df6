import { look } from "../verbs.ts";

interface Input {
	user: string;
	quiz: string;
	from: number;
	/** The draft where it is null. */
	to: number | null;
}

/** What changed between two versions of an own quiz. Gates: `quizzes:write`, the user is known. */
export const compareVersions = look("quizzes:write", "version", async ({ shard, call }, { quiz, from, to }: Input) =>
	shard.versions.diff(call, quiz, from, to),
);
