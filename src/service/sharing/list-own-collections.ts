import { look, NEWEST, pageOf } from "../verbs.ts";

interface Input {
	user: string;
	before: number | null;
	limit: number;
}

/** Own collections, newest first. Gates: `quizzes:write`, the user is known. */
export const listOwnCollections = look("quizzes:write", "user", async ({ shard, call }, { before, limit }: Input) => {
	const rows = await shard.collections.list(call, before ?? NEWEST, limit + 1);
	return pageOf(
		rows,
		limit,
		({ seq }) => seq,
		({ collection }) => collection,
	);
});
