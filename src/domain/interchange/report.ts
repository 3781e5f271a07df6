import type { z } from "zod";
import { EXPLANATION_CHARS_MAX, OPTION_FEEDBACK_CHARS_MAX } from "../quizzes/limits.ts";
import type { questionSchema } from "../quizzes/questions.ts";

/** What readers of foreign formats give, and what an import says of each question. */

export const REPORT_STATUSES = ["imported", "degraded", "skipped"] as const;
export type ReportStatus = (typeof REPORT_STATUSES)[number];

/** What became of one question of the source. */
export interface QuestionReport {
	/** `degraded`: imported, with something lost or changed; `skipped`: not imported. `reason` says what and why. */
	status: ReportStatus;
	/** The question's id in the quiz; null where it was skipped. */
	id: string | null;
	/** Where it stands in the source: a line, or the identifier of an item. */
	place: string;
	/** The name that the source gives it, if any. */
	name: string | null;
	reason: string | null;
}

type Without<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never;

/** What is said of the questions of a quiz that was rejected: none was imported. */
export const rejected = (reports: readonly QuestionReport[]): QuestionReport[] =>
	reports.map((report) => {
		if (report.status === "skipped") return report;
		const reason = ["Its quiz was rejected.", report.reason ?? ""].join(" ").trim();
		return { ...report, status: "skipped", id: null, reason };
	});

/** A question as a source says it, before the schema has seen it; ids are given when all are known. */
export type QuestionDraft = Without<z.input<typeof questionSchema>, "id">;

export interface ReadQuestion {
	place: string;
	name: string | null;
	/** What could be its id, the best first. */
	ids: string[];
	/** Null where no question can be made of it; `reasons` then says why. */
	question: QuestionDraft | null;
	reasons: string[];
}

export interface ReadSection {
	/** Null where the source gives none. */
	name: string | null;
	questions: ReadQuestion[];
}

/** A quiz as a source says it. */
export interface ReadQuiz {
	/** Null where the source gives none. */
	title: string | null;
	sections: ReadSection[];
}

/** A text with the name of its file, by which others may refer to it; null where it has none. */
export interface NamedText {
	name: string | null;
	text: string;
}

/** What is said of a part of a source that is no question at all. */
export const notRead = (place: string, reason: string, name: string | null = null): ReadQuestion => ({
	place,
	name,
	ids: [],
	question: null,
	reasons: [reason],
});

/** A place in a text that is not of the format. Lines and columns count from 1. */
export interface TextFault {
	line: number;
	column?: number;
	detail: string;
}

export type Reading<T> = { ok: true; value: T } | { ok: false; faults: TextFault[] };

/** Collects why a question is not what the source said; each reason once. */
export class Losses {
	readonly #reasons = new Set<string>();
	/** Whether one of them says that some response earns other marks here. */
	saysMarks = false;

	add(reason: string): void {
		this.#reasons.add(reason);
	}

	/** A reason why some response earns other marks here than there. */
	earns(reason: string): void {
		this.#reasons.add(reason);
		this.saysMarks = true;
	}

	get reasons(): string[] {
		return [...this.#reasons];
	}
}

/** A question as a format writes it; null where it cannot say it at all. `reasons` say what is lost. */
export interface WrittenQuestion {
	id: string;
	text: string | null;
	reasons: string[];
}

/** Thrown inside readers and writers where a question cannot be made; it never leaves them. */
export class Skip extends Error {}

/** @throws Skip where one of the texts says nothing, since the question would be another one without it */
export function neededTexts(texts: string[]): string[] {
	if (texts.includes("")) throw new Skip("One of its options has no text: it is empty, a picture or other media.");
	return texts;
}

const TAGS_SHOWN_CHARS_MAX = 200;
export const tagsLost = (tags: readonly string[]) =>
	`Tags are of a whole quiz; those of this question were left out: ${tags.join(", ").slice(0, TAGS_SHOWN_CHARS_MAX)}.`;

/** What is said of options, with each where it has room; what is longer goes with the explanation. */
export function optionFeedback(
	options: readonly string[],
	told: readonly string[],
	losses: Losses,
): { option_feedback?: string[]; feedback: string[] } {
	if (told.every((text) => text === "")) return { feedback: [] };
	if (told.every((text) => text.length <= OPTION_FEEDBACK_CHARS_MAX))
		return { option_feedback: [...told], feedback: [] };
	losses.add("Feedback of single answers was put into the explanation.");
	return { feedback: told.flatMap((text, index) => (text === "" ? [] : [`${options[index]}: ${text}`])) };
}

/** One explanation made of several texts, cut where it would be too long. */
export function explanationOf(texts: readonly string[], losses: Losses): { explanation?: string } {
	const text = texts
		.map((part) => part.trim())
		.filter((part) => part !== "")
		.join("\n")
		.trim();
	if (text === "") return {};
	if (text.length <= EXPLANATION_CHARS_MAX) return { explanation: text };
	losses.add(`The explanation was cut at ${EXPLANATION_CHARS_MAX} characters.`);
	// Half of a surrogate pair at the cut would not be text.
	return {
		explanation: text
			.slice(0, EXPLANATION_CHARS_MAX)
			.replace(/[\uD800-\uDBFF]$/, "")
			.trim(),
	};
}
