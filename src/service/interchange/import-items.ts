import { faultsOf } from "../../domain/input-faults.ts";
import { compose } from "../../domain/interchange/compose.ts";
import { readGift } from "../../domain/interchange/gift-read.ts";
import { IMPORT_FAULTS_MAX } from "../../domain/interchange/limits.ts";
import { readQti } from "../../domain/interchange/qti-read.ts";
import { type QuestionReport, type ReadSection, rejected, type TextFault } from "../../domain/interchange/report.ts";
import { QUIZ_TITLE_CHARS_MAX } from "../../domain/quizzes/limits.ts";
import { type DIFFICULTIES, type QuizContent, quizContentSchema } from "../../domain/quizzes/quiz.ts";
import { accepted, type InputFault, type Outcome, refused } from "../../domain/result.ts";

/** Of the one quiz that a GIFT text or the documents of QTI become; its limits are those of a quiz. */
interface Head {
	/** Absent: the title of the test, or of the format. */
	title?: string | undefined;
	description?: string | undefined;
	tags?: string[] | undefined;
	difficulty?: (typeof DIFFICULTIES)[number] | undefined;
	pass_percentage?: number | undefined;
}

/** What quizzes are imported from. */
export type ImportSource =
	| { format: "json"; quizzes: unknown[] }
	| ({ format: "gift"; text: string } & Head)
	| ({ format: "qti"; documents: string[] } & Head);

/** One quiz of an import: its content, or why there is none. */
export interface ImportItem {
	/** Pointer of the content in the request; '' where it was made of a text. */
	at: string;
	content: QuizContent | null;
	errors: InputFault[];
	questions: QuestionReport[];
}

/** The quizzes of an import; `invalid-request` for what is not of the format, and for a head that no quiz may have. */
export function importItems(source: ImportSource): Outcome<ImportItem[]> {
	switch (source.format) {
		case "json":
			return accepted(
				source.quizzes.map((quiz, index) => {
					const at = `/quizzes/${index}`;
					return { at, ...checked(quiz, at), questions: [] };
				}),
			);
		case "gift": {
			const reading = readGift(source.text);
			if (!reading.ok) return notOfFormat(reading.faults.map((fault) => ({ ...fault, pointer: "/text" })));
			return single(source, "Imported from GIFT", reading.value, "/text");
		}
		case "qti": {
			const reading = readQti(source.documents);
			if (!reading.ok) {
				return notOfFormat(reading.faults.map((fault) => ({ ...fault, pointer: `/documents/${fault.document}` })));
			}
			return single(source, titleFrom(reading.title) ?? "Imported from QTI", reading.sections, "/documents");
		}
	}
}

const titleFrom = (title: string | null) => title?.slice(0, QUIZ_TITLE_CHARS_MAX).toWellFormed().trim() || null;

function notOfFormat(faults: readonly (TextFault & { pointer: string })[]) {
	const errors = faults.map(({ pointer, line, column, detail }) => {
		const place = column === undefined ? `Line ${line}` : `Line ${line}, column ${column}`;
		return { pointer, detail: `${place}: ${detail}` };
	});
	return refused({ code: "invalid-request", detail: "The text is not of its format.", errors });
}

/** @param pointer of the questions' source, to which faults of what it says are put down */
function single(head: Head, title: string, sections: readonly ReadSection[], pointer: string): Outcome<ImportItem[]> {
	const { subjects, reports } = compose(sections);
	const { description, tags, difficulty, pass_percentage } = head;
	const none = subjects.length === 0;
	const content = {
		title: head.title ?? title,
		description,
		tags,
		difficulty,
		pass_percentage,
		subjects: none ? [PLACEHOLDER] : subjects,
	};
	const parsed = checked(content, "");
	const ofHead = parsed.errors.filter((error) => !isOfSource(error));
	if (ofHead.length > 0) {
		return refused({ code: "invalid-request", detail: "The head of the quiz is not valid.", errors: ofHead });
	}
	const errors = none ? [{ pointer, detail: "No question of it can be imported." }] : parsed.errors;
	const item = {
		at: "",
		content: none ? null : parsed.content,
		errors: errors.map(({ detail }) => ({ pointer, detail })),
		questions: parsed.content === null ? rejected(reports) : reports,
	};
	return accepted([item]);
}

/** Stands in where there is no question, so that the head is checked all the same. */
const PLACEHOLDER = { name: "none", questions: [{ id: "1", question: "none", type: "true_false", correct: true }] };

/** The size is a matter of the questions. */
const isOfSource = ({ pointer }: InputFault) => pointer === "" || pointer.startsWith("/subjects");

function checked(document: unknown, at: string): { content: QuizContent | null; errors: InputFault[] } {
	const parsed = quizContentSchema.safeParse(document);
	if (parsed.success) return { content: parsed.data, errors: [] };
	const issues = parsed.error.issues.slice(0, IMPORT_FAULTS_MAX);
	const errors = issues.flatMap((issue) => faultsOf(issue, undefined)).slice(0, IMPORT_FAULTS_MAX);
	return { content: null, errors: errors.map(({ pointer, detail }) => ({ pointer: at + pointer, detail })) };
}
