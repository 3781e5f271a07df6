import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { type PlantedBug, plant } from "../../dev/planted/bug.ts";
import { PLANTED_BUGS } from "../../dev/planted/bugs.ts";
import { ROOT } from "../../dev/settings.ts";

/** That the list of planted bugs and docs/proofs.md have not rotted; `npm run test:planted` plants them. */

const textOf = (file: string) => readFileSync(join(ROOT, file), "utf8");

describe("a planted bug", () => {
	test("has a name of its own", () => {
		const names = PLANTED_BUGS.map(({ name }) => name);
		expect(names.length).toBeGreaterThan(50);
		expect(new Set(names).size).toBe(names.length);
	});

	test.each(PLANTED_BUGS)("$name has one place in $file, and the tests that must catch it are there", (bug) => {
		const text = textOf(bug.file);
		expect(plant(text, bug)).not.toBe(text);
		for (const { file, test: title } of bug.caughtBy) expect(textOf(file)).toContain(title);
	});

	test.each([
		["is gone", "a = 2;", /"example" has lost its place: its search text stands not at all in src\/a\.ts/],
		["is there twice", "a = 1; a = 1;", /2 times/],
	])("whose place %s is an error", (_, text, message) => {
		const bug: PlantedBug = {
			name: "example",
			property: "L1",
			what: "wrong",
			file: "src/a.ts",
			search: "a = 1;",
			replace: "a = 3;",
			caughtBy: [{ file: "test/a.test.ts", test: "a" }],
		};
		expect(() => plant(text, bug)).toThrow(message);
		expect(plant("let a = 1;", bug)).toBe("let a = 3;");
		expect(() => plant("let a = 1;", { ...bug, replace: bug.search })).toThrow(/changes nothing/);
	});
});

describe("docs/proofs.md", () => {
	const page = textOf("docs/proofs.md");
	const rows = page.split("\n").filter((line) => /^\| [LSRT]\d+ \|/.test(line));

	test("has a row for each property", () => {
		const ids = (letter: string, count: number) => Array.from({ length: count }, (_, index) => letter + (index + 1));
		const known = [...ids("L", 11), ...ids("S", 6), ...ids("R", 9), ...ids("T", 9)];
		expect(rows.map((row) => row.split("|")[1]?.trim())).toEqual(known);
		const numbered = PLANTED_BUGS.map(({ property }) => property).filter((property) => /^[A-Z]\d+$/.test(property));
		expect(known).toEqual(expect.arrayContaining(numbered));
	});

	test("names tests that there are", () => {
		for (const row of rows) {
			const named = [...row.matchAll(/\]\(\.\.\/(test\/[^)]+)\) › `([^`]+)`/g)];
			expect(named.length, row).toBeGreaterThan(0);
			for (const [, file = "", title = ""] of named) expect(textOf(file)).toContain(title);
		}
	});

	test("says of every planted bug that it is caught", () => {
		expect(page).not.toContain("**not caught**");
		const [, planted = "", crashed = ""] = page.split("<!-- written by ");
		for (const { name, crash } of PLANTED_BUGS) {
			expect(planted).toContain(`| **${name}**:`);
			if (crash) expect(crashed).toContain(`| **${name}**:`);
		}
	});
});
