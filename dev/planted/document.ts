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
	change(command, () => `\n\n${resultOf(command, trials, date)}\n\n`);
}

/** Puts the rows of bugs that were planted alone into the result of the last whole run, in place of their own or at its end. */
export function writeRows(command: string, trials: readonly Trial[]): void {
	change(command, (text) => {
		const lines = text.trimEnd().split("\n");
		for (const trial of trials) {
			const at = lines.findIndex((line) => line.startsWith(beginOf(trial)));
			lines.splice(at < 0 ? lines.length : at, at < 0 ? 0 : 1, rowOf(trial));
		}
		return `${lines.join("\n")}\n\n`;
	});
}

/** Changes what stands in the place of a command. */
function change(command: string, after: (before: string) => string): void {
	const text = readFileSync(DOCUMENT, "utf8");
	const begin = `<!-- written by ${command} -->`;
	const from = text.indexOf(begin) + begin.length;
	const to = text.indexOf(END, from);
	if (from < begin.length || to < 0) throw new Error(`docs/proofs.md has no place for ${command}`);
	writeFileSync(DOCUMENT, text.slice(0, from) + after(text.slice(from, to)) + text.slice(to));
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

const beginOf = ({ bug }: Pick<Trial, "bug">): string => `| **${bug.name}**:`;

function rowOf({ bug, endings, fault }: Trial): string {
	const tests = endings.map(({ test }) => `${link(test.file)} › ${cell(test.test)}`).join("<br>");
	const said = fault === null ? cell(endings[0]?.said ?? "") : "**not caught**";
	return `${beginOf({ bug })} ${cell(bug.what)} | ${bug.property} | ${link(bug.file)} | ${tests} | ${said} |`;
}

const link = (file: string): string => `[${file}](../${file})`;

/** A text that neither ends a table's cell nor is read as markup. */
function cell(text: string): string {
	const short = text.length > SAID_CHARS_MAX ? `${text.slice(0, SAID_CHARS_MAX - 1)}…` : text;
	return short.replaceAll("|", "\\|").replace(/[<>*_`[\]]/g, (character) => `\\${character}`);
}
