import Papa from "papaparse";
import { TABLE_COLUMNS_MAX, TABLE_ROWS_MAX } from "./limits.ts";
import type { Reading } from "./report.ts";
import type { Row, Table } from "./table-read.ts";

/** What separates cells: what Excel writes depends on the country. */
const SEPARATORS = [";", ",", "\t", "|"] as const;

/** The separator that most of the first lines have, outside of quotes. */
function separatorOf(text: string): string {
	const head = text.slice(0, HEAD_CHARS);
	// Some systems say it in a line of its own, which Excel reads too.
	const said = /^sep=(.)\r?\n/.exec(head)?.[1];
	if (said) return said;
	const first = firstRow(head);
	const counts = SEPARATORS.map((separator) => first.split(separator).length);
	return SEPARATORS[counts.indexOf(Math.max(...counts))] ?? ",";
}

const HEAD_CHARS = 20_000;

/** Up to the first line break outside of quotes, without what stands in quotes. */
function firstRow(text: string): string {
	let row = "";
	let quoted = false;
	for (const char of text) {
		if (char === '"') quoted = !quoted;
		else if (!quoted && (char === "\n" || char === "\r")) {
			if (row.trim() !== "") return row;
		} else if (!quoted) row += char;
	}
	return row;
}

/** The rows of a CSV text. Takes time linear in the text and never throws. */
export function csvTable(text: string): Reading<Table> {
	const separator = separatorOf(text);
	const said = /^sep=.\r?\n/.exec(text)?.[0] ?? "";
	const rows: Row[] = [];
	let fault: string | null = null;
	let line = said === "" ? 1 : 2;
	Papa.parse<string[]>(text.slice(said.length), {
		delimiter: separator,
		skipEmptyLines: false,
		step: ({ data, errors }, parser) => {
			const [error] = errors;
			if (error && error.type === "Quotes") fault = `A quotation mark that does not match: ${error.message}.`;
			else if (data.length > TABLE_COLUMNS_MAX) fault = `The row has more than ${TABLE_COLUMNS_MAX} columns.`;
			else if (rows.length > TABLE_ROWS_MAX) fault = `A table has at most ${TABLE_ROWS_MAX} rows.`;
			if (fault !== null) return parser.abort();
			rows.push({ place: `line ${line}`, cells: data.map((cell) => cell.trim()), notes: [], fault: null });
			line += 1 + data.reduce((breaks, cell) => breaks + (cell.match(/\r\n|\r|\n/g)?.length ?? 0), 0);
		},
	});
	if (fault !== null) return { ok: false, faults: [{ line, detail: fault }] };
	// Where a semicolon separates cells, a comma is the point of numbers.
	return { ok: true, value: { rows, decimalComma: separator === ";" } };
}
