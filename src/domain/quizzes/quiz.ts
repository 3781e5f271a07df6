import { z } from "zod";
import { ATTEMPTS_PER_TAKER_MAX, DELAY_S_MAX, GRACE_S_MAX, TIME_LIMIT_S_MAX } from "../attempts/limits.ts";
import { hundredthsOf } from "../attempts/marks.ts";
import { canonicalJson, sha256Hex, utf8Bytes } from "../canonical.ts";
import type { InputFault } from "../result.ts";
import { type QuestionKey, type ShownQuestion, shownQuestion } from "./answer-keys.ts";
import {
	PASS_PERCENTAGE_DEFAULT,
	QUIZ_CONTENT_BYTES_MAX,
	QUIZ_DESCRIPTION_CHARS_MAX,
	QUIZ_QUESTIONS_MAX,
	QUIZ_SUBJECTS_MAX,
	QUIZ_TAG_CHARS_MAX,
	QUIZ_TAGS_MAX,
	QUIZ_TITLE_CHARS_MAX,
	SUBJECT_NAME_CHARS_MAX,
} from "./limits.ts";
import { listIn, questionFaults } from "./question-faults.ts";
import { line, mediaHash, type Question, questionSchema } from "./questions.ts";

/**
 * What a quiz says: the document that an author writes, that publication freezes under its hash, and that imports bring.
 * Its field names are those of the import files.
 */

export const DIFFICULTIES = ["beginner", "intermediate", "advanced", "expert"] as const;
export const SOURCES = ["ai", "upload", "paste", "template"] as const;
export const VISIBILITIES = ["private", "tenant", "public"] as const;
export type Difficulty = (typeof DIFFICULTIES)[number];
export type Source = (typeof SOURCES)[number];
export type Visibility = (typeof VISIBILITIES)[number];

export const QUESTION_MARKS = ["shown", "hidden"] as const;

export const OVERDUE_RULES = ["submit", "abandon"] as const;
export const NAVIGATIONS = ["free", "one_way"] as const;

/** How the quiz is taken and counted. What is absent has its default, which is never written into a content. */
export const settingsSchema = z.strictObject({
	/** How often one user may take it, over all of its versions. Absent: as often as they like. */
	attempts_max: z.int().min(1).max(ATTEMPTS_PER_TAKER_MAX).optional(),
	/** Whether takers are told the marks of each question, or those of the whole alone. Absent: they are. */
	question_marks: z.enum(QUESTION_MARKS).optional(),
	/** Whether its author's own attempts count in its statistics. Absent: they do not. */
	count_author: z.boolean().optional(),
	/** How long an attempt takes at most. Absent: as long as one likes. */
	time_limit_s: z.int().min(1).max(TIME_LIMIT_S_MAX).optional(),
	/** How long after the deadline what arrives still counts. Absent: 0. */
	grace_s: z.int().min(0).max(GRACE_S_MAX).optional(),
	/** What becomes of an attempt that is not submitted in time: what is saved of it counts, or nothing. Absent: `submit`. */
	overdue: z.enum(OVERDUE_RULES).optional(),
	/** From when on and until when it can be taken, milliseconds since the epoch, both included. */
	opens_at: z.int().min(0).optional(),
	closes_at: z.int().min(0).optional(),
	/** Between the end of one attempt of a user and the beginning of the next. Absent: 0. */
	delay_s: z.int().min(0).max(DELAY_S_MAX).optional(),
	/** Whether one may go back to questions. Absent: `free`. */
	navigation: z.enum(NAVIGATIONS).optional(),
	/** What is shown in another order in each attempt. Absent: nothing. */
	shuffle: z.strictObject({ questions: z.boolean().optional(), options: z.boolean().optional() }).optional(),
	/** How many questions of which subjects, by their names, an attempt has. Absent: all of all. */
	draw: z
		.array(z.strictObject({ from: line(SUBJECT_NAME_CHARS_MAX), take: z.int().min(1).max(QUIZ_QUESTIONS_MAX) }))
		.min(1)
		.max(QUIZ_SUBJECTS_MAX)
		.optional(),
});
export type QuizSettings = z.output<typeof settingsSchema>;

const subjectSchema = z.strictObject({
	name: line(SUBJECT_NAME_CHARS_MAX),
	questions: z.array(questionSchema).min(1).max(QUIZ_QUESTIONS_MAX),
});

/** Counted before the questions are looked at, so that a document of very many is refused fast and with this fault alone. */
const notTooMany = z.transform((subjects: z.input<typeof subjectSchema>[], context) => {
	const questions = questionCount(subjects);
	if (questions > QUIZ_QUESTIONS_MAX) {
		const message = `A quiz has at most ${QUIZ_QUESTIONS_MAX} questions; this one has ${questions}.`;
		context.issues.push({ code: "custom", message, input: subjects, continue: true });
	}
	return subjects;
});

const contentShape = z.strictObject({
	title: line(QUIZ_TITLE_CHARS_MAX),
	description: z.string().trim().max(QUIZ_DESCRIPTION_CHARS_MAX).default(""),
	tags: z
		.array(line(QUIZ_TAG_CHARS_MAX).toLowerCase())
		.max(QUIZ_TAGS_MAX)
		.default([])
		.transform((tags) => [...new Set(tags)]),
	source: z.enum(SOURCES).default("upload"),
	difficulty: z.enum(DIFFICULTIES).default("beginner"),
	/** A medium of the author's. */
	thumbnail: mediaHash.optional(),
	pass_percentage: z.int().min(0).max(100).default(PASS_PERCENTAGE_DEFAULT),
	settings: settingsSchema.optional(),
	subjects: z.pipe(notTooMany, z.array(subjectSchema).min(1).max(QUIZ_SUBJECTS_MAX)),
});

/** Names every fault of a document: what concerns several fields is checked also where single fields are wrong. */
export const quizContentSchema = contentShape.superRefine(
	(content, context) => {
		// Only what has no fault in its shape is a content, and can be written as one.
		const size = context.issues.length === 0 ? sizeFaults(content) : [];
		for (const fault of [...faultsOf(content), ...settingFaults(content), ...size]) {
			context.addIssue({ code: "custom", path: pathOf(fault.pointer), message: fault.detail });
		}
	},
	{ when: ({ value }) => typeof value === "object" && value !== null },
);

export type QuizDocument = z.input<typeof quizContentSchema>;
export type QuizContent = z.output<typeof quizContentSchema>;

const pathOf = (pointer: string) =>
	pointer
		.split("/")
		.slice(1)
		.map((token) => (/^\d+$/.test(token) ? Number(token) : token));

const questionsIn = (subject: unknown): readonly unknown[] =>
	typeof subject === "object" && subject !== null && "questions" in subject ? listIn(subject.questions) : [];

const questionCount = (subjects: unknown): number =>
	listIn(subjects).reduce((sum: number, subject) => sum + questionsIn(subject).length, 0);

/**
 * What a schema of single fields cannot say: ids unique in the quiz, keys that fit their questions, the size of it all.
 * @param content may have any faults in its fields; nothing of it is taken to be as its type says
 */
function faultsOf(content: { subjects: unknown }): InputFault[] {
	if (questionCount(content.subjects) > QUIZ_QUESTIONS_MAX) return [];
	const faults: InputFault[] = [];
	const ids = new Map<string, string>();
	listIn(content.subjects).forEach((subject, s) => {
		questionsIn(subject).forEach((question, q) => {
			const at = `/subjects/${s}/questions/${q}`;
			const id = idOf(question);
			const earlier = id === null ? undefined : ids.get(id);
			if (earlier) faults.push({ pointer: `${at}/id`, detail: `The id "${id}" is already that of ${earlier}.` });
			else if (id !== null) ids.set(id, at);
			const own = questionFaults(question);
			faults.push(...own.map(({ pointer, detail }) => ({ pointer: at + pointer, detail })));
		});
	});
	return faults;
}

/** What settings say of other parts of the document, and of each other. */
function settingFaults({ settings, subjects }: { settings?: unknown; subjects: unknown }): InputFault[] {
	const read = settingsSchema.safeParse(settings);
	if (!read.success) return [];
	const { opens_at, closes_at, draw = [] } = read.data;
	const faults: InputFault[] = [];
	if (opens_at !== undefined && closes_at !== undefined && closes_at < opens_at) {
		faults.push({ pointer: "/settings/closes_at", detail: "It closes before it opens." });
	}
	const sizes = new Map(listIn(subjects).map((subject) => [nameOf(subject), questionsIn(subject).length] as const));
	draw.forEach(({ from, take }, place) => {
		const there = sizes.get(from);
		const at = `/settings/draw/${place}`;
		if (there === undefined) faults.push({ pointer: `${at}/from`, detail: "No subject has this name." });
		else if (take > there) faults.push({ pointer: `${at}/take`, detail: `The subject has ${there} questions.` });
		if (draw.findIndex((other) => other.from === from) < place) {
			faults.push({ pointer: `${at}/from`, detail: "It is drawn from twice." });
		}
	});
	return faults;
}

const nameOf = (subject: unknown): unknown =>
	typeof subject === "object" && subject !== null && "name" in subject && typeof subject.name === "string"
		? subject.name.trim()
		: null;

function idOf(question: unknown): string | null {
	const id = typeof question === "object" && question !== null && "id" in question ? question.id : null;
	return typeof id === "string" || typeof id === "number" ? String(id) : null;
}

function sizeFaults(content: QuizContent): InputFault[] {
	const { bytes } = freeze(content);
	if (bytes <= QUIZ_CONTENT_BYTES_MAX) return [];
	const detail = `A quiz has at most ${QUIZ_CONTENT_BYTES_MAX} bytes of content; this one has ${bytes}.`;
	return [{ pointer: "", detail }];
}

export interface FrozenContent {
	/** SHA-256 of `text` in hex: the name of this content everywhere inside. */
	hash: string;
	/** The canonical JSON. */
	text: string;
	bytes: number;
}

/**
 * The one text and the one hash of a content. Equal contents have equal hashes, whatever the order of their members, and whoever
 * knows all of a content but its key finds the key by the hash; unless there is a nonce in the text that nobody knows.
 * @param nonce 32 hex digits
 */
export function freeze(content: QuizContent, nonce?: string): FrozenContent {
	const text = canonicalJson({ ...content, nonce });
	return { text, hash: sha256Hex(text), bytes: utf8Bytes(text) };
}

/** The content that a frozen text says, without its nonce. */
export function contentIn(text: string): QuizContent {
	const { nonce: _, ...content }: QuizContent & { nonce?: string } = JSON.parse(text);
	return content;
}

export const questionsOf = (content: QuizContent): Question[] =>
	content.subjects.flatMap((subject) => subject.questions);

/** Marks that can be earned in all, in hundredths. */
export const maxHundredthsOf = (questions: Pick<Question, "marks">[]): number =>
	questions.reduce((sum, question) => sum + hundredthsOf(question.marks), 0);

/** What scoring needs of a published version, and nothing else of it. It holds the key: it goes to shards, never to clients. */
export interface AnswerKey {
	quiz: string;
	/** Content hash. */
	version: string;
	/** 1 for the first publication, and so on. */
	version_number: number;
	/** Absent from a Worker of before attempts had titles. */
	title?: string;
	pass_percentage: number;
	questions: QuestionKey[];
	settings?: QuizSettings | undefined;
	/** Whose quiz it is and when it was published first; absent where the caller does not know. */
	owner?: string | undefined;
	published_at?: number | undefined;
	/** Which questions are of which subject, where some of them are drawn. */
	subjects?: { name: string; questions: string[] }[] | undefined;
}

/** A content as its author sees it: each question says its type. */
export function shownContent({ subjects, ...content }: QuizContent) {
	return {
		...content,
		subjects: subjects.map(({ name, questions }) => ({ name, questions: questions.map(withType) })),
	};
}

function withType(question: Question) {
	switch (question.type) {
		case undefined:
		case "single_choice":
			return { ...question, type: "single_choice" as const };
		default:
			return question;
	}
}

/** A content as anyone may see it who may see the quiz: without keys and explanations. */
export function withoutKey({ subjects, ...content }: QuizContent) {
	const shown = subjects.map(({ name, questions }): { name: string; questions: ShownQuestion[] } => ({
		name,
		questions: questions.map(shownQuestion),
	}));
	return { ...content, subjects: shown };
}
