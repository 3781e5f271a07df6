import { utf8Bytes } from "../canonical.ts";
import type { AnswerKey, QuizSettings } from "../quizzes/quiz.ts";
import { accepted, type InputFault, type Outcome, type Refusal, refused } from "../result.ts";
import { ANSWERS_BYTES_MAX } from "./limits.ts";
import { type ItemResponse, responseFault } from "./responses.ts";
import { type Choice, type Marks, markOf, type ScoredItem, totalOf } from "./scoring.ts";
import { lastInstant } from "./times.ts";

/**
 * An attempt that is under way. What it must know of its version stands in it since it was opened, and each answer is marked as it is saved: so the clock alone can
 * end it, without the key and without the texts, which are sealed.
 */

export type SittingSettings = Pick<
	QuizSettings,
	"time_limit_s" | "grace_s" | "closes_at" | "overdue" | "navigation" | "question_marks" | "count_author"
>;

/** A question as the attempt has it: what it is worth in hundredths, and how many options there are to choose from. */
export type SittingQuestion = Pick<ScoredItem, "id" | "max" | "options">;

export interface Sitting {
	id: string;
	quiz: string;
	version: string;
	version_number: number;
	title: string | null;
	number: number;
	/** `closed` by the clock or the taker: then the attempt is there, marked. */
	status: "in_progress" | "abandoned";
	/** The row of the log that opened it. */
	seq: number;
	opened_at: number;
	deadline: number | null;
	/** The first instant at which the clock ends it. */
	over_at: number;
	seed: number;
	pass_percentage: number;
	settings: SittingSettings;
	/** The taker made the quiz. */
	is_authors: boolean;
	/** Only some questions of the version were drawn. */
	is_drawn: boolean;
	/** Those that it has, in the order of the version; and their places in the order in which they are shown. */
	questions: SittingQuestion[];
	shown: number[];
	saved: Record<string, Saved>;
}

/** What is kept of a response: as it was given, or sealed. */
export type Kept = ItemResponse | { sealed1: string };

/** The newest that a taker has said of one question. */
export interface Saved {
	/** The client's; what has a lower one is older. */
	counter: number;
	/** Null where the answer was taken back. */
	response: Kept | null;
	choice: Choice;
	/** In hundredths. */
	score: number;
	flagged: boolean;
	/** Seconds on the question in all, by the client; null where it does not say. */
	time_s: number | null;
}

/** What a client says of one question. It is all there is to say of it, so that a later one replaces it whole. */
export interface Change {
	question: string;
	counter: number;
	response: ItemResponse | null;
	flagged?: boolean | undefined;
	time_s?: number | undefined;
}

/** The counters of what is stored, by question. */
export const countersOf = ({ saved }: Pick<Sitting, "saved">): Record<string, number> =>
	Object.fromEntries(Object.entries(saved).map(([id, { counter }]) => [id, counter]));

/** Why nothing can be saved or submitted any more; null while the attempt is open. */
export function closedTo({ status, deadline, settings, over_at }: Sitting, now: number): Refusal | null {
	if (status === "in_progress" && now < over_at) return null;
	return late(
		deadline === null ? over_at : deadline,
		deadline === null ? over_at : lastInstant(deadline, settings),
		now,
	);
}

/** The refusal of what arrives when the time is over. */
export const late = (deadline: number, last: number, received_at: number): Refusal => ({
	code: "deadline-passed",
	detail: `Answers counted until ${last}; these arrived at ${received_at}. What had been saved by then stays.`,
	deadline,
	received_at,
});

/**
 * Saves changes: of each question the one with the highest counter is kept, whatever the order in which they come and however often. Of two with the same
 * counter the one that came first stays.
 * @param key of the attempt's version
 * @param kept for each change, what is kept of its response
 * @returns what is saved of every question afterwards; all of it or nothing
 */
export function decideSave(
	sitting: Sitting,
	key: Pick<AnswerKey, "questions">,
	changes: readonly Change[],
	kept: readonly (Kept | null)[],
	now: number,
): Outcome<Record<string, Saved>> {
	const closed = closedTo(sitting, now);
	if (closed) return refused(closed);
	const keys = new Map(key.questions.map((question) => [question.id, question]));
	const own = new Set(sitting.questions.map(({ id }) => id));
	const saved: Record<string, Saved> = { ...sitting.saved };
	const errors: InputFault[] = [];
	changes.forEach(({ question: id, counter, response, flagged = false, time_s }, place) => {
		const question = own.has(id) ? keys.get(id) : undefined;
		if (!question) {
			errors.push({ pointer: `/changes/${place}/question`, detail: "The attempt has no question with this id." });
			return;
		}
		const fault = response === null ? null : responseFault(question, response);
		if (fault !== null) errors.push({ pointer: `/changes/${place}/response`, detail: fault });
		if (counter <= (saved[id]?.counter ?? 0)) return;
		const { choice, score } = markOf(question, response ?? undefined);
		saved[id] = { counter, response: kept[place] ?? null, choice, score, flagged, time_s: time_s ?? null };
	});
	if (errors.length > 0)
		return refused({ code: "invalid-request", detail: "The changes do not fit the attempt.", errors });
	const back = wentBack(sitting, changes);
	if (back) return refused({ code: "conflict", detail: back });
	const bytes = utf8Bytes(JSON.stringify(saved));
	if (bytes > ANSWERS_BYTES_MAX) {
		const detail = `The answers of an attempt have at most ${ANSWERS_BYTES_MAX} bytes as they are kept; with these they would have ${bytes}.`;
		return refused({ code: "invalid-request", detail, errors: [{ pointer: "/changes", detail }] });
	}
	return accepted(saved);
}

/**
 * Where one goes one way only: that a change is of a question before one that was answered earlier, by the counters. What only arrives late, and was made before the
 * taker went on, is none.
 */
function wentBack({ settings, questions, shown, saved }: Sitting, changes: readonly Change[]): string | null {
	if (settings.navigation !== "one_way") return null;
	const places = new Map(shown.map((index, place) => [questions[index]?.id ?? "", place]));
	const placeOf = (id: string) => places.get(id) ?? 0;
	for (const { question, counter } of changes) {
		if (counter <= (saved[question]?.counter ?? 0)) continue;
		const gone = Object.entries(saved).find(
			([id, other]) => other.counter < counter && placeOf(id) > placeOf(question),
		);
		if (gone) return `One goes one way through this quiz, and ${gone[0]} was answered before this of ${question}.`;
	}
	return null;
}

/** The marks of what is saved. A question of which nothing is counts as blank. */
export function marksOfSaved({ questions, saved, pass_percentage }: Sitting): Marks {
	const items = questions.map(({ id, max, options }) => {
		const { choice = null, score = 0 } = saved[id] ?? {};
		return { id, choice, score, max, options };
	});
	return totalOf(items, pass_percentage);
}

/** What is kept of the responses, by question. */
export const responsesOf = ({ saved }: Pick<Sitting, "saved">): Record<string, Kept> =>
	Object.fromEntries(
		Object.entries(saved).flatMap(([id, { response }]) => (response === null ? [] : [[id, response] as const])),
	);
