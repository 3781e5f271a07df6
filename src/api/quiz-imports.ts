import { z } from "@hono/zod-openapi";
import { compose } from "../domain/interchange/compose.ts";
import { readGift } from "../domain/interchange/gift-read.ts";
import { readQti } from "../domain/interchange/qti-read.ts";
import { type QuestionReport, type ReadSection, rejected, type TextFault } from "../domain/interchange/report.ts";
import * as limits from "../domain/limits.ts";
import { DIFFICULTIES, type QuizContent, quizContentSchema } from "../domain/quiz.ts";
import type { InputFault } from "../domain/result.ts";
import { invalid } from "./problem.ts";
import { faultsOf } from "./route.ts";

/** What an import asks for, and the quizzes that it comes to. */

/** Of the one quiz that a GIFT text or the documents of QTI become; its limits are those of a quiz. */
const head = {
	title: z.string().optional().openapi({ description: "Absent: the title of the test, or of the format" }),
	description: z.string().optional(),
	tags: z.array(z.string()).optional(),
	difficulty: z.enum(DIFFICULTIES).optional(),
	pass_percentage: z.int().optional(),
};

export const importBody = z
	.discriminatedUnion(
		"format",
		[
			z.strictObject({
				format: z.literal("json"),
				quizzes: z
					.array(z.unknown().openapi({ type: "object", description: "A quiz, as it is for creating a draft" }))
					.min(1)
					.max(limits.BATCH_IMPORT_MAX),
			}),
			z.strictObject({
				format: z.literal("gift"),
				text: z.string().min(1).openapi({ description: "Questions in Moodle's GIFT format; they become one quiz" }),
				...head,
			}),
			z.strictObject({
				format: z.literal("qti"),
				documents: z
					.array(z.string().min(1))
					.min(1)
					.max(limits.QTI_DOCUMENTS_MAX)
					.openapi({ description: "Items of QTI 3.0 and at most one test, as XML; they become one quiz" }),
				...head,
			}),
		],
		{ error: ({ code }) => (code === "invalid_union" ? "must be json, gift or qti" : undefined) },
	)
	.openapi("QuizImport", {
		example: { format: "gift", title: "Capitals", text: "The capital of France is {~Rome =Paris ~Berlin}." },
	});

export type ImportBody = z.output<typeof importBody>;

/** One quiz of an import: its content, or why there is none. */
export interface ImportItem {
	/** Pointer of the content in the request; '' where it was made of a text. */
	at: string;
	content: QuizContent | null;
	errors: InputFault[];
	questions: QuestionReport[];
}

/** @throws ProblemError `invalid-request` for what is not of the format, and for a head that no quiz may have */
export function importItems(body: ImportBody): ImportItem[] {
	switch (body.format) {
		case "json":
			return body.quizzes.map((quiz, index) => {
				const at = `/quizzes/${index}`;
				return { at, ...checked(quiz, at), questions: [] };
			});
		case "gift": {
			const reading = readGift(body.text);
			if (!reading.ok) throw notOfFormat(reading.faults.map((fault) => ({ ...fault, pointer: "/text" })));
			return [single(body, "Imported from GIFT", reading.value, "/text")];
		}
		case "qti": {
			const reading = readQti(body.documents);
			if (!reading.ok) {
				throw notOfFormat(reading.faults.map((fault) => ({ ...fault, pointer: `/documents/${fault.document}` })));
			}
			return [single(body, titleFrom(reading.title) ?? "Imported from QTI", reading.sections, "/documents")];
		}
	}
}

const titleFrom = (title: string | null) => title?.slice(0, limits.QUIZ_TITLE_CHARS_MAX).toWellFormed().trim() || null;

function notOfFormat(faults: readonly (TextFault & { pointer: string })[]) {
	const errors = faults.map(({ pointer, line, column, detail }) => {
		const place = column === undefined ? `Line ${line}` : `Line ${line}, column ${column}`;
		return { pointer, detail: `${place}: ${detail}` };
	});
	return invalid("The text is not of its format.", errors);
}

type Head = Omit<Extract<ImportBody, { format: "gift" }>, "format" | "text">;

/** @param pointer of the questions' source, to which faults of what it says are put down */
function single(body: Head, title: string, sections: readonly ReadSection[], pointer: string): ImportItem {
	const { subjects, reports } = compose(sections);
	const { description, tags, difficulty, pass_percentage } = body;
	const none = subjects.length === 0;
	const content = {
		title: body.title ?? title,
		description,
		tags,
		difficulty,
		pass_percentage,
		subjects: none ? [PLACEHOLDER] : subjects,
	};
	const parsed = checked(content, "");
	const ofHead = parsed.errors.filter((error) => !isOfSource(error));
	if (ofHead.length > 0) throw invalid("The head of the quiz is not valid.", ofHead);
	const errors = none ? [{ pointer, detail: "No question of it can be imported." }] : parsed.errors;
	return {
		at: "",
		content: none ? null : parsed.content,
		errors: errors.map(({ detail }) => ({ pointer, detail })),
		questions: parsed.content === null ? rejected(reports) : reports,
	};
}

/** Stands in where there is no question, so that the head is checked all the same. */
const PLACEHOLDER = { name: "none", questions: [{ id: "1", question: "none", type: "true_false", correct: true }] };

/** The size is a matter of the questions. */
const isOfSource = ({ pointer }: InputFault) => pointer === "" || pointer.startsWith("/subjects");

function checked(document: unknown, at: string): { content: QuizContent | null; errors: InputFault[] } {
	const parsed = quizContentSchema.safeParse(document);
	if (parsed.success) return { content: parsed.data, errors: [] };
	const issues = parsed.error.issues.slice(0, limits.IMPORT_FAULTS_MAX);
	const errors = issues.flatMap((issue) => faultsOf(issue, undefined)).slice(0, limits.IMPORT_FAULTS_MAX);
	return { content: null, errors: errors.map(({ pointer, detail }) => ({ pointer: at + pointer, detail })) };
}
