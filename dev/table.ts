import { stripVTControlCharacters } from "node:util";

/** A table of text for the terminal: the first column to the left, the others, which hold numbers, to the right. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
	const all = [head, ...rows];
	const widths = head.map((_, column) => Math.max(...all.map((row) => widthOf(row[column] ?? ""))));
	const line = (row: readonly string[]) =>
		row.map((cell, column) => pad(cell, widths[column] ?? 0, column > 0)).join("   ");
	return [line(head), widths.map((width) => "─".repeat(width)).join("───"), ...rows.map(line)].join("\n");
}

const widthOf = (text: string) => [...stripVTControlCharacters(text)].length;

function pad(text: string, width: number, right: boolean): string {
	const blanks = " ".repeat(Math.max(0, width - widthOf(text)));
	return right ? blanks + text : text + blanks;
}

export const indent = (text: string, by = "    "): string => text.replace(/^/gm, by);

export const percent = (share: number | null): string => (share === null ? "–" : `${(share * 100).toFixed(0)} %`);

/** At most `max` characters, with an ellipsis where some were cut off. */
export const shorten = (text: string, max: number): string =>
	text.length <= max ? text : `${text.slice(0, max - 1)}…`;
