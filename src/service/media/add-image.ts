import { putMedia } from "../../catalog/media/media-objects.ts";
import type { Image } from "../../domain/media/media.ts";
import type { Ctx } from "../context.ts";
import { notWritten, shardOfUser, shownReply, unknown, written } from "../verbs.ts";
import { shownMedium } from "./shown-media.ts";

interface Input {
	user: string;
	/** Gives the bytes and what they are. Asked for behind the gates: they are many. */
	upload(): Promise<{ image: Image; bytes: Uint8Array }>;
}

/**
 * Keeps an image. The bytes are there before the shard says that the user has them. Gates: `quizzes:write`, the user is known, it is
 * an image; the shard's: there is room.
 */
export async function addImage(ctx: Ctx, { user, upload }: Input) {
	const on = await shardOfUser(ctx, user, "quizzes:write", ctx.idempotency_key !== undefined);
	if (!on.ok) return notWritten(on.refusal);
	const { call, shard } = on.value;
	const { image, bytes } = await upload();
	const room = await shard.media.room(call, image);
	if (room === null) return notWritten(unknown("user").refusal);
	if (!room.ok) return notWritten(room.refusal);
	await putMedia(ctx.env.CONTENT, image, bytes, call.user);
	return written(
		ctx,
		call,
		shownReply(await shard.media.add(call, image), (medium) => shownMedium(ctx, medium)),
	);
}
