import { look, NEWEST, pageOf } from "../verbs.ts";
import { shownMedium } from "./shown-media.ts";

interface Input {
	user: string;
	before: number | null;
	limit: number;
}

/** Own images, newest first, with how often each is used. Gates: `quizzes:write`, the user is known. */
export const listImages = look("quizzes:write", "user", async ({ shard, call }, { before, limit }: Input, ctx) => {
	const rows = await shard.media.list(call, before ?? NEWEST, limit + 1);
	return pageOf(
		rows,
		limit,
		({ seq }) => seq,
		({ medium }) => shownMedium(ctx, medium),
	);
});
