import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { isSafe } from "redos-detector";
import { parseSync } from "vite";
import { describe, expect, test } from "vitest";
import { ROOT } from "../../dev/settings.ts";
import { FORMAT_CODE_CHARS_MAX, TEXT_BYTES_MAX } from "../../src/domain/interchange/limits.ts";
import { SLUG_CHARS_MAX } from "../../src/domain/quizzes/limits.ts";

/**
 * No text makes a regular expression of the Worker go over it again and again. A tool looks at each; what it cannot say of is listed with what
 * bounds the texts that it is asked of, and is tried with the worst of them.
 */

interface Found {
	file: string;
	pattern: string;
	flags: string;
}

function literalsIn(file: string): Found[] {
	const found: Found[] = [];
	const { program } = parseSync(file, readFileSync(join(ROOT, file), "utf8"), { lang: "ts" });
	// The parser gives a tree of plain objects: this walks it.
	JSON.stringify(program, (name, value) => {
		if (name === "regex") found.push({ file, ...value });
		return typeof value === "bigint" ? null : value;
	});
	return found;
}

const LITERALS = globSync("src/**/*.ts", { cwd: ROOT }).sort().flatMap(literalsIn);

/** What the tool finds no bound for, though there is one: of each the longest text that it is asked of, in characters. */
const BOUNDED: Record<string, { chars: number; of: string }> = {
	"^(?:(\\d{1,4}):)?([^:,]*)$": { chars: 10_000, of: "the deployment's secrets" },
	"-+$": { chars: SLUG_CHARS_MAX, of: "slugs" },
	"^ANSWER\\s{0,5}:\\s{0,5}(.{0,200})$": { chars: TEXT_BYTES_MAX, of: "lines of files" },
	"^(?:\\s{0,1000}(?:<\\?[^>]{0,500}\\?>|<!--(?:[^-]|-(?!->)){0,5000}-->))*\\s{0,1000}<([A-Za-z_][\\w.:-]{0,100})": {
		chars: 20_000,
		of: "beginnings of files",
	},
	"<(?:\\w+:)?(?:qti-assessment-|assessmentItem|assessmentTest|questestinterop)": {
		chars: TEXT_BYTES_MAX,
		of: "files",
	},
	"\\[id:([^\\]]{1,100})\\]": { chars: TEXT_BYTES_MAX, of: "lines of files" },
	"\\[tag:([^\\]]{1,100})\\]": { chars: TEXT_BYTES_MAX, of: "lines of files" },
	"(?:^|\\/)non_cc_assessments\\/([^/]+)\\.xml\\.qti$": { chars: 65_535, of: "names in archives" },
	"(?:^|\\/)([^/]+)\\/assessment_qti\\.xml$": { chars: 65_535, of: "names in archives" },
	"\\balt\\s{0,9}=\\s{0,9}(?:\"([^\"]*)\"|'([^']*)'|([^\\s\"'>]+))": { chars: TEXT_BYTES_MAX, of: "tags of HTML" },
	"\\bsrc\\s{0,9}=\\s{0,9}(?:\"([^\"]*)\"|'([^']*)'|([^\\s\"'>]+))": { chars: TEXT_BYTES_MAX, of: "tags of HTML" },
	'<(\\/?)([A-Za-z][\\w-]*)((?:\\s+[\\w:-]+="[^"]*")*)\\s*(\\/?)>': {
		chars: 100_000,
		of: "tags that the export has written",
	},
	'\\s+([\\w:-]+)="([^"]*)"': { chars: 10_000, of: "attributes that the export has written" },
	"^\\s{0,20}<\\?xml\\s[^>]{0,150}?encoding\\s{0,5}=\\s{0,5}[\"']([A-Za-z0-9._-]{1,30})[\"']": {
		chars: 1_000,
		of: "beginnings of files",
	},
	'"[^"]*"|\\[[^\\]]*\\]|\\\\.': { chars: FORMAT_CODE_CHARS_MAX, of: "formats in workbooks" },
	'(?:^|[,;])\\s*wait\\s*=\\s*"?(\\d{1,9})"?\\s*(?:$|[,;])': { chars: 32_768, of: "the Prefer header" },
};

const isListed = ({ pattern }: Found) => Object.hasOwn(BOUNDED, pattern);

test("every regular expression goes over its text once, as a tool finds, or is listed with a bound", () => {
	expect(LITERALS.length).toBeGreaterThan(200);
	const unsafe = LITERALS.filter((each) => !isListed(each)).filter(
		({ pattern, flags }) =>
			!isSafe(new RegExp(pattern, flags), { maxScore: 200, maxSteps: 20_000, timeout: 5_000 }).safe,
	);
	expect(unsafe).toEqual([]);
	expect(Object.keys(BOUNDED).filter((pattern) => !LITERALS.some((each) => each.pattern === pattern))).toEqual([]);
});

/** Where every character is gone back from, this many take a minute and more. */
const TRIED_CHARS_MAX = 200_000;
const PROCESSOR_MS_MAX = 1_000;

/** Texts of the length that make an engine go back: runs of what the pattern repeats, which nothing ends. */
function attacks(pattern: string, chars: number): string[] {
	const pieces = new Set([
		" ",
		"\n",
		"\t",
		"*",
		"-",
		"a",
		"0",
		"<",
		'"',
		"<a ",
		"<!--",
		"/a",
		'<a b="c"',
		" a=",
		"[id:",
		"[tag:",
		"alt =",
		"ANSWER:",
	]);
	for (const [literal] of pattern.matchAll(/[\w:<"=!-]{2,}/g)) pieces.add(literal);
	return [...pieces].flatMap((piece) => {
		const run = piece.repeat(Math.ceil(chars / piece.length)).slice(0, chars);
		return [run, `${run.slice(1)}\u0001`, `<a${run}`, `"${run}`];
	});
}

describe("where the tool finds no bound", () => {
	test.each(Object.entries(BOUNDED))("%s is done within a second of processor time", (pattern, { chars }) => {
		const flags = LITERALS.find((each) => each.pattern === pattern)?.flags ?? "";
		for (const text of attacks(pattern, Math.min(chars, TRIED_CHARS_MAX))) {
			const expression = new RegExp(pattern, flags.replace("g", ""));
			const before = process.cpuUsage();
			expression.test(text);
			const { user, system } = process.cpuUsage(before);
			expect((user + system) / 1_000, JSON.stringify(text.slice(0, 20))).toBeLessThan(PROCESSOR_MS_MAX);
		}
	});
});
