import { z } from "zod";
import { hash } from "../log/event-fields.ts";
import { MEDIA_TYPES } from "./image-headers.ts";

/** What the log says of media. */

const added = z.object({
	media: hash,
	type: z.enum(MEDIA_TYPES),
	bytes: z.int().min(1),
	width: z.int().min(1),
	height: z.int().min(1),
});

/** Of media that a draft or a version names for the first time, or that none names any more. */
const use = z.object({ media: z.array(hash).min(1) });

export const MEDIA_BODIES = {
	"media.added": added,
	"media.used": use,
	"media.unused": use,
	"media.removed": z.object({ media: hash, reason: z.enum(["deleted", "unused"]) }),
};

export type MediaKind = keyof typeof MEDIA_BODIES;
