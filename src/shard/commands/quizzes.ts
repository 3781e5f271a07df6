import { seqOfId } from "../../domain/ids.ts";
import { BATCH_IMPORT_MAX, QUIZZES_PER_USER_MAX } from "../../domain/limits.ts";
import type { Image } from "../../domain/media.ts";
import { freeze, maxScoreOf, type QuizContent, questionsOf, type Visibility } from "../../domain/quiz.ts";
import { accepted, type InputFault, notFound, type Outcome, refused } from "../../domain/result.ts";
import { searchText } from "../../domain/search.ts";
import { slugOfTitle } from "../../domain/slugs.ts";
import type { AuthoredQuiz, Origin, QuizHead } from "../quiz-rows.ts";
import { newId, type Unit } from "../unit.ts";
import { addMedia, missingMedia, namesMissing, noteMedia, roomForAll } from "./media.ts";
import { permitted } from "./quiz-checks.ts";

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
	for (const image of brought) addMedia(unit, image);
	return quizOf(unit, insertDraft(unit, content, origin));
}

/** @returns the id of the new draft */
function insertDraft(unit: Unit, content: QuizContent, origin: Origin | null): string {
	const draft = freeze(content);
	const id = newId(unit, "quiz");
	const event = { quiz: id, revision: 1, title: content.title, content_hash: draft.hash };
	const seq = unit.log.append(unit.who, unit.now, "quiz.created", id, { ...event, ...(origin && { origin }) });
	unit.quizzes.insert(seq, id, content.title, draft, origin, unit.now);
	noteMedia(unit, seq, 0, content);
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
			return room-- > 0 ? insertDraft(unit, content, null) : TOO_MANY;
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
		const event = { quiz: id, revision: may.quiz.revision + 1, title: content.title, content_hash: draft.hash };
		unit.log.append(unit.who, unit.now, "quiz.revised", id, { ...event, ...(restored_from && { restored_from }) });
		unit.quizzes.revise(id, may.status, content.title, draft, unit.now);
		noteMedia(unit, seqOfId(id), 0, content);
	}
	return quizOf(unit, id);
}

/** The draft as it is to be frozen, if it may be published. */
export function draftToPublish(unit: Unit, id: string, etag: string | null): Outcome<{ hash: string; text: string }> {
	const may = permitted(unit, id, "publish", etag);
	return may.ok ? accepted({ hash: may.quiz.content_hash, text: unit.quizzes.draftText(id) }) : may;
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
	const may = permitted(unit, id, "publish", etag);
	if (!may.ok) return may;
	const { quiz } = may;
	if (quiz.content_hash !== hash) {
		return refused({ code: "conflict", detail: "The draft was changed while it was being published. Try again." });
	}
	const same = quiz.version_hash === hash && quiz.visibility === visibility;
	if (!(same && quiz.status === "published")) {
		const content: QuizContent = JSON.parse(unit.quizzes.draftText(id));
		const claimed = quiz.slug === null ? slugOfTitle(content.title) : null;
		const claim = claimed === null ? null : { slug: claimed, claimed_at: unit.now };
		const number = unit.quizzes.publish(quiz, visibility, unit.now);
		const place = { quiz: id, version: hash, version_number: number, visibility };
		const event = {
			...publishedEvent(place, content, quiz.published_at ?? unit.now),
			...(claim && { claim }),
			search_text: searchText(content),
		};
		unit.log.append(unit.who, unit.now, "quiz.published", id, event);
		if (claim) unit.quizzes.setClaims(id, [[claim.slug, claim.claimed_at]], unit.now);
		noteMedia(unit, seqOfId(id), number, content);
	}
	return headOf(unit, id);
}

/** What the catalog needs of a published content. */
export function publishedEvent(
	place: { quiz: string; version: string; version_number: number; visibility: Visibility },
	content: QuizContent,
	published_at: number,
) {
	const { title, description, tags, difficulty, source, thumbnail } = content;
	const questions = questionsOf(content);
	return {
		...{ ...place, title, description, tags, difficulty, source, published_at, bytes: freeze(content).bytes },
		...{ questions: questions.length, max_score: maxScoreOf(questions), ...(thumbnail && { thumbnail }) },
	};
}

export function withdrawQuiz(unit: Unit, id: string, etag: string | null): Outcome<QuizHead> {
	const may = permitted(unit, id, "withdraw", etag);
	if (!may.ok) return may;
	if (may.quiz.status !== may.status) {
		unit.log.append(unit.who, unit.now, "quiz.withdrawn", id, { quiz: id });
		unit.quizzes.setStatus(id, may.status, unit.now);
	}
	return headOf(unit, id);
}

export function quizOf(unit: Unit, id: string): Outcome<AuthoredQuiz> {
	const quiz = unit.quizzes.get(id);
	return quiz ? accepted(quiz) : notFound("quiz");
}

export function headOf(unit: Unit, id: string): Outcome<QuizHead> {
	const quiz = unit.quizzes.head(id);
	return quiz ? accepted(quiz) : notFound("quiz");
}
