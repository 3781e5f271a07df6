import { faultsOf } from "../../domain/input-faults.ts";
import { compose } from "../../domain/interchange/compose.ts";
import type { FileFormat } from "../../domain/interchange/formats.ts";
import { readGift } from "../../domain/interchange/gift-read.ts";
import { BATCH_IMPORT_MAX, IMPORT_FAULTS_MAX } from "../../domain/interchange/limits.ts";
import type { FoundImage } from "../../domain/interchange/pictures.ts";
import { readQti } from "../../domain/interchange/qti-read.ts";
import { type FileQuiz, readFiles, type SourceFile } from "../../domain/interchange/read-files.ts";
import {
	type NamedText,
	type QuestionReport,
	type ReadQuiz,
	rejected,
	type TextFault,
} from "../../domain/interchange/report.ts";
import { splitQuiz } from "../../domain/interchange/split-quizzes.ts";
import { textFault } from "../../domain/interchange/text-encoding.ts";
import { QUIZ_TITLE_CHARS_MAX } from "../../domain/quizzes/limits.ts";
import { type DIFFICULTIES, type QuizContent, quizContentSchema } from "../../domain/quizzes/quiz.ts";
import { accepted, type InputFault, type Outcome, refused } from "../../domain/result.ts";

/** Of each quiz that the source becomes; its limits are those of a quiz. */
export interface ImportHead {
	/** Of the first of several; absent: what the source says, or its file, or its format. */
	title?: string | undefined;
	description?: string | undefined;
	tags?: string[] | undefined;
	difficulty?: (typeof DIFFICULTIES)[number] | undefined;
	pass_percentage?: number | undefined;
}

/** What quizzes are imported from. */
export type ImportSource =
	| { format: "json"; quizzes: unknown[] }
	| ({ format: "gift"; text: string } & ImportHead)
	| ({ format: "qti"; documents: NamedText[] } & ImportHead)
	| ({ format: "files"; files: SourceFile[]; as: FileFormat | null } & ImportHead);

/** One quiz of an import: its content, or why there is none. */
export interface ImportItem {
	/** Pointer of the content in the request; '' where it was made of a text. */
	at: string;
	/** The file that it is of, where the source is made of files. */
	file?: string;
	content: QuizContent | null;
	errors: InputFault[];
	questions: QuestionReport[];
}

/** What an import would make. */
export interface ImportPlan {
	items: ImportItem[];
	/** Images that come with it, of which quizzes name some. */
	images: ReadonlyMap<string, FoundImage>;
}

/** The quizzes of an import; `invalid-request` for what is not of the format, and for a head that no quiz may have. */
export function importPlan(source: ImportSource): Outcome<ImportPlan> {
	if (source.format === "files") return fromFiles(source);
	const items = itemsOf(source);
	return items.ok ? accepted({ items: items.value, images: NO_IMAGES }) : items;
}

const NO_IMAGES: ReadonlyMap<string, FoundImage> = new Map();

function itemsOf(source: Exclude<ImportSource, { format: "files" }>): Outcome<ImportItem[]> {
	switch (source.format) {
		case "json":
			return accepted(
				source.quizzes.map((quiz, index) => {
					const at = `/quizzes/${index}`;
					return { at, ...checked(quiz, at), questions: [] };
				}),
			);
		case "gift": {
			const lost = textFault(source.text);
			if (lost !== null) return notOfFormat([{ pointer: "/text", line: 1, detail: lost }]);
			const reading = readGift(source.text);
			if (!reading.ok) return notOfFormat(reading.faults.map((fault) => ({ ...fault, pointer: "/text" })));
			return quizzesFrom(source, [{ title: null, sections: reading.value }], "Imported from GIFT", "/text");
		}
		case "qti": {
			const lost = source.documents.flatMap(({ text }, index) => {
				const detail = textFault(text);
				return detail === null ? [] : [{ pointer: `/documents/${index}`, line: 1, detail }];
			});
			if (lost.length > 0) return notOfFormat(lost);
			const reading = readQti(source.documents);
			if (!reading.ok) {
				return notOfFormat(reading.faults.map((fault) => ({ ...fault, pointer: `/documents/${fault.document}` })));
			}
			return quizzesFrom(source, reading.quizzes, "Imported from QTI", "/documents");
		}
	}
}

/** Of files what can be read is, and of the others it is said why not. */
function fromFiles(source: Extract<ImportSource, { format: "files" }>): Outcome<ImportPlan> {
	const { quizzes, documents, images, faults } = readFiles(source.files, source.as);
	const read = quizzes.length > 0 ? quizzesFrom(source, quizzes, "Imported", "") : accepted<ImportItem[]>([]);
	if (!read.ok) return read;
	const own = documents.map(({ file, place, document }): ImportItem => {
		const { content, errors } = checked(document, "");
		const from = place === "" ? file : `${file}: ${place}`;
		return {
			at: "",
			file,
			content,
			errors: errors.map(({ pointer, detail }) => ({ pointer, detail: `${from}: ${detail}` })),
			questions: [],
		};
	});
	const unread = faults.map(
		({ file, detail }): ImportItem => ({
			at: "",
			file,
			content: null,
			errors: [{ pointer: "", detail: `${file}: ${detail}` }],
			questions: [],
		}),
	);
	return accepted({ items: notTooMany([...read.value, ...own, ...unread]), images });
}

/** Of more quizzes than one import makes the last ones are rejected. */
function notTooMany(items: readonly ImportItem[]): ImportItem[] {
	let left = BATCH_IMPORT_MAX;
	return items.map((item) => {
		if (item.content === null || left-- > 0) return item;
		const detail = `${item.file ?? ""}: One import makes at most ${BATCH_IMPORT_MAX} quizzes.`;
		return { ...item, content: null, errors: [{ pointer: "", detail }], questions: rejected(item.questions) };
	});
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
function quizzesFrom(
	head: ImportHead,
	quizzes: readonly (ReadQuiz & Partial<FileQuiz>)[],
	title: string,
	pointer: string,
): Outcome<ImportItem[]> {
	const items: ImportItem[] = [];
	const titled = quizzes.map((one, index) => ({
		...one,
		title: (index === 0 ? head.title : undefined) ?? titleFrom(one.title) ?? title,
	}));
	for (const quiz of titled.flatMap((one) => splitQuiz(one))) {
		const item = single(head, quiz, pointer);
		if (!item.ok) return item;
		items.push(item.value);
	}
	return accepted(items);
}

function single(
	head: ImportHead,
	{ title, sections, difficulty, file }: ReadQuiz & Partial<FileQuiz>,
	pointer: string,
): Outcome<ImportItem> {
	const { subjects, reports } = compose(sections);
	const { description, tags, pass_percentage } = head;
	const none = subjects.length === 0;
	const content = {
		title,
		description,
		tags,
		difficulty: head.difficulty ?? difficulty,
		pass_percentage,
		subjects: none ? [PLACEHOLDER] : subjects,
	};
	const parsed = checked(content, "");
	const ofHead = parsed.errors.filter((error) => !isOfSource(error));
	if (ofHead.length > 0) {
		return refused({ code: "invalid-request", detail: "The head of the quiz is not valid.", errors: ofHead });
	}
	const errors = none ? [{ pointer, detail: "No question of it can be imported." }] : parsed.errors;
	return accepted({
		at: "",
		...(file !== undefined && { file }),
		content: none ? null : parsed.content,
		errors: errors.map(({ detail }) => ({ pointer, detail })),
		questions: parsed.content === null ? rejected(reports) : reports,
	});
}

/** Stands in where there is no question, so that the head is checked all the same. */
const PLACEHOLDER = { name: "none", questions: [{ id: "1", question: "none", type: "true_false", correct: true }] };

/** The size is a matter of the questions. */
const isOfSource = ({ pointer }: InputFault) => pointer === "" || pointer.startsWith("/subjects");

/** The first text in it where letters were lost before. */
function lostIn(value: unknown, pointer: string): InputFault | null {
	if (typeof value === "string") {
		const detail = textFault(value);
		return detail === null ? null : { pointer, detail };
	}
	if (typeof value !== "object" || value === null) return null;
	for (const [name, member] of Object.entries(value)) {
		const fault = lostIn(member, `${pointer}/${name.replaceAll("~", "~0").replaceAll("/", "~1")}`);
		if (fault) return fault;
	}
	return null;
}

function checked(document: unknown, at: string): { content: QuizContent | null; errors: InputFault[] } {
	const lost = lostIn(document, at);
	if (lost) return { content: null, errors: [lost] };
	const parsed = quizContentSchema.safeParse(document);
	if (parsed.success) return { content: parsed.data, errors: [] };
	const issues = parsed.error.issues.slice(0, IMPORT_FAULTS_MAX);
	const errors = issues.flatMap((issue) => faultsOf(issue, undefined)).slice(0, IMPORT_FAULTS_MAX);
	return { content: null, errors: errors.map(({ pointer, detail }) => ({ pointer: at + pointer, detail })) };
}
