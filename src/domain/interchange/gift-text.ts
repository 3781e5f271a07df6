import { hasHtml, textOfHtml } from "./plain-text.ts";
import type { Losses } from "./report.ts";

/** GIFT's escapes: what a backslash takes its meaning from, and `\n` for a new line. Any other backslash is text. */
const ESCAPABLE = "\\~=#{}:n";

const isEscape = (text: string, at: number) =>
	text[at] === "\\" && at + 1 < text.length && ESCAPABLE.includes(text.charAt(at + 1));

/** Places of unescaped occurrences of any of the marks; they do not overlap. */
export function* marksIn(text: string, marks: readonly string[], from = 0): Generator<{ at: number; mark: string }> {
	let at = from;
	while (at < text.length) {
		if (isEscape(text, at)) at += 2;
		else {
			const mark = marks.find((one) => text.startsWith(one, at));
			if (mark !== undefined) yield { at, mark };
			at += mark?.length ?? 1;
		}
	}
}

export function indexOfMark(text: string, mark: string, from = 0): number {
	for (const { at } of marksIn(text, [mark], from)) return at;
	return -1;
}

/** The parts before and after the first mark; the second is null where there is none. */
export function cutAt(text: string, mark: string): [string, string | null] {
	const at = indexOfMark(text, mark);
	return at < 0 ? [text, null] : [text.slice(0, at), text.slice(at + mark.length)];
}

/** The parts that unescaped marks begin; `mark` is null for what stands before the first. */
export function partsOf(text: string, marks: readonly string[]): { mark: string | null; text: string }[] {
	const parts: { mark: string | null; text: string }[] = [];
	let mark: string | null = null;
	let from = 0;
	for (const next of marksIn(text, marks)) {
		parts.push({ mark, text: text.slice(from, next.at) });
		mark = next.mark;
		from = next.at + next.mark.length;
	}
	parts.push({ mark, text: text.slice(from) });
	return parts;
}

export const unescaped = (text: string) =>
	text.replace(/\\([\\~=#{}:n])/g, (_, escaped: string) => (escaped === "n" ? "\n" : escaped));

/** Line breaks of any kind become `\n`, since a question of GIFT stands on lines. */
export const escaped = (text: string) => text.replace(/[\\~=#{}:]/g, "\\$&").replace(/\r\n|\r|\n/g, "\\n");

export type Format = "html" | "moodle" | "plain" | "markdown";

const FORMAT = /^\s{0,20}\[(html|moodle|plain|markdown)\]/i;

/** Whether a text would be taken to begin with a format. */
export const looksFormatted = (text: string) => FORMAT.test(text);

/** The format before a text, and what follows it. */
function withFormat(raw: string): { named: Format | null; text: string } {
	const [whole = "", named] = FORMAT.exec(raw) ?? [];
	const format = FORMATS.find((one) => one === named?.toLowerCase()) ?? null;
	return { named: format, text: unescaped(raw.slice(whole.length)).trim() };
}

/** A text with its format before it, or in that of the text around it. Moodle shows HTML in a text without a format too. */
export function formattedText(raw: string, around: Format, losses: Losses): { text: string; format: Format } {
	const { named, text } = withFormat(raw);
	const format = named ?? around;
	if (format === "markdown" && /[*_`#[\]!]/.test(text)) losses.add("Markdown is shown as it is written.");
	if (format === "html") return { text: textOfHtml(text, losses), format };
	if (format === "moodle" && hasHtml(text)) return { text: textOfHtml(text, losses, { mixed: true }), format };
	return { text, format };
}

/** A text that takers type: its format goes, and what it says is taken as it is written. */
export function typedText(raw: string, losses: Losses): string {
	const { named, text } = withFormat(raw);
	return named === "html" ? textOfHtml(text, losses, { typed: true }) : text;
}

const FORMATS: readonly Format[] = ["html", "moodle", "plain", "markdown"];
