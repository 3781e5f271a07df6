import { change, shownReply } from "../verbs.ts";
import { shownMedium } from "./shown-media.ts";

/** Lets go of an image. Gates: `quizzes:write`, the user is known; the shard's: nothing names it. */
export const removeImage = change(
	"quizzes:write",
	async ({ shard, call }, { media }: { user: string; media: string }, ctx) =>
		shownReply(await shard.media.remove(call, media), (medium) => shownMedium(ctx, medium)),
);
