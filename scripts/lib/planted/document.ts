import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "../settings.ts";
import type { Trial } from "./trial.ts";

const DOCUMENT = join(ROOT, "docs/proofs.md");
const BEGIN = "<!-- planted bugs: what follows is written by npm run test:planted -->";
const END = "<!-- planted bugs: end -->";
/** A test's message may quote whole values. */
const SAID_CHARS_MAX = 110;

/** Puts the result of a whole run into docs/proofs.md, in place of the one before. */
export function writeResult(trials: readonly Trial[], date: string): void {
	const text = readFileSync(DOCUMENT, "utf8");
	const [before, rest] = text.split(BEGIN);
	const after = rest?.split(END)[1];
	if (before === undefined || after === undefined) throw new Error("docs/proofs.md has no place for the planted bugs");
	writeFileSync(DOCUMENT, `${before}${BEGIN}\n\n${resultOf(trials, date)}\n\n${END}${after}`);
}

function resultOf(trials: readonly Trial[], date: string): string {
	const caught = trials.filter(({ fault }) => fault === null).length;
	return [
		`Last whole run: ${date}, \`npm run test:planted\`: ${caught} of ${trials.length} caught.`,
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
