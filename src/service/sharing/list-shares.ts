import { look, NEWEST, pageOf } from "../verbs.ts";
import { shownShare } from "./shown-shares.ts";

interface Input {
	user: string;
	quiz: string;
	before: number | null;
	limit: number;
}

/** The shares of an own quiz, newest first, without their codes. Gates: `quizzes:write`, the user is known. */
export const listShares = look("quizzes:write", "quiz", async ({ shard, call }, { quiz, before, limit }: Input) => {
	const rows = await shard.shares.list(call, quiz, before ?? NEWEST, limit + 1);
	return pageOf(
		rows,
		limit,
		({ seq }) => seq,
		({ share }) => shownShare(share),
	);
});
