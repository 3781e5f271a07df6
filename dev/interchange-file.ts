import { readFileSync } from "node:fs";
import { basename, extname } from "node:path";
import { compose } from "../src/domain/interchange/compose.ts";
import { readGift } from "../src/domain/interchange/gift-read.ts";
import { readQti } from "../src/domain/interchange/qti-read.ts";
import type { ReadSection, TextFault } from "../src/domain/interchange/report.ts";
import { Failure } from "./failure.ts";
import type { Line } from "./json-lines.ts";

/** By the file's name; `.gift.txt` is what the server gives an export. All others are JSON lines. */
function formatOf(file: string): "gift" | "qti" | null {
	if (/\.gift(\.txt)?$/i.test(file)) return "gift";
	return /\.xml$/i.test(file) ? "qti" : null;
}

/** Whether a file is in a format of questions. */
export const isInterchangeFile = (file: string) => formatOf(file) !== null;

/**
 * The one quiz of a GIFT or QTI file, as the line that a file of JSON lines would have. Made here and not by the server,
 * so that the quiz is known by its content and a second run finds it. Says what became of questions that lost something.
 */
export async function* interchangeLines(file: string): AsyncGenerator<Line> {
	const bytes = readFileSync(file);
	const text = textOf(bytes);
	const { title, sections } = formatOf(file) === "gift" ? gift(text) : qti(text);
	const { subjects, reports } = compose(sections);
	for (const { status, id, place, name, reason } of reports) {
		if (status !== "imported") console.log(`${place}: ${status}: ${name ?? id ?? "a question"}: ${reason}`);
	}
	const document = { title: title ?? basename(file, extname(file)), subjects };
	yield { number: 1, end: bytes.length, text: JSON.stringify(document) };
}

/**
 * UTF-8, or UTF-16 with a byte order mark, as Windows writes it. Anything else would be read as other letters, in texts and
 * in accepted answers alike.
 */
function textOf(bytes: Buffer): string {
	const [first, second] = bytes;
	const encoding =
		first === 0xff && second === 0xfe ? "utf-16le" : first === 0xfe && second === 0xff ? "utf-16be" : "utf-8";
	try {
		const text = new TextDecoder(encoding, { fatal: true, ignoreBOM: false }).decode(bytes);
		// No text has it; UTF-16 without its mark is full of it.
		if (!text.includes("\0")) return text;
	} catch (error) {
		if (!(error instanceof TypeError)) throw error;
	}
	throw new Failure("The file is not UTF-8. Save it with that encoding.");
}

interface Read {
	title: string | null;
	sections: ReadSection[];
}

function gift(text: string): Read {
	const reading = readGift(text);
	if (!reading.ok) throw notOfFormat(reading.faults);
	return { title: null, sections: reading.value };
}

function qti(text: string): Read {
	const reading = readQti([text]);
	if (!reading.ok) throw notOfFormat(reading.faults);
	return reading;
}

const notOfFormat = (faults: readonly TextFault[]) =>
	new Failure(
		faults
			.map(({ line, column, detail }) => `line ${line}${column === undefined ? "" : `:${column}`}: ${detail}`)
			.join("\n"),
	);
