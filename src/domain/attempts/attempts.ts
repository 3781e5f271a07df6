import { canonicalJson, sha256Hex, utf8Bytes } from "../canonical.ts";
import { MARKS_READER } from "../log/event-fields.ts";
import type { EventBody } from "../log/events.ts";
import type { AnswerKey, QuizSettings } from "../quizzes/quiz.ts";
import { accepted, type InputFault, type Outcome, refused } from "../result.ts";
import { ANSWERS_BYTES_MAX } from "./limits.ts";
import { type Hundredths, isWhole, wholeMax, wholeScore } from "./marks.ts";
import { type ItemResponse, responseFault } from "./responses.ts";
import { type Marks, score } from "./scoring.ts";
import { type Kept, marksOfSaved, responsesOf, type Sitting } from "./sittings.ts";

/** What a client submits at once. `answers` maps question ids to responses; of which shape, the question decides. */
export interface Submission {
	quiz: string;
	answers: Record<string, ItemResponse>;
	started_at?: number | undefined;
	time_taken_s?: number | undefined;
}

/**
 * Marks a submission against the pinned version, or says which answers name no question of it or are no response to theirs,
 * and what would be one. Questions may be left out: they count as blank.
 *
 * @param now milliseconds since the epoch
 * @param text the text of the submission's answers, for a caller who has made it already
 */
export function decideSubmission(
	key: AnswerKey,
	submission: Submission,
	now: number,
	text = answersText(submission.answers),
): Outcome<Marks> {
	const questions = new Map(key.questions.map((question) => [question.id, question]));
	const answers = new Map(Object.entries(submission.answers));
	const errors: InputFault[] = [];
	for (const [id, response] of answers) {
		const question = questions.get(id);
		const pointer = `/answers/${id.replaceAll("~", "~0").replaceAll("/", "~1")}`;
		const detail = question ? responseFault(question, response) : "The quiz has no question with this id.";
		if (detail !== null) errors.push({ pointer, detail });
	}
	const bytes = utf8Bytes(text);
	if (bytes > ANSWERS_BYTES_MAX) {
		const detail = `The answers of an attempt have at most ${ANSWERS_BYTES_MAX} bytes; these have ${bytes}.`;
		errors.push({ pointer: "/answers", detail });
	}
	errors.push(...timeFaults(submission, key.published_at ?? 0, now));
	if (errors.length > 0) {
		return refused({ code: "invalid-request", detail: "The answers do not fit the quiz.", errors });
	}
	return accepted(score(key, answers));
}

/** Why a quiz cannot be submitted at once; null where it can. It would get around what only an attempt that was opened keeps to. */
export function mustBeOpened({ settings = {} }: AnswerKey) {
	const { time_limit_s, draw, navigation } = settings;
	if (time_limit_s === undefined && draw === undefined && navigation !== "one_way") return null;
	const detail =
		"This quiz has a time limit, draws its questions or goes one way: open an attempt, with `quiz` alone, and submit that.";
	return refused({ code: "conflict", detail });
}

/**
 * What the log says of an attempt that was opened, when it ends.
 * @param text the text of what is kept of its answers
 * @param counted {@link countedNumber}
 */
export function endedEvent(
	sitting: Sitting,
	by: "taker" | "clock",
	ended_at: number,
	text: string,
	counted: number,
): EventBody<"attempt.submitted"> {
	const {
		id,
		number,
		title,
		opened_at,
		deadline,
		seq: opened,
		settings,
		questions,
		saved,
		is_drawn,
		...about
	} = sitting;
	const time_taken_s = Math.floor((ended_at - opened_at) / 1_000);
	const submission = { answers: {}, started_at: opened_at, time_taken_s };
	const key = { ...about, settings, ...(title !== null && { title }) };
	const flagged = questions.flatMap(({ id: question }, place) => (saved[question]?.flagged ? [place] : []));
	const times_s = questions.map(({ id: question }) => saved[question]?.time_s ?? null);
	return {
		...submittedEvent(id, number, key, submission, marksOfSaved(sitting), text, counted),
		sitting: {
			opened,
			opened_at,
			deadline,
			by,
			...(flagged.length > 0 && { flagged }),
			...(times_s.some((time_s) => time_s !== null) && { times_s }),
		},
		...(is_drawn && { drawn: true as const }),
	};
}

/** The text of what is kept of a sitting's answers. */
export const keptText = (sitting: Sitting): string => answersText(responsesOf(sitting));

/** What cannot be of when a quiz that was published at `published_at` was begun, and of how long it took. */
function timeFaults({ started_at, time_taken_s = 0 }: Submission, published_at: number, now: number): InputFault[] {
	if (started_at === undefined) return [];
	if (started_at > now) return [{ pointer: "/started_at", detail: "Lies in the future of the server's clock." }];
	const errors: InputFault[] = [];
	if (started_at < published_at) {
		errors.push({
			pointer: "/started_at",
			detail: `Lies before the quiz was there, which it is since ${published_at}.`,
		});
	}
	// A time that was rounded up is right too.
	const span_s = Math.ceil((now - started_at) / 1_000);
	if (time_taken_s > span_s) {
		errors.push({ pointer: "/time_taken_s", detail: `At most ${span_s}: that long ago is \`started_at\`.` });
	}
	return errors;
}

/** The refusal of one more attempt by a user who has made so many; null where the quiz allows it. */
export function limitReached({ settings }: AnswerKey, attempts: number) {
	const attempts_max = settings?.attempts_max;
	if (attempts_max === undefined || attempts < attempts_max) return null;
	const detail = `This quiz may be taken ${attempts_max} times, and you have taken it ${attempts} times.`;
	return refused({ code: "attempt-limit-reached", detail, attempts_max, attempts });
}

/**
 * Which of the user's attempts it is among those that count in the quiz's statistics; 0 where it does not count. Whoever made the
 * quiz knows its key.
 * @param earlier says how many of them there are already; asked only where this one is the next
 */
export const countedNumber = (
	{ settings }: Pick<AnswerKey, "settings">,
	isAuthors: boolean,
	earlier: () => number,
): number => (isAuthors && settings?.count_author !== true ? 0 : earlier() + 1);

/** The same of an event, which says it only where it is not the attempt's number. */
export const countedIn = ({ number, counted = number }: Pick<EventBody<"attempt.submitted">, "number" | "counted">) =>
	counted;

/** The body of a row of a log as the log's owner may see it: where the marks of questions are hidden, it has none. */
export function withoutHiddenMarks(kind: string, body: Record<string, unknown>): Record<string, unknown> {
	if (kind !== "attempt.submitted" || body.question_marks !== "hidden") return body;
	// Of this kind, so these are as the event's schema says.
	const { items, hundredths } = body as Pick<EventBody<"attempt.submitted">, "items" | "hundredths">;
	return {
		...body,
		items: items.map(([id, choice, , max, options]) => [id, choice, null, max, options]),
		// The sum of what is left of each question's marks in whole ones says something of each.
		...(hundredths && {
			score: wholeScore(hundredths.score),
			hundredths: { ...hundredths, items: hundredths.items.map(([, max]) => [null, max]) },
		}),
	};
}

/** The one text of an attempt's answers: what is stored of them, and what their digest in the log is of. */
export const answersText = (answers: Record<string, Kept>): string => canonicalJson(answers);

/**
 * What the log says of a submitted attempt: what the catalog needs, and the digest of the rest.
 *
 * @param number 1 for the user's first attempt at the quiz
 * @param text the text of the submission's answers, for a caller who has made it already
 * @param counted {@link countedNumber}
 */
export function submittedEvent(
	id: string,
	number: number,
	key: Pick<AnswerKey, "quiz" | "version" | "version_number" | "title"> & { settings?: QuizSettings | undefined },
	submission: Omit<Submission, "quiz"> & { quiz?: string },
	marks: Marks,
	text = answersText(submission.answers),
	counted = number,
): EventBody<"attempt.submitted"> {
	return {
		attempt: id,
		quiz: key.quiz,
		version: key.version,
		version_number: key.version_number,
		...(key.title !== undefined && { title: key.title }),
		number,
		...saidMarks(marks),
		percentage_bp: marks.percentage_bp,
		passed: marks.passed,
		started_at: submission.started_at ?? null,
		time_taken_s: submission.time_taken_s ?? null,
		answers_digest: sha256Hex(text),
		...(counted !== number && { counted }),
		...(key.settings?.question_marks === "hidden" && { question_marks: "hidden" }),
	};
}

/** The marks as a log row says them: whole ones, which every release reads, and the hundredths where there are any. */
function saidMarks(
	marks: Marks,
): Pick<EventBody<"attempt.submitted">, "score" | "max_score" | "items" | "hundredths" | "reader"> {
	const items = marks.items.map(
		({ id, choice, score, max, options }): EventItem => [id, choice, wholeScore(score), wholeMax(max), options],
	);
	const { score, max_score } = marks;
	const hundredths: Hundredths = { score, max_score, items: marks.items.map(({ score, max }) => [score, max]) };
	return {
		score: wholeScore(score),
		max_score: wholeMax(max_score),
		items,
		...(!isWhole(hundredths) && { hundredths, reader: MARKS_READER }),
	};
}

type EventItem = EventBody<"attempt.submitted">["items"][number];
