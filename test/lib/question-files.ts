import { strToU8, zipSync } from "fflate";
import { compose } from "../../src/domain/interchange/compose.ts";
import type { FileFormat } from "../../src/domain/interchange/formats.ts";
import { readFiles } from "../../src/domain/interchange/read-files.ts";
import type { QuestionReport } from "../../src/domain/interchange/report.ts";
import type { Question } from "../../src/domain/quizzes/questions.ts";

/** Files of questions, made for tests. */

/** An archive of texts, or of bytes, by their names. */
export const zip = (files: Readonly<Record<string, string | Uint8Array>>): Uint8Array<ArrayBuffer> =>
	new Uint8Array(
		zipSync(
			Object.fromEntries(
				Object.entries(files).map(([name, content]) => [
					name,
					typeof content === "string" ? strToU8(content) : content,
				]),
			),
		),
	);

/** A workbook with one sheet, whose cells are written as texts within the file of the sheet. */
export const workbook = (rows: readonly (readonly string[])[], more: Readonly<Record<string, string>> = {}) =>
	zip({
		"xl/workbook.xml":
			'<workbook xmlns:r="r"><sheets><sheet name="Sheet1" sheetId="1" r:id="rId1"/></sheets></workbook>',
		"xl/_rels/workbook.xml.rels":
			'<Relationships><Relationship Id="rId1" Target="worksheets/sheet1.xml"/></Relationships>',
		"xl/worksheets/sheet1.xml": `<worksheet><sheetData>${rows.map((cells, row) => `<row r="${row + 1}">${cells.map((cell, column) => cellXml(cell, column, row)).join("")}</row>`).join("")}</sheetData></worksheet>`,
		...more,
	});

function cellXml(cell: string, column: number, row: number): string {
	if (cell === "") return "";
	const place = `r="${String.fromCharCode(65 + column)}${row + 1}"`;
	if (/^<c[ >]/.test(cell)) return cell.replace("<c", `<c ${place}`);
	const text = cell.replace(/[<>&]/g, (char) => `&#${char.charCodeAt(0)};`);
	return `<c ${place} t="inlineStr"><is><t>${text}</t></is></c>`;
}

export interface Read {
	questions: Question[];
	reports: QuestionReport[];
	/** Titles of quizzes, with the names of their subjects. */
	quizzes: [title: string | null, subjects: string[]][];
	faults: string[];
}

/** What files become; those that are texts are UTF-8. */
export function readAll(files: Readonly<Record<string, string | Uint8Array>>, format: FileFormat | null = null): Read {
	const sources = Object.entries(files).map(([name, content]) => ({
		name,
		bytes: typeof content === "string" ? strToU8(content) : content,
	}));
	const reading = readFiles(sources, format);
	const composed = reading.quizzes.map(({ title, sections }) => ({ title, ...compose(sections) }));
	return {
		questions: composed.flatMap(({ subjects }) => subjects.flatMap(({ questions }) => questions)),
		reports: composed.flatMap(({ reports }) => reports),
		quizzes: composed.map(({ title, subjects }) => [title, subjects.map(({ name }) => name)]),
		faults: reading.faults.map(({ file, detail }) => `${file}: ${detail}`),
	};
}
