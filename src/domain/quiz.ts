import { z } from "zod";
import { canonicalJson, sha256Hex, utf8Bytes } from "./canonical.ts";
import * as limits from "./limits.ts";
import type { InputFault } from "./result.ts";

/**
 * What a quiz says: the document that an author writes, that publication freezes under its hash, and that imports bring.
 * Its field names are those of the import files. Question types other than single choice will be further members of a
 * union on `type`; today's documents have none and mean `single_choice`.
 */

export const DIFFICULTIES = ["beginner", "intermediate", "advanced", "expert"] as const;
export const SOURCES = ["ai", "upload", "paste", "template"] as const;
export const VISIBILITIES = ["private", "tenant", "public"] as const;
export type Visibility = (typeof VISIBILITIES)[number];

const line = (charsMax: number) => z.string().trim().min(1).max(charsMax);

const questionId = z
	.union([z.int().min(0), z.string().regex(/^[A-Za-z0-9_.-]+$/, "letters, digits and _ . - only")])
	.transform(String)
	.refine((id) => id !== "__proto__", "cannot be an id")
	.pipe(z.string().min(1).max(limits.QUESTION_ID_CHARS_MAX));

const questionSchema = z.strictObject({
	id: questionId,
	question: line(limits.QUESTION_TEXT_CHARS_MAX),
	options: z.array(line(limits.OPTION_CHARS_MAX)).min(limits.OPTIONS_MIN).max(limits.OPTIONS_MAX),
	correctAnswer: z.int().min(0),
	explanation: line(limits.EXPLANATION_CHARS_MAX).optional(),
	marks: z.int().min(1).max(limits.MARKS_MAX).default(1),
});

export const quizContentSchema = z
	.strictObject({
		title: line(limits.QUIZ_TITLE_CHARS_MAX),
		description: z.string().trim().max(limits.QUIZ_DESCRIPTION_CHARS_MAX).default(""),
		tags: z
			.array(line(limits.QUIZ_TAG_CHARS_MAX).toLowerCase())
			.max(limits.QUIZ_TAGS_MAX)
			.default([])
			.transform((tags) => [...new Set(tags)]),
		source: z.enum(SOURCES).default("upload"),
		difficulty: z.enum(DIFFICULTIES).default("beginner"),
		pass_percentage: z.int().min(0).max(100).default(limits.PASS_PERCENTAGE_DEFAULT),
		subjects: z
			.array(
				z.strictObject({
					name: line(limits.SUBJECT_NAME_CHARS_MAX),
					questions: z.array(questionSchema).min(1).max(limits.QUIZ_QUESTIONS_MAX),
				}),
			)
			.min(1)
			.max(limits.QUIZ_SUBJECTS_MAX),
	})
	.superRefine((content, context) => {
		for (const fault of faultsOf(content)) {
			context.addIssue({ code: "custom", path: pathOf(fault.pointer), message: fault.detail });
		}
	});

export type QuizDocument = z.input<typeof quizContentSchema>;
export type QuizContent = z.output<typeof quizContentSchema>;
export type Question = z.output<typeof questionSchema>;

const pathOf = (pointer: string) =>
	pointer
		.split("/")
		.slice(1)
		.map((token) => (/^\d+$/.test(token) ? Number(token) : token));

/** What a schema of single fields cannot say: ids unique in the quiz, options that differ, a key that is one of them. */
function faultsOf(content: QuizContent): InputFault[] {
	const faults: InputFault[] = [];
	const ids = new Map<string, string>();
	let questions = 0;
	content.subjects.forEach((subject, s) => {
		subject.questions.forEach((question, q) => {
			const at = `/subjects/${s}/questions/${q}`;
			questions++;
			const earlier = ids.get(question.id);
			if (earlier)
				faults.push({ pointer: `${at}/id`, detail: `The id "${question.id}" is already that of ${earlier}.` });
			else ids.set(question.id, at);
			const seen = new Map<string, number>();
			question.options.forEach((option, o) => {
				const same = seen.get(option);
				if (same !== undefined) faults.push({ pointer: `${at}/options/${o}`, detail: `Equal to option ${same}.` });
				else seen.set(option, o);
			});
			if (question.correctAnswer >= question.options.length) {
				const last = question.options.length - 1;
				faults.push({ pointer: `${at}/correctAnswer`, detail: `Must be an index into options, 0 to ${last}.` });
			}
		});
	});
	if (questions > limits.QUIZ_QUESTIONS_MAX) {
		const detail = `A quiz has at most ${limits.QUIZ_QUESTIONS_MAX} questions; this one has ${questions}.`;
		faults.push({ pointer: "/subjects", detail });
	}
	const { bytes } = freeze(content);
	if (bytes > limits.QUIZ_CONTENT_BYTES_MAX) {
		const detail = `A quiz has at most ${limits.QUIZ_CONTENT_BYTES_MAX} bytes of content; this one has ${bytes}.`;
		faults.push({ pointer: "", detail });
	}
	return faults;
}

export interface FrozenContent {
	/** SHA-256 of `text` in hex: the name of this content everywhere. */
	hash: string;
	/** The canonical JSON. */
	text: string;
	bytes: number;
}

/** The one text and the one hash of a content. Equal contents have equal hashes, whatever the order of their members. */
export function freeze(content: QuizContent): FrozenContent {
	const text = canonicalJson(content);
	return { text, hash: sha256Hex(text), bytes: utf8Bytes(text) };
}

export const questionsOf = (content: QuizContent): Question[] =>
	content.subjects.flatMap((subject) => subject.questions);

export const maxScoreOf = (questions: Pick<Question, "marks">[]): number =>
	questions.reduce((sum, question) => sum + question.marks, 0);

/** What scoring needs of a published version, and nothing else of it. It holds the key: it goes to shards, never to clients. */
export interface AnswerKey {
	quiz: string;
	/** Content hash. */
	version: string;
	/** 1 for the first publication, and so on. */
	version_number: number;
	pass_percentage: number;
	questions: { id: string; options: number; correct: number; marks: number }[];
}

/** A content as anyone may see it who may see the quiz: without keys and explanations. */
export function withoutKey(content: QuizContent) {
	return {
		...content,
		subjects: content.subjects.map((subject) => ({
			name: subject.name,
			questions: subject.questions.map(({ id, question, options, marks }) => ({ id, question, options, marks })),
		})),
	};
}
