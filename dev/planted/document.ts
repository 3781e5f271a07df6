import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "../settings.ts";
import type { Trial } from "./trial.ts";

const DOCUMENT = join(ROOT, "docs/proofs.md");
const END = "<!-- end -->";
/** A test's message may quote whole values. */
const SAID_CHARS_MAX = 110;

/** Puts the result of a whole run of a command into its place in docs/proofs.md, instead of the one before. */
export function writeResult(command: string, trials: readonly Trial[], date: string): void {
	const text = readFileSync(DOCUMENT, "utf8");
	const begin = `<!-- written by ${command} -->`;
	const from = text.indexOf(begin) + begin.length;
	const to = text.indexOf(END, from);
	if (from < begin.length || to < 0) throw new Error(`docs/proofs.md has no place for ${command}`);
	writeFileSync(DOCUMENT, `${text.slice(0, from)}\n\n${resultOf(command, trials, date)}\n\n${text.slice(to)}`);
}

function resultOf(command: string, trials: readonly Trial[], date: string): string {
	const caught = trials.filter(({ fault }) => fault === null).length;
	return [
		`Last whole run: ${date}, \`${command}\`: ${caught} of ${trials.length} caught.`,
		"",
		"| bug | breaks | file | caught by | which says |",
		"|---|---|---|---|---|",
		...trials.map(rowOf),
	].join("\n");
}

function rowOf({ bug, endings, fault }: Trial): string {
	const tests = endings.map(({ test }) => `${link(test.file)} › ${cell(test.test)}`).join("<br>");
	const said = fault === null ? cell(endings[0]?.said ?? "") : "**not caught**";
	return `| **${bug.name}**: ${cell(bug.what)} | ${bug.property} | ${link(bug.file)} | ${tests} | ${said} |`;
}

const link = (file: string): string => `[${file}](../${file})`;

/** A text that neither ends a table's cell nor is read as markup. */
function cell(text: string): string {
	const short = text.length > SAID_CHARS_MAX ? `${text.slice(0, SAID_CHARS_MAX - 1)}…` : text;
	return short.replaceAll("|", "\\|").replace(/[<>*_`[\]]/g, (character) => `\\${character}`);
}
