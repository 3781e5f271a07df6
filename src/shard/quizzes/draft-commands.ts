import { saidMaxScore } from "../../domain/attempts/marks.ts";
import { utf8Bytes } from "../../domain/canonical.ts";
import { seqOfId } from "../../domain/ids.ts";
import { BATCH_IMPORT_MAX } from "../../domain/interchange/limits.ts";
import { MARKS_READER } from "../../domain/log/event-fields.ts";
import type { Image } from "../../domain/media/media.ts";
import { QUIZZES_PER_USER_MAX, VERSIONS_PER_QUIZ_MAX } from "../../domain/quizzes/limits.ts";
import {
	contentIn,
	type FrozenContent,
	freeze,
	maxHundredthsOf,
	type QuizContent,
	questionsOf,
	type Visibility,
} from "../../domain/quizzes/quiz.ts";
import { slugOfTitle } from "../../domain/quizzes/slugs.ts";
import { accepted, type InputFault, notFound, type Outcome, refused } from "../../domain/result.ts";
import { searchText } from "../../domain/search/search.ts";
import type { Unit } from "../engine/unit.ts";
import { addMedia, missingMedia, namesMissing, noteMedia, roomForAll } from "../media/commands.ts";
import { type Permitted, permitted } from "./quiz-checks.ts";
import type { AuthoredQuiz, Origin, QuizHead } from "./quiz-rows.ts";
import type { FrozenText } from "./versions.ts";

/**
 * @param origin what it is a copy of
 * @param brought images of that, which the user gets with it
 */
export function createQuiz(
	unit: Unit,
	content: QuizContent,
	origin: Origin | null = null,
	brought: readonly Image[] = [],
): Outcome<AuthoredQuiz> {
	if (unit.quizzes.count() >= QUIZZES_PER_USER_MAX) {
		return refused({ code: "conflict", detail: TOO_MANY.detail });
	}
	const missing = missingMedia(unit, content, brought);
	if (missing.length > 0) return namesMissing(missing);
	const room = roomForAll(unit, brought);
	if (!room.ok) return room;
	const draft = freeze(content);
	const full = unit.room.refusal(draft.bytes);
	if (full) return full;
	for (const image of brought) addMedia(unit, image);
	return ownQuiz(unit, insertDraft(unit, content, draft, origin));
}

/** @returns the id of the new draft */
function insertDraft(unit: Unit, content: QuizContent, draft: FrozenContent, origin: Origin | null): string {
	const id = unit.quizzes.newId();
	const event = { quiz: id, revision: 1, title: content.title, content_hash: draft.hash };
	const seq = unit.log.append(unit.who, unit.now, "quiz.created", id, { ...event, ...(origin && { origin }) });
	unit.quizzes.insert(seq, id, content.title, draft, origin, unit.now);
	unit.room.add(draft.bytes);
	noteMedia(unit, seqOfId(id), 0, content);
	return id;
}

/**
 * Creates a draft of each content, as far as the user may have more quizzes and has the media that it names. At most
 * BATCH_IMPORT_MAX, and of each content the first fault, so that the transaction and the record of its answer stay small.
 * @returns their ids, in order, or what was wrong with them
 */
export function importQuizzes(unit: Unit, contents: readonly QuizContent[]): Outcome<(string | InputFault)[]> {
	if (contents.length > BATCH_IMPORT_MAX) throw new Error(`${contents.length} quizzes in one batch`);
	let room = Math.max(QUIZZES_PER_USER_MAX - unit.quizzes.count(), 0);
	return accepted(
		contents.map((content) => {
			const [missing] = missingMedia(unit, content);
			if (missing) return missing;
			if (room <= 0) return TOO_MANY;
			const draft = freeze(content);
			const full = unit.room.refusal(draft.bytes);
			if (full) return { pointer: "", detail: full.refusal.detail };
			room--;
			return insertDraft(unit, content, draft, null);
		}),
	);
}

const TOO_MANY: InputFault = { pointer: "", detail: `A user has at most ${QUIZZES_PER_USER_MAX} quizzes.` };

/**
 * Replaces the draft, if it is still the one that the caller knows. Saving the same content again changes nothing.
 * @param restored_from the version that the content is of
 */
export function reviseQuiz(
	unit: Unit,
	id: string,
	etag: string,
	content: QuizContent,
	restored_from?: number,
): Outcome<AuthoredQuiz> {
	const may = permitted(unit, id, "revise", etag);
	if (!may.ok) return may;
	const missing = missingMedia(unit, content);
	if (missing.length > 0) return namesMissing(missing);
	const draft = freeze(content);
	if (draft.hash !== may.quiz.content_hash) {
		const more = draft.bytes - utf8Bytes(unit.quizzes.draftText(id));
		const full = unit.room.refusal(more);
		if (full) return full;
		unit.room.add(more);
		const event = { quiz: id, revision: may.quiz.revision + 1, title: content.title, content_hash: draft.hash };
		unit.log.append(unit.who, unit.now, "quiz.revised", id, { ...event, ...(restored_from && { restored_from }) });
		unit.quizzes.revise(id, may.status, content.title, draft, unit.now);
		noteMedia(unit, seqOfId(id), 0, content);
	}
	return ownQuiz(unit, id);
}

/**
 * Whether the draft may be published as it is. Where somebody else may have changed it by a share, the caller must say which draft
 * was read: nobody is to publish, unseen and under the owner's name, what another one wrote a moment ago.
 */
function mayPublish(unit: Unit, id: string, etag: string | null): Permitted {
	const may = permitted(unit, id, "publish", etag);
	// `*` fits any draft, so it does not say which one was read.
	if (!may.ok || (etag !== null && etag.trim() !== "*") || !unit.shares.letOthersEdit(id)) return may;
	const detail = "Others may have changed this draft by a share. Read it and send its ETag in If-Match.";
	return refused({ code: "precondition-required", detail });
}

/** The draft as it is to be frozen, if it may be published. */
export function draftToPublish(unit: Unit, id: string, etag: string | null): Outcome<FrozenText> {
	const may = mayPublish(unit, id, etag);
	if (!may.ok) return may;
	const version = frozen(unit, may.quiz);
	return (isNew(may.quiz) && refusedVersion(unit, may.quiz, utf8Bytes(version.text))) || accepted(version);
}

/** Whether publishing the draft makes a version. */
const isNew = ({ content_hash, published_hash }: QuizHead): boolean => content_hash !== published_hash;

/**
 * The draft with its nonce, which is the same whenever it is asked for: so the same content again is the same version. Other
 * quizzes have other nonces, so nobody learns by the hash that two of them say the same.
 */
function frozen(unit: Unit, quiz: QuizHead): FrozenText {
	const { id, content_hash } = quiz;
	// The release before freezes without a nonce: where it has published this draft, its version is the current one.
	const known = isNew(quiz) ? unit.versions.ofDraft(id, content_hash) : unit.versions.frozen(id, quiz.version);
	if (known) return known;
	const { hash, text } = freeze(contentIn(unit.quizzes.draftText(id)), unit.secret.nonce(`${id} ${content_hash}`));
	return { hash, text };
}

/**
 * Publishes the draft. Its content lies in R2 under `hash` already: the caller put it there before, so that the event
 * never names what is not there. Publishing the same content with the same visibility again changes nothing. A quiz
 * without a slug claims one that is made of its title.
 */
export function publishQuiz(
	unit: Unit,
	id: string,
	hash: string,
	visibility: Visibility,
	etag: string | null,
): Outcome<QuizHead> {
	const may = mayPublish(unit, id, etag);
	if (!may.ok) return may;
	const { quiz } = may;
	const version = frozen(unit, quiz);
	if (version.hash !== hash) {
		return refused({ code: "conflict", detail: "The draft was changed while it was being published. Try again." });
	}
	const same = quiz.version_hash === hash && quiz.visibility === visibility;
	if (!(same && quiz.status === "published")) {
		const bytes = utf8Bytes(version.text);
		const more = isNew(quiz) ? bytes : 0;
		const full = more === 0 ? null : refusedVersion(unit, quiz, more);
		if (full) return full;
		unit.room.add(more);
		const content = contentIn(version.text);
		const claimed = quiz.slug === null ? slugOfTitle(content.title) : null;
		const claim = claimed === null ? null : { slug: claimed, claimed_at: unit.now };
		const number = unit.quizzes.publish(quiz, version, visibility, unit.now);
		const place = { quiz: id, version: hash, version_number: number, visibility, bytes };
		const event = {
			...publishedEvent(place, content, quiz.published_at ?? unit.now),
			...(claim && { claim }),
			search_text: searchText(content),
		};
		const reader = readerOf(event);
		unit.log.append(unit.who, unit.now, "quiz.published", id, { ...event, ...reader });
		if (claim) unit.quizzes.setClaims(id, [[claim.slug, claim.claimed_at]], unit.now);
		noteMedia(unit, seqOfId(id), number, content);
	}
	return currentHead(unit, id);
}

/** Why there is no room for another version of so many bytes; null if there is. */
function refusedVersion(unit: Unit, { version }: QuizHead, bytes: number) {
	if (version < VERSIONS_PER_QUIZ_MAX) return unit.room.refusal(bytes);
	const detail = `A quiz has at most ${VERSIONS_PER_QUIZ_MAX} versions. Duplicate it and go on with the duplicate.`;
	return refused({ code: "conflict", detail });
}

/** What the catalog needs of a published content. `bytes` is the length of its frozen text. */
export function publishedEvent(
	place: { quiz: string; version: string; version_number: number; visibility: Visibility; bytes: number },
	content: QuizContent,
	published_at: number,
) {
	const { title, description, tags, difficulty, source, thumbnail } = content;
	const questions = questionsOf(content);
	return {
		...place,
		title,
		description,
		tags,
		difficulty,
		source,
		published_at,
		questions: questions.length,
		...saidMaxScore(maxHundredthsOf(questions)),
		...(thumbnail && { thumbnail }),
	};
}

/** Which reader the row of such an event needs, if not any. */
export const readerOf = ({ max_hundredths }: { max_hundredths?: number }): { reader?: typeof MARKS_READER } =>
	max_hundredths === undefined ? {} : { reader: MARKS_READER };

export function withdrawQuiz(unit: Unit, id: string, etag: string | null): Outcome<QuizHead> {
	const may = permitted(unit, id, "withdraw", etag);
	if (!may.ok) return may;
	if (may.quiz.status !== may.status) {
		unit.log.append(unit.who, unit.now, "quiz.withdrawn", id, { quiz: id });
		unit.quizzes.setStatus(id, may.status, unit.now);
	}
	return currentHead(unit, id);
}

export function ownQuiz(unit: Unit, id: string): Outcome<AuthoredQuiz> {
	const quiz = unit.quizzes.get(id);
	return quiz ? accepted(quiz) : notFound("quiz");
}

export function currentHead(unit: Unit, id: string): Outcome<QuizHead> {
	const quiz = unit.quizzes.head(id);
	return quiz ? accepted(quiz) : notFound("quiz");
}
