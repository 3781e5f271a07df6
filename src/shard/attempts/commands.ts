import { type Arrangeable, arranged, SEEDS } from "../../domain/attempts/arrangement.ts";
import {
	answersText,
	countedNumber,
	decideSubmission,
	endedEvent,
	keptText,
	limitReached,
	mustBeOpened,
	type Submission,
	submittedEvent,
} from "../../domain/attempts/attempts.ts";
import { OPEN_ATTEMPTS_MAX } from "../../domain/attempts/limits.ts";
import { markOf } from "../../domain/attempts/scoring.ts";
import { type Change, closedTo, decideSave, type Kept, late, type Sitting } from "../../domain/attempts/sittings.ts";
import { deadlineOf, NO_ALLOWANCE, notYetOrNoMore, overAt } from "../../domain/attempts/times.ts";
import { seqOfId } from "../../domain/ids.ts";
import type { AnswerKey } from "../../domain/quizzes/quiz.ts";
import { accepted, notFound, type Outcome, type Refusal, refused } from "../../domain/result.ts";
import { newId, type Unit } from "../engine/unit.ts";
import type { Attempt } from "./store.ts";

/**
 * Submits an attempt at once.
 * @param key the published version that the caller found for the quiz, or null if this user may see none. It is no part of
 *   the request's identity: a retry is answered as before even if the quiz was changed or withdrawn in between.
 * @param sealed what is kept of the answers, which are only marked here then; null to keep them as they are
 * @param came_from what is kept of where the request came from; no part of its identity either
 */
export function submitAttempt(
	unit: Unit,
	submission: Submission,
	key: AnswerKey | null,
	sealed: string | null,
	came_from: string | null,
): Outcome<Attempt> {
	if (!key) return notFound("published quiz");
	const number = nextNumber(unit, key.quiz);
	const refusal = mustBeOpened(key) ?? mayNotBegin(unit, key) ?? limitReached(key, number - 1);
	if (refusal) return refusal;
	const plain = answersText(submission.answers);
	const marks = decideSubmission(key, submission, unit.now, plain);
	if (!marks.ok) return marks;
	const answers = sealed ?? plain;
	const id = newId(unit, "attempt");
	const counted = countedOf(unit, key, number, isAuthors(unit, key));
	const event = submittedEvent(id, number, key, submission, marks.value, answers, counted);
	const seq = unit.log.append(unit.who, unit.now, "attempt.submitted", id, event);
	return accepted(unit.attempts.insert(seq, unit.now, event, answers, came_from));
}

const nextNumber = (unit: Unit, quiz: string): number =>
	Math.max(unit.attempts.nextNumber(quiz), unit.sittings.lastNumber(quiz) + 1);

const isAuthors = (unit: Unit, { quiz, owner }: AnswerKey): boolean =>
	owner === undefined ? unit.quizzes.head(quiz) !== null : owner === unit.who.user;

/** The number says it, but of one's own attempts at one's own quizzes, and where attempts of lower numbers are not submitted. */
function countedOf(unit: Unit, key: Pick<AnswerKey, "quiz" | "settings">, number: number, byAuthor: boolean): number {
	const { quiz } = key;
	const isPlain = !byAuthor && unit.sittings.lastNumber(quiz) === 0;
	return countedNumber(key, byAuthor, () => (isPlain ? number - 1 : unit.attempts.counted(quiz)));
}

/** The refusal of an attempt that is too early or too late; null where it may begin. */
function mayNotBegin(unit: Unit, { quiz, settings = {} }: AnswerKey): { ok: false; refusal: Refusal } | null {
	const ended_at = settings.delay_s === undefined ? null : unit.attempts.lastEndedAt(quiz);
	const closed = notYetOrNoMore(settings, NO_ALLOWANCE, ended_at, unit.now);
	return closed && refused({ code: "quiz-not-open", ...closed });
}

/**
 * Opens an attempt; or gives the one at the quiz that is under way, so that whoever opens twice goes on.
 * @param key as for {@link submitAttempt}
 */
export function openAttempt(unit: Unit, key: AnswerKey | null): Outcome<Sitting> {
	if (!key) return notFound("published quiz");
	const { quiz, version, version_number, title = null, pass_percentage, settings = {} } = key;
	const underWay = unit.sittings.openAt(quiz);
	if (underWay) return accepted(underWay);
	const number = nextNumber(unit, quiz);
	const refusal = mayNotBegin(unit, key) ?? limitReached(key, number - 1);
	if (refusal) return refusal;
	if (unit.sittings.outlook().open >= OPEN_ATTEMPTS_MAX) {
		return refused({ code: "conflict", detail: `A user has at most ${OPEN_ATTEMPTS_MAX} attempts under way.` });
	}
	const opened_at = unit.now;
	const deadline = deadlineOf(settings, NO_ALLOWANCE, opened_at);
	const seed = (crypto.getRandomValues(new Uint32Array(1))[0] ?? 0) % SEEDS;
	const order = arranged(arrangeableOf(key), seed).questions;
	const drawn = key.questions.filter(({ id }) => order.includes(id));
	const id = newId(unit, "attempt");
	const about = { quiz, version, version_number, number, deadline, seed };
	const event = { attempt: id, ...about, ...(title !== null && { title }) };
	const seq = unit.log.append(unit.who, opened_at, "attempt.opened", id, event);
	const { time_limit_s, grace_s, closes_at, overdue, navigation, question_marks, count_author } = settings;
	return accepted(
		unit.sittings.insert({
			...about,
			id,
			seq,
			title,
			status: "in_progress",
			opened_at,
			over_at: overAt(settings, deadline, opened_at),
			pass_percentage,
			settings: { time_limit_s, grace_s, closes_at, overdue, navigation, question_marks, count_author },
			is_authors: isAuthors(unit, key),
			is_drawn: settings.draw !== undefined,
			questions: drawn.map((question) => {
				const { id, max, options } = markOf(question, undefined);
				return { id, max, options };
			}),
			shown: order.map((id) => drawn.findIndex((question) => question.id === id)),
			saved: {},
		}),
	);
}

/** What of a version is drawn and shuffled. */
export function arrangeableOf({ questions, subjects, settings }: AnswerKey): Arrangeable {
	const options = new Map(questions.map((key) => [key.id, "options" in key ? key.options : 0]));
	const all = [{ name: "", questions: questions.map(({ id }) => id) }];
	return {
		settings,
		subjects: (subjects ?? all).map(({ name, questions }) => ({
			name,
			questions: questions.map((id) => ({ id, options: options.get(id) ?? 0 })),
		})),
	};
}

/**
 * Saves answers of an attempt that is under way.
 * @param key of the attempt's version
 * @param kept what is kept of the responses, in the order of the changes
 */
export function saveAnswers(
	unit: Unit,
	id: string,
	changes: readonly Change[],
	key: Pick<AnswerKey, "version" | "questions"> | null,
	kept: readonly (Kept | null)[],
): Outcome<Sitting> {
	const sitting = unit.sittings.get(id, seqOfId(id));
	if (!sitting) return ended(unit, id);
	if (!key || sitting.version !== key.version) throw new Error(`${id} is not at version ${key?.version}`);
	const saved = decideSave(sitting, key, changes, kept, unit.now);
	if (!saved.ok) return saved;
	const isNew = Object.entries(saved.value).some(
		([question, { counter }]) => counter !== sitting.saved[question]?.counter,
	);
	if (isNew) unit.sittings.save(sitting, saved.value);
	return accepted({ ...sitting, saved: saved.value });
}

/** Submits an attempt that is under way, with what is saved of it. */
export function submitSitting(unit: Unit, id: string, came_from: string | null): Outcome<Attempt> {
	const sitting = unit.sittings.get(id, seqOfId(id));
	if (!sitting) return ended(unit, id);
	const closed = closedTo(sitting, unit.now);
	if (closed) return refused(closed);
	return accepted(end(unit, sitting, { by: "taker", ended_at: unit.now, at: unit.now, came_from }));
}

/** Why nothing can be done any more with an attempt that is not under way. */
function ended(unit: Unit, id: string): { ok: false; refusal: Refusal } {
	const attempt = unit.attempts.get(id);
	if (!attempt) return notFound("attempt");
	const { deadline, ended_by, submitted_at } = attempt;
	if (ended_by === "clock") return refused(late(deadline ?? submitted_at, submitted_at, unit.now));
	const detail = "This attempt was submitted, and an attempt is submitted once.";
	return refused({ code: "attempt-already-submitted", detail, submitted_at });
}

interface Ending {
	by: "taker" | "clock";
	/** Up to when the taker had time, and the time of the row. */
	ended_at: number;
	at: number;
	came_from: string | null;
}

/** Marks what is saved, and writes that it is submitted. */
function end(unit: Unit, opened: Sitting, { by, ended_at, at, came_from }: Ending): Attempt {
	// After a rollback, the release before has given the number to another attempt.
	const isTaken = unit.attempts.isTaken(opened.quiz, opened.number);
	const sitting = isTaken ? { ...opened, number: nextNumber(unit, opened.quiz) } : opened;
	const text = keptText(sitting);
	const counted = countedOf(unit, sitting, sitting.number, sitting.is_authors);
	const event = endedEvent(sitting, by, ended_at, text, counted);
	const seq = unit.log.append(unit.who, at, "attempt.submitted", sitting.id, event);
	const attempt = unit.attempts.insert(seq, at, event, text, came_from);
	unit.sittings.remove(opened);
	return attempt;
}

/** Ends an attempt whose time is over, as its quiz has it. The row bears the time at which it was due. */
export function endByClock(unit: Unit, sitting: Sitting): void {
	const { id, quiz, number, seq: opened, deadline, over_at, settings } = sitting;
	const at = unit.log.clock(over_at);
	if (deadline !== null && settings.overdue !== "abandon") {
		end(unit, sitting, { by: "clock", ended_at: deadline, at, came_from: null });
		return;
	}
	unit.log.append(unit.who, at, "attempt.abandoned", id, { attempt: id, quiz, number, opened });
	unit.sittings.abandon(sitting);
}
