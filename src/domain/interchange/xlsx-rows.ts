import { FORMAT_CODE_CHARS_MAX, TABLE_COLUMNS_MAX, TABLE_ROWS_MAX, TEXT_BYTES_MAX } from "./limits.ts";
import { resolved } from "./paths.ts";
import { PlainText } from "./plain-text.ts";
import { Losses } from "./report.ts";
import type { Row, Table } from "./table-read.ts";
import { decodedText } from "./text-encoding.ts";
import { childrenOf, firstNamed, named, rawText, readXml, saysTrue, type XmlElement } from "./xml.ts";
import type { ZipArchive } from "./zip-archive.ts";

/**
 * Workbooks of Excel and all that write such files (ECMA-376): the cells of the first sheet that has any. Nothing of them is carried
 * out: of a formula the value that it had when the file was saved is read, and macros are not looked at.
 */

const WORKBOOK = "xl/workbook.xml";

export const isWorkbook = (archive: ZipArchive): boolean => archive.entries.some(({ name }) => name === WORKBOOK);

export type TableReading = { ok: true; tables: Table[]; notes: string[] } | { ok: false; detail: string };

class Broken extends Error {}

/** A table for each sheet. Never throws. */
export function xlsxTables(archive: ZipArchive): TableReading {
	try {
		const workbook = partOf(archive, WORKBOOK);
		const shared = archive.entries.some(({ name }) => name === "xl/sharedStrings.xml")
			? sharedIn(partOf(archive, "xl/sharedStrings.xml"))
			: [];
		const dates = archive.entries.some(({ name }) => name === "xl/styles.xml")
			? dateStyles(partOf(archive, "xl/styles.xml"))
			: new Set<number>();
		const targets = new Map(
			childrenOf(partOf(archive, "xl/_rels/workbook.xml.rels")).map(({ attributes }) => {
				const target = attributes.get("Target") ?? "";
				return [attributes.get("Id") ?? "", target.startsWith("/") ? target.slice(1) : resolved("xl/", target)];
			}),
		);
		const tables = [...named(workbook, "sheet")].map(({ attributes }) => {
			const path = targets.get(attributes.get("r:id") ?? "") ?? "";
			const name = attributes.get("name") ?? "";
			return { rows: rowsOf(partOf(archive, path), { name, shared, dates }), decimalComma: false };
		});
		const hasMacros = archive.entries.some(({ name }) => /vbaProject\.bin$/i.test(name));
		return { ok: true, tables, notes: hasMacros ? ["The workbook has macros; they were not looked at."] : [] };
	} catch (error) {
		if (error instanceof Broken) return { ok: false, detail: error.message };
		throw error;
	}
}

function partOf(archive: ZipArchive, name: string): XmlElement {
	const bytes = archive.entries.find((entry) => entry.name === name)?.bytes ?? 0;
	if (bytes > TEXT_BYTES_MAX)
		throw new Broken(`${name} in the workbook has ${bytes} bytes; at most ${TEXT_BYTES_MAX} are taken.`);
	const unpacked = archive.unpack(name);
	if (!unpacked) throw new Broken(`The workbook has no ${name.slice(0, 80)}, or it is broken.`);
	const decoded = decodedText(unpacked);
	const reading = decoded.ok ? readXml(decoded.text) : null;
	if (!reading?.ok) throw new Broken(`${name} in the workbook is not XML that can be read.`);
	return reading.value;
}

/** A text of a cell with what is raised or lowered in it. */
function textOf(element: XmlElement, losses: Losses): string {
	const plain = new PlainText(losses);
	const show = (text: string) => {
		const [first = "", ...lines] = text.split(/\r\n|\r|\n/);
		plain.text(first);
		for (const line of lines) {
			plain.newLine();
			plain.text(line);
		}
	};
	for (const child of childrenOf(element)) {
		if (child.name === "t") show(rawText(child));
		if (child.name !== "r") continue;
		const align = firstNamed(child, "vertAlign")?.attributes.get("val");
		const tag = align === "superscript" ? "sup" : align === "subscript" ? "sub" : null;
		if (tag) plain.open(tag);
		for (const text of childrenOf(child)) if (text.name === "t") show(rawText(text));
		if (tag) plain.close(tag);
	}
	return plain.toString();
}

interface SharedText {
	text: string;
	notes: string[];
}

const sharedIn = (root: XmlElement): SharedText[] =>
	childrenOf(root)
		.filter(({ name }) => name === "si")
		.map((element) => {
			const losses = new Losses();
			return { text: textOf(element, losses), notes: losses.reasons };
		});

/** Formats of dates and times: those that every workbook has, and those that say years, months, days, hours or seconds. */
const isDateFormat = (id: number, code: string | undefined) =>
	(id >= 14 && id <= 22) ||
	(id >= 45 && id <= 47) ||
	(code !== undefined && /[ymdhs]/i.test(code.replace(/"[^"]*"|\[[^\]]*\]|\\./g, "")) && !/^general$/i.test(code));

function dateStyles(root: XmlElement): Set<number> {
	const codes = new Map(
		[...named(root, "numFmt")].map(({ attributes }) => [
			Number(attributes.get("numFmtId")),
			(attributes.get("formatCode") ?? "").slice(0, FORMAT_CODE_CHARS_MAX),
		]),
	);
	const formats = firstNamed(root, "cellXfs");
	const dates = new Set<number>();
	for (const [index, { attributes }] of (formats ? childrenOf(formats) : []).entries()) {
		const id = Number(attributes.get("numFmtId") ?? 0);
		if (isDateFormat(id, codes.get(id))) dates.add(index);
	}
	return dates;
}

interface SheetContext {
	name: string;
	shared: readonly SharedText[];
	dates: ReadonlySet<number>;
}

function rowsOf(sheet: XmlElement, context: SheetContext): Row[] {
	const rows: Row[] = [];
	for (const row of named(sheet, "row")) {
		if (rows.length > TABLE_ROWS_MAX)
			throw new Broken(`The sheet ${context.name.slice(0, 40)} has more than ${TABLE_ROWS_MAX} rows.`);
		const cells: string[] = [];
		const notes = new Set<string>();
		for (const cell of childrenOf(row)) {
			if (cell.name !== "c") continue;
			const column = columnOf(cell.attributes.get("r") ?? "") ?? cells.length;
			if (column >= TABLE_COLUMNS_MAX) {
				// Excel writes cells far to the right that have a colour and nothing else.
				if (childrenOf(cell).length > 0)
					throw new Broken(`The sheet ${context.name.slice(0, 40)} has more than ${TABLE_COLUMNS_MAX} columns.`);
				continue;
			}
			while (cells.length < column) cells.push("");
			cells[column] = cellOf(cell, context, notes).trim();
		}
		const number = row.attributes.get("r") ?? String(rows.length + 1);
		const fault = FAULTS.find((one) => notes.has(one)) ?? null;
		rows.push({ place: `row ${number}`, cells, notes: [...notes], fault });
	}
	return rows;
}

/** `B7` is in column 1. */
function columnOf(reference: string): number | null {
	const [letters] = /^[A-Z]{1,3}/.exec(reference) ?? [];
	return letters ? [...letters].reduce((sum, letter) => sum * 26 + letter.charCodeAt(0) - 64, 0) - 1 : null;
}

const FORMULA = "A cell of it is a formula; the value that it had when the file was saved was read.";
const DATE = "A cell of it is a date, which is a number in the file: what was meant cannot be told. Format it as text.";
const CELL_ERROR = "A cell of it is an error of a formula.";

/** Nobody can tell what such a cell was to say. */
const FAULTS = [DATE, CELL_ERROR];

function cellOf(cell: XmlElement, { shared, dates }: SheetContext, notes: Set<string>): string {
	if (childrenOf(cell).some(({ name }) => name === "f")) notes.add(FORMULA);
	const value = firstNamed(cell, "v");
	const text = value ? rawText(value) : "";
	switch (cell.attributes.get("t") ?? "n") {
		case "s": {
			const said = shared[Number(text)];
			for (const note of said?.notes ?? []) notes.add(note);
			return said?.text ?? "";
		}
		case "inlineStr": {
			const inline = firstNamed(cell, "is");
			const losses = new Losses();
			const said = inline ? textOf(inline, losses) : "";
			for (const note of losses.reasons) notes.add(note);
			return said;
		}
		case "b":
			return saysTrue(text) ? "TRUE" : "FALSE";
		case "e":
			notes.add(CELL_ERROR);
			return "";
		case "n":
			if (text !== "" && dates.has(Number(cell.attributes.get("s") ?? 0))) notes.add(DATE);
			// The file holds the shortest binary number with more digits than anybody typed.
			return text === "" || !Number.isFinite(Number(text)) ? text : String(Number(text));
		default:
			return text;
	}
}
