/**
 * Pages whose commands are run. A fenced `sh` block is what a reader types; the block that follows it, `json`, `http` or `text`, is
 * what comes back, as far as the page shows it.
 */

interface Shown {
	language: string;
	text: string;
}

export interface Step {
	commands: string;
	/** Null where the page shows no answer. */
	answer: Shown | null;
}

const FENCE = /^```(\w*)\n(.*?)^```$/gms;

/** The commands of a page, or of a part of it, in their order. */
export function stepsOf(markdown: string): Step[] {
	const steps: Step[] = [];
	for (const [, language = "", text = ""] of markdown.matchAll(FENCE)) {
		const last = steps.at(-1);
		if (language === "sh") steps.push({ commands: text, answer: null });
		else if (last?.answer === null && language !== "") last.answer = { language, text };
	}
	return steps;
}

/** What stands under a heading, up to the next one. */
export function sectionOf(markdown: string, heading: string): string {
	const [, rest = ""] = markdown.split(`\n## ${heading}\n`);
	return rest.split("\n## ", 1)[0] ?? "";
}

const MARK = "----- end of step -----";

/** One script of all steps, so that a later one knows the variables of those before. */
export const scriptOf = (steps: readonly Step[]): string =>
	["set -e", ...steps.map(({ commands }) => `${commands}echo\necho '${MARK}'`)].join("\n");

/** What each step has printed. */
export const printedBy = (stdout: string): string[] => stdout.split(`\n${MARK}\n`).slice(0, -1);

/**
 * Where what came back is not what the page shows; null where it is. A page may leave out members, elements at the end, lines and
 * headers. `…` stands for anything, and a time for any time.
 */
export function difference({ language, text }: Shown, actual: string): string | null {
	if (language === "json") return inJson(parsed(text), JSON.parse(actual), "");
	if (language === "http") return inMessage(text, actual);
	return inLines(text, actual);
}

/** JSON in which `…` may stand for a value, or for the rest of an array or of an object. */
const parsed = (text: string): unknown =>
	JSON.parse(text.replaceAll(/("(?:[^"\\]|\\.)*")|(:\s*)…|,?\s*…/g, (_, kept, colon) => kept ?? (colon ? ':"…"' : "")));

const TIME_MIN = Date.UTC(2020);

function inJson(shown: unknown, actual: unknown, at: string): string | null {
	if (Array.isArray(shown) && Array.isArray(actual)) return inMembers(Object.entries(shown), { ...actual }, at);
	if (isObject(shown) && isObject(actual)) return inMembers(Object.entries(shown), actual, at);
	if (shown === "…" && actual !== undefined) return null;
	const isSame =
		typeof shown === "string" && typeof actual === "string"
			? matches(shown, actual)
			: typeof shown === "number" && typeof actual === "number" && shown > TIME_MIN
				? actual > TIME_MIN
				: shown === actual;
	return isSame ? null : `${at || "/"}: ${JSON.stringify(shown)} is shown, and it is ${JSON.stringify(actual)}`;
}

function inMembers(shown: [string, unknown][], actual: object, at: string): string | null {
	const members = new Map<string, unknown>(Object.entries(actual));
	for (const [name, value] of shown) {
		const fault = inJson(value, members.get(name), `${at}/${name}`);
		if (fault !== null) return fault;
	}
	return null;
}

const isObject = (value: unknown): value is object =>
	typeof value === "object" && value !== null && !Array.isArray(value);

/** Whether a text is what is shown, where `…` stands for any characters. */
function matches(shown: string, actual: string): boolean {
	const parts = shown.split("…").map((part) => part.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&"));
	return new RegExp(`^${parts.join(".*")}$`, "s").test(actual);
}

/** Each shown line, in this order; how it is indented and spaced does not count. */
function inLines(shown: string, actual: string): string | null {
	const lines = actual.split("\n").map(spaced);
	for (const line of shown.split("\n").map(spaced)) {
		if (line === "" || line === "…") continue;
		const index = lines.findIndex((candidate) => matches(line, candidate));
		if (index < 0) return `"${line}" is shown, and there is:\n${actual}`;
		lines.splice(0, index + 1);
	}
	return null;
}

const spaced = (line: string) => line.trim().replaceAll(/\s+/g, " ");

/** The status, the headers that are shown in any order, and the body as JSON. */
function inMessage(shown: string, actual: string): string | null {
	const [head = "", body] = partsOf(shown);
	const [actualHead = "", actualBody = ""] = partsOf(actual);
	const lines = actualHead.split("\n").map(spaced);
	const missing = head.split("\n").find((line) => !lines.some((candidate) => matches(spaced(line), candidate)));
	if (missing !== undefined) return `"${missing}" is shown, and there is:\n${actualHead}`;
	return body === undefined ? null : inJson(parsed(body), JSON.parse(actualBody), "");
}

const partsOf = (message: string) =>
	message
		.replaceAll("\r", "")
		.trim()
		.split(/\n\n(.*)/s);
