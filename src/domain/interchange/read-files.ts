import { sniffType } from "../media/image-headers.ts";
import type { Difficulty } from "../quizzes/quiz.ts";
import { readAiken } from "./aiken-read.ts";
import { csvTable } from "./csv-rows.ts";
import { type FileFormat, formatOf, formatOfName } from "./formats.ts";
import { readGift } from "./gift-read.ts";
import { TEXT_BYTES_MAX, TEXTS_BYTES_MAX } from "./limits.ts";
import { readMoodleXml } from "./moodle-xml-read.ts";
import { packageOf } from "./packages.ts";
import { type FoundImage, ImageShelf } from "./pictures.ts";
import { type QtiOptions, readQti } from "./qti-read.ts";
import { readQuizlet } from "./quizlet-read.ts";
import {
	type NamedText,
	notRead,
	type Reading,
	type ReadQuestion,
	type ReadQuiz,
	type ReadSection,
	type TextFault,
} from "./report.ts";
import { NO_HEADERS, readTable, type Table } from "./table-read.ts";
import { decodedText } from "./text-encoding.ts";
import { readTrivia, triviaSchema } from "./trivia-read.ts";
import { isWorkbook, xlsxTables } from "./xlsx-rows.ts";
import { looksZipped, openZip, type ZipArchive } from "./zip-archive.ts";

/** Files of questions, of whatever format, as quizzes. Never throws; what cannot be read is said of its file, and the others are read. */

export interface SourceFile {
	/** With its folders, if it has any. */
	name: string;
	bytes: Uint8Array;
}

/** A quiz of a file. */
export interface FileQuiz extends ReadQuiz {
	/** The file that it is of, or the package. */
	file: string;
	difficulty?: Difficulty | undefined;
}

export interface FilesReading {
	quizzes: FileQuiz[];
	/** Quizzes in our own format, as they stand in JSON. */
	documents: { file: string; place: string; document: unknown }[];
	/** Images that questions of them name. */
	images: ReadonlyMap<string, FoundImage>;
	/** Of files of which nothing was read. */
	faults: { file: string; detail: string }[];
}

interface Text extends NamedText {
	name: string;
	format: FileFormat;
	/** What is said of its encoding. */
	note: string | null;
}

/** @param format overrules what the files look like */
export function readFiles(files: readonly SourceFile[], format: FileFormat | null = null): FilesReading {
	const shelf = new ImageShelf();
	const reading: FilesReading = { quizzes: [], documents: [], images: shelf.found, faults: [] };
	const room = { bytes: TEXTS_BYTES_MAX };
	const loose: Text[] = [];
	for (const { name, bytes } of files) {
		if (looksZipped(bytes)) readArchive({ name, bytes }, format, room, reading, shelf);
		// It is there for the questions that show it.
		else if (files.length > 1 && sniffType(bytes) !== null) continue;
		else if (bytes.length === 0) reading.faults.push({ file: name, detail: "The file is empty." });
		else {
			const text = textOf({ name, bytes }, format, room);
			if (typeof text === "string") reading.faults.push({ file: name, detail: text });
			else loose.push(text);
		}
	}
	// Documents of QTI name each other, so they are read together.
	const beside = new Map(files.map(({ name, bytes }) => [name, bytes]));
	const images = { shelf, read: (path: string) => beside.get(path) ?? null };
	readTogether(loose, loose.length === 1 ? (loose[0]?.name ?? "") : "QTI", reading, images);
	return reading;
}

/** The text of a file with its format, or why it is not read. */
function textOf({ name, bytes }: SourceFile, format: FileFormat | null, room: { bytes: number }): Text | string {
	const decoded = decodedText(bytes);
	if (!decoded.ok) return decoded.detail;
	const { text, note } = decoded;
	const known = format ?? formatOf(text) ?? formatOfName(name);
	if (known === null) return "It is of no format that is known. Say which one it is with `format`.";
	// What Moodle's XML has most of are images, and it is read question by question.
	if (known === "moodle") return { name, text, note, format: known };
	if (text.length > TEXT_BYTES_MAX)
		return `It has ${text.length} characters; at most ${TEXT_BYTES_MAX} are read. Cut it.`;
	room.bytes -= text.length;
	if (room.bytes < 0)
		return `All texts of an import together have at most ${TEXTS_BYTES_MAX} characters; this one was left out.`;
	return { name, text, note, format: known };
}

function readArchive(
	file: SourceFile,
	format: FileFormat | null,
	room: { bytes: number },
	reading: FilesReading,
	shelf: ImageShelf,
): void {
	const opened = openZip(file.bytes);
	if (!opened.ok) {
		reading.faults.push({ file: file.name, detail: opened.detail });
		return;
	}
	if (isWorkbook(opened.value)) readWorkbook(file.name, opened.value, reading);
	else readPackage(file.name, opened.value, format, room, reading, shelf);
}

function readWorkbook(file: string, archive: ZipArchive, reading: FilesReading): void {
	const workbook = xlsxTables(archive);
	if (!workbook.ok) {
		reading.faults.push({ file, detail: workbook.detail });
		return;
	}
	const sections = workbook.tables.flatMap((table) => readTable(table) ?? []);
	if (sections.length === 0) reading.faults.push({ file, detail: NO_HEADERS });
	else reading.quizzes.push({ file, title: stemOf(file), sections: withReasons(sections, workbook.notes) });
}

function readPackage(
	file: string,
	archive: ZipArchive,
	format: FileFormat | null,
	room: { bytes: number },
	reading: FilesReading,
	shelf: ImageShelf,
): void {
	const { names, faults } = packageOf(archive);
	const texts: Text[] = [];
	for (const name of names) {
		const bytes = archive.unpack(name);
		const text = bytes === null ? "It is broken in its archive." : textOf({ name, bytes }, format, room);
		// A package holds much that is no question: settings, pages, pictures.
		if (typeof text !== "string") {
			if (text.format !== "json" || text.text.includes('"subjects"')) texts.push(text);
		} else if (format !== null || bytes === null || formatOfName(name) !== null) faults.push(notRead(name, text));
	}
	const before = reading.quizzes.length;
	readTogether(texts, file, reading, { shelf, read: (path) => archive.unpack(path) });
	const first = reading.quizzes[before];
	if (first) reading.quizzes[before] = { ...first, sections: [...first.sections, { name: null, questions: faults }] };
	else if (faults.length > 0)
		reading.quizzes.push({ file, title: stemOf(file), sections: [{ name: null, questions: faults }] });
	else reading.faults.push({ file, detail: "The archive holds no questions in a format that is known." });
}

/** @param file what documents of QTI that stand together are of */
function readTogether(
	texts: readonly Text[],
	file: string,
	reading: FilesReading,
	images: NonNullable<QtiOptions["images"]>,
): void {
	const qti = texts.filter(({ format }) => format === "qti");
	if (qti.length > 0) {
		const read = readQti(qti, { lenient: true, images });
		if (!read.ok) reading.faults.push({ file, detail: faultText(read.faults) });
		else {
			const notes = new Map(qti.map(({ name, note }) => [name, note]));
			const titled = read.quizzes.map(({ title, sections }) => ({
				file,
				title: title ?? stemOf(file),
				sections: noted(sections, notes),
			}));
			reading.quizzes.push(...titled.filter(({ sections }) => sections.some(({ questions }) => questions.length > 0)));
		}
	}
	for (const text of texts) if (text.format !== "qti") readOne(text, reading, images.shelf);
}

const faultText = (faults: readonly TextFault[]) =>
	faults
		.slice(0, FAULTS_SAID_MAX)
		.map(({ line, column, detail }) => `Line ${line}${column === undefined ? "" : `, column ${column}`}: ${detail}`)
		.join(" ");
const FAULTS_SAID_MAX = 5;

/** A note on the encoding of a file, at each question of it. */
const noted = (sections: readonly ReadSection[], notes: ReadonlyMap<string, string | null>): ReadSection[] =>
	sections.map((section) => ({
		...section,
		questions: section.questions.map((read) => {
			const note = notes.get(read.place.split(": ")[0] ?? "") ?? null;
			return note === null ? read : withReason(read, note);
		}),
	}));

const withReason = (read: ReadQuestion, reason: string): ReadQuestion =>
	read.question === null ? read : { ...read, reasons: [...read.reasons, reason] };

const withReasons = (sections: readonly ReadSection[], reasons: readonly string[]): ReadSection[] =>
	reasons.length === 0
		? [...sections]
		: sections.map((section) => ({
				...section,
				questions: section.questions.map((read) => reasons.reduce(withReason, read)),
			}));

/** The name of a file without its folders and ending. */
const stemOf = (name: string) =>
	(name.split("/").at(-1) ?? name).replace(/(?:\.gift)?\.[A-Za-z0-9]{1,8}$/, "") || "Imported";

function readOne(text: Text, reading: FilesReading, shelf: ImageShelf): void {
	const { name: file, format, note } = text;
	if (format === "json") readJson(text, reading);
	else if (format === "trivia") readTriviaText(text, reading);
	else {
		const read = sectionsOf(text, shelf);
		if (!read.ok) reading.faults.push({ file, detail: faultText(read.faults) });
		else
			reading.quizzes.push({
				file,
				title: stemOf(file),
				sections: withReasons(read.value, note === null ? [] : [note]),
			});
	}
}

function sectionsOf({ text, format }: Text, shelf: ImageShelf): Reading<ReadSection[]> {
	switch (format) {
		case "gift":
			return readGift(text);
		case "moodle":
			return readMoodleXml(text, shelf);
		case "aiken":
			return readAiken(text);
		case "quizlet":
			return readQuizlet(text);
		default:
			return tableOf(csvTable(text));
	}
}

function tableOf(table: Reading<Table>): Reading<ReadSection[]> {
	if (!table.ok) return table;
	const sections = readTable(table.value);
	return sections ? { ok: true, value: sections } : { ok: false, faults: [{ line: 1, detail: NO_HEADERS }] };
}

function readTriviaText({ name: file, text, note }: Text, reading: FilesReading): void {
	const parsed = triviaSchema.safeParse(jsonIn(text));
	if (!parsed.success) {
		reading.faults.push({ file, detail: "It is not what the Open Trivia Database gives." });
		return;
	}
	const { sections, difficulty } = readTrivia(parsed.data);
	reading.quizzes.push({
		file,
		title: stemOf(file),
		sections: withReasons(sections, note === null ? [] : [note]),
		...(difficulty && { difficulty }),
	});
}

/** Undefined for what is not JSON. */
function jsonIn(text: string): unknown {
	try {
		return JSON.parse(text);
	} catch (error) {
		if (error instanceof SyntaxError) return undefined;
		throw error;
	}
}

/** A quiz, a list of quizzes, or one quiz in each line. */
function readJson({ name: file, text }: Text, reading: FilesReading): void {
	const whole = jsonIn(text);
	if (whole !== undefined) {
		const list = Array.isArray(whole) ? whole : [whole];
		for (const [index, document] of list.entries()) {
			reading.documents.push({ file, place: list.length === 1 ? "" : `quiz ${index + 1}`, document });
		}
		return;
	}
	text.split("\n").forEach((line, index) => {
		if (line.trim() === "") return;
		const document = jsonIn(line);
		if (document === undefined) reading.faults.push({ file, detail: `Line ${index + 1}: Not JSON.` });
		else reading.documents.push({ file, place: `line ${index + 1}`, document });
	});
}
