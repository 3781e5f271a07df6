import { seqOfId } from "../../domain/ids.ts";
import { MEDIA_BYTES_PER_USER_MAX, MEDIA_PER_EVENT_MAX, MEDIA_PER_USER_MAX } from "../../domain/media/limits.ts";
import { type Image, isRenewed, mediaIn } from "../../domain/media/media.ts";
import type { QuizContent } from "../../domain/quizzes/quiz.ts";
import { accepted, type InputFault, notFound, type Outcome, refused } from "../../domain/result.ts";
import type { Identity } from "../engine/log.ts";
import type { Unit } from "../engine/unit.ts";
import type { Medium } from "./store.ts";

/**
 * Adds an image whose bytes lie in R2 already: the caller put them there before, so that the log never names what is not
 * there. One that the user has is answered as it is; if it is unused, its time begins anew.
 */
export function addMedia(unit: Unit, image: Image): Outcome<Medium> {
	const known = unit.media.get(image.media);
	if (known && isRenewed(known.unused_since, unit.now)) {
		unit.log.append(unit.who, unit.now, "media.unused", image.media, { media: [image.media] });
		unit.media.setUnused([image.media], unit.now);
	}
	if (!known) {
		const room = roomForImage(unit, image);
		if (!room.ok) return room;
		const { media, type, bytes, width, height } = image;
		const event = { media, type, bytes, width, height };
		const seq = unit.log.append(unit.who, unit.now, "media.added", media, event);
		unit.media.insert(seq, unit.now, image);
	}
	return mediumOf(unit, image.media);
}

/** Whether the user may have this image too. Asked before its bytes are stored as well, so that refused ones take no room. */
export function roomForImage(unit: Unit, image: Image): Outcome<null> {
	if (unit.media.get(image.media)) return accepted(null);
	const { items, bytes } = unit.media.totals();
	if (items >= MEDIA_PER_USER_MAX) {
		return refused({ code: "conflict", detail: `A user has at most ${MEDIA_PER_USER_MAX} media.` });
	}
	if (bytes + image.bytes > MEDIA_BYTES_PER_USER_MAX) {
		const detail = `A user's media have at most ${MEDIA_BYTES_PER_USER_MAX} bytes; ${bytes} are taken.`;
		return refused({ code: "conflict", detail });
	}
	return accepted(null);
}

/** Lets go of a medium that no draft and no version names. */
export function removeMedia(unit: Unit, hash: string): Outcome<Medium> {
	const medium = mediumOf(unit, hash);
	if (!medium.ok) return medium;
	const uses = unit.media.uses(hash);
	if (uses > 0) {
		const detail = `Drafts and versions that name this medium: ${uses}. Take it out of them first.`;
		return refused({ code: "conflict", detail });
	}
	unit.log.append(unit.who, unit.now, "media.removed", hash, { media: hash, reason: "deleted" });
	unit.media.remove(medium.value);
	return medium;
}

/** Whether the user may have all of these images, which others have already. */
export function roomForAll(unit: Unit, images: readonly Image[]): Outcome<null> {
	const { items, bytes } = unit.media.totals();
	const known = unit.media.known(images.map(({ media }) => media));
	const more = images.filter(({ media }) => !known.has(media));
	const sum = more.reduce((total, image) => total + image.bytes, bytes);
	if (items + more.length <= MEDIA_PER_USER_MAX && sum <= MEDIA_BYTES_PER_USER_MAX) return accepted(null);
	const most = `A user has at most ${MEDIA_PER_USER_MAX} media of ${MEDIA_BYTES_PER_USER_MAX} bytes in all`;
	return refused({ code: "conflict", detail: `${most}; with those of the quiz it would be more.` });
}

/**
 * Every place of the content with a medium that this user does not have.
 * @param brought images that the user is about to get with the content
 */
export function missingMedia(unit: Unit, content: QuizContent, brought: readonly Image[] = []): InputFault[] {
	const places = mediaIn(content);
	const known = unit.media.known(places.map(({ media }) => media));
	for (const { media } of brought) known.add(media);
	const missing = places.filter(({ media }) => !known.has(media));
	return missing.map(({ pointer }) => ({
		pointer,
		detail: "The quiz's author has no such medium. It must be uploaded first.",
	}));
}

export const namesMissing = (errors: InputFault[]) =>
	refused({ code: "invalid-request", detail: "The content names media that are not there.", errors });

/**
 * Writes down which media a draft (version 0) or a version names from now on. Call it after the content was stored, in the
 * same transaction.
 * @param quiz the key of its row
 */
export function noteMedia(unit: Unit, quiz: number, version: number, content: QuizContent): void {
	const hashes = mediaIn(content).map(({ media }) => media);
	const { used, unused } = unit.media.setUses(quiz, version, hashes);
	const subject = `${quiz}/${version}`;
	if (used.length > 0) {
		unit.log.append(unit.who, unit.now, "media.used", subject, { media: used });
		unit.media.setUnused(used, null);
	}
	noteUnused(unit, unit.who, subject, unused, unit.now);
}

/** Forgets what a quiz named that has been purged, in the same transaction. */
export function releaseMedia(stores: Pick<Unit, "log" | "media">, who: Identity, id: string, now: number): void {
	noteUnused(stores, who, id, stores.media.removeUses(seqOfId(id)), now);
}

/** All versions of a quiz may name more than one event can say. */
function noteUnused(
	{ log, media }: Pick<Unit, "log" | "media">,
	who: Identity,
	subject: string,
	unused: string[],
	now: number,
) {
	for (let start = 0; start < unused.length; start += MEDIA_PER_EVENT_MAX) {
		const part = unused.slice(start, start + MEDIA_PER_EVENT_MAX);
		log.append(who, now, "media.unused", subject, { media: part });
		media.setUnused(part, now);
	}
}

function mediumOf(unit: Unit, hash: string): Outcome<Medium> {
	const medium = unit.media.get(hash);
	if (!medium) return notFound("medium");
	const { unused_since: _, ...shown } = medium;
	return accepted(shown);
}
