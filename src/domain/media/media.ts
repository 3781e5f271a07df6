import type { QuizContent } from "../quizzes/quiz.ts";
import type { InputFault } from "../result.ts";
import { DAY_MS } from "../units.ts";
import { imageSize, MEDIA_TYPES, type MediaType, sniffType } from "./image-headers.ts";
import { MEDIA_PIXELS_MAX, MEDIA_SIDE_PX_MAX, MEDIA_UNUSED_KEPT_MS } from "./limits.ts";

/** Images that quizzes show. A medium is named by the SHA-256 of its bytes, so what the name gives never changes. */

/** An image, as its bytes say. */
export interface Image {
	/** SHA-256 of the bytes in hex. */
	media: string;
	type: MediaType;
	bytes: number;
	width: number;
	height: number;
}

export const isMediaType = (type: string): type is MediaType => MEDIA_TYPES.some((known) => known === type);

/**
 * Looks at the bytes of an upload.
 * @param claimed the type that the uploader says they have
 * @returns what they are, or what is wrong with them
 */
export function examine(
	claimed: MediaType,
	bytes: Uint8Array,
): { ok: true; image: Omit<Image, "media"> } | { ok: false; fault: InputFault } {
	const type = sniffType(bytes);
	if (type !== claimed) {
		const are = type === null ? `none of ${MEDIA_TYPES.join(", ")}` : type;
		const detail = `The header says ${claimed}; the bytes are ${are}.`;
		return { ok: false, fault: { in: "header", pointer: "/Content-Type", detail } };
	}
	const size = imageSize(type, bytes);
	if (!size) return { ok: false, fault: { pointer: "", detail: `The header of the ${type} is broken or cut off.` } };
	const fault = sizeFault(size);
	return fault ? { ok: false, fault } : { ok: true, image: { type, bytes: bytes.length, ...size } };
}

/** A few bytes can say that they are an image of gigabytes, which whoever shows it would have to hold. */
function sizeFault({ width, height }: { width: number; height: number }): InputFault | null {
	if (Math.max(width, height) > MEDIA_SIDE_PX_MAX) {
		const detail = `A side has at most ${MEDIA_SIDE_PX_MAX} pixels; the image has ${width} × ${height}.`;
		return { pointer: "", detail };
	}
	if (width * height > MEDIA_PIXELS_MAX) {
		const detail = `An image has at most ${MEDIA_PIXELS_MAX} pixels; this one has ${width} × ${height}.`;
		return { pointer: "", detail };
	}
	return null;
}

/** Every place of a content that names a medium. */
export function mediaIn(content: QuizContent): { pointer: string; media: string }[] {
	const own = content.thumbnail === undefined ? [] : [{ pointer: "/thumbnail", media: content.thumbnail }];
	const images = content.subjects.flatMap(({ questions }, s) =>
		questions.flatMap(({ image }, q) =>
			image ? [{ pointer: `/subjects/${s}/questions/${q}/image/media`, media: image.media }] : [],
		),
	);
	return [...own, ...images];
}

/** When a medium that nothing has used since then is dropped. */
export const droppedAt = (unused_since: number): number => unused_since + MEDIA_UNUSED_KEPT_MS;

/** Whether an upload of a medium that is there and unused gives it its whole time again: at most once a day. */
export const isRenewed = (unused_since: number | null, now: number): boolean =>
	unused_since !== null && now > unused_since + DAY_MS;
