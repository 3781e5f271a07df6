import { Failure } from "../failure.ts";

/** A mistake that somebody could make, as one edit of one file, and the tests that must notice it. */
export interface PlantedBug {
	/** What `--only` takes. */
	name: string;
	/** What it breaks: a property of docs/proofs.md by its number, a risk of the OWASP API Security Top 10, or a word. */
	property: string;
	/** What is wrong then, in a few words. */
	what: string;
	file: string;
	/** Stands exactly once in the file. */
	search: string;
	replace: string;
	/** Every one of them must fail. */
	caughtBy: readonly [NamedTest, ...NamedTest[]];
	/** Whether the crash harness in its short form must notice it too. */
	crash?: true;
}

export interface NamedTest {
	file: string;
	/** The title, or so much of it as does not depend on parameters. */
	test: string;
}

/** The names of tests of one file. */
export const testsOf =
	(file: string) =>
	(...titles: [string, ...string[]]): [NamedTest, ...NamedTest[]] => {
		const [first, ...others] = titles;
		return [{ file, test: first }, ...others.map((test) => ({ file, test }))];
	};

/** The file's text with the bug in it. @throws Failure if the place is not found exactly once: the list has rotted */
export function plant(text: string, { name, file, search, replace }: PlantedBug): string {
	const [before, after, ...more] = text.split(search);
	if (before === undefined || after === undefined || more.length > 0) {
		const places = more.length === 0 ? "not at all" : `${more.length + 1} times`;
		throw new Failure(`The bug "${name}" has lost its place: its search text stands ${places} in ${file}.`);
	}
	if (search === replace) throw new Failure(`The bug "${name}" changes nothing.`);
	return `${before}${replace}${after}`;
}
