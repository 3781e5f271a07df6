import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import { SLUG_CHARS_MAX, SLUGS_PER_QUIZ_MAX } from "../../src/domain/quizzes/limits.ts";
import { type QuizContent, quizContentSchema } from "../../src/domain/quizzes/quiz.ts";
import { diffQuizzes } from "../../src/domain/quizzes/quiz-diff.ts";
import {
	ADDRESS_PATTERN,
	claimsAfter,
	readAddress,
	SLUG_PATTERN,
	slugOfTitle,
	suffixedSlug,
} from "../../src/domain/quizzes/slugs.ts";
import {
	QUIZ_STATUSES,
	QUIZ_STEPS,
	statusAfter,
	statusDeleted,
	stepRefused,
} from "../../src/domain/quizzes/workflow.ts";
import { everyType } from "../lib/question-types.ts";

/** The pure decisions of authoring: the life of a quiz, slugs, and what makes a content another. */

describe("the life of a quiz", () => {
	/** The whole table: rows are statuses, columns the steps; `-` is not possible. */
	const TABLE = `
		status     revise     draft  review  publish    withdraw   archive
		draft      draft      draft  review  published  draft      archived
		review     draft      draft  review  published  review     archived
		published  published  -      -       published  withdrawn  archived
		withdrawn  withdrawn  draft  review  published  withdrawn  archived
		archived   -          draft  -       -          archived   archived`;
	const [head = [], ...rows] = TABLE.trim()
		.split("\n")
		.map((line) => line.trim().split(/\s+/));

	test("has these transitions and no others", () => {
		expect(head.slice(1)).toEqual([...QUIZ_STEPS]);
		expect(rows.map(([status]) => status)).toEqual([...QUIZ_STATUSES]);
		for (const [index, status] of QUIZ_STATUSES.entries()) {
			const after = QUIZ_STEPS.map((step) => statusAfter(status, step) ?? "-");
			expect([status, ...after]).toEqual(rows[index]);
			if (after.includes("-")) expect(stepRefused(status)).toMatch(new RegExp(`is ${status}\\.`));
		}
	});

	test("a step that was done leads nowhere else when it is done again", () => {
		for (const status of QUIZ_STATUSES) {
			for (const step of QUIZ_STEPS) {
				const after = statusAfter(status, step);
				if (after !== null) expect(statusAfter(after, step)).toBe(after);
			}
		}
	});

	test("only a quiz that was published once comes back from deletion as withdrawn", () => {
		expect([0, 1, 7].map(statusDeleted)).toEqual(["draft", "withdrawn", "withdrawn"]);
	});
});

describe("a slug", () => {
	it.each([
		["Volcanoes", "volcanoes"],
		["  Crème brûlée & Ärger -- 2nd ed.!", "creme-brulee-arger-2nd-ed"],
		["Ｆｕｌｌ width ①", "full-width-1"],
		["地理", null],
		["~~~", null],
		["x".repeat(SLUG_CHARS_MAX + 1), "x".repeat(SLUG_CHARS_MAX)],
		[`${"x".repeat(SLUG_CHARS_MAX - 1)} y`, "x".repeat(SLUG_CHARS_MAX - 1)],
	])("of the title %j is %j", (title, slug) => {
		expect(slugOfTitle(title)).toBe(slug);
	});

	it("of any title is one, or none", () => {
		fc.assert(
			fc.property(fc.string({ unit: "binary", maxLength: 300 }), (title) => {
				const slug = slugOfTitle(title);
				expect(slug === null || (SLUG_PATTERN.test(slug) && slug.length <= SLUG_CHARS_MAX)).toBe(true);
			}),
		);
	});

	it("with a suffix is an address that no slug is, and says what it was made of", () => {
		const id = "quz_0000000205m5t8cfgq3nkw7r";
		const address = suffixedSlug("basic-algebra", id);
		expect(address).toBe("basic-algebra~cfgq3nkw7r");
		expect([SLUG_PATTERN.test(address), ADDRESS_PATTERN.test(address)]).toEqual([false, true]);
		expect(readAddress(address)).toEqual({ slug: "basic-algebra", suffix: id.slice(-10) });
		expect(readAddress("basic-algebra")).toEqual({ slug: "basic-algebra", suffix: null });
	});

	it("that is claimed again is the last, with the time of its first claim; one more than there may be is refused", () => {
		const two = claimsAfter(claimsAfter([], "a", 1) ?? [], "b", 2);
		expect(claimsAfter(two ?? [], "a", 3)).toEqual([
			["b", 2],
			["a", 1],
		]);
		const full = Array.from({ length: SLUGS_PER_QUIZ_MAX }, (_, n): [string, number] => [`s-${n}`, n]);
		expect(claimsAfter(full.slice(1), "new", 99)).toHaveLength(SLUGS_PER_QUIZ_MAX);
		expect(claimsAfter(full, "new", 99)).toBeNull();
		expect(claimsAfter(full, "s-3", 99)?.at(-1)).toEqual(["s-3", 3]);
	});
});

describe("the difference of two contents", () => {
	type Subjects = Record<string, string[]>;
	const contentOf = (subjects: Subjects, texts: Record<string, string> = {}): QuizContent =>
		quizContentSchema.parse({
			title: "Diff",
			subjects: Object.entries(subjects).map(([name, ids]) => ({
				name,
				questions: ids.map((id) => ({ id, type: "true_false", question: texts[id] ?? `About ${id}`, correct: true })),
			})),
		});
	const NONE = { added: [], removed: [], changed: [], moved: [] };

	it("of a content and itself is nothing, whatever types of questions it has", () => {
		const content = quizContentSchema.parse(everyType());
		expect(diffQuizzes(content, content)).toEqual({ fields: [], ...NONE });
	});

	it("names added, removed and changed questions, their places, and fields", () => {
		const from = contentOf({ one: ["a", "b"], two: ["c"] });
		const to: QuizContent = { ...contentOf({ one: ["a"], two: ["c", "d"] }, { c: "Else" }), tags: ["new"] };
		const [first] = to.subjects;
		if (first?.questions[0]) first.questions[0].hint = "A hint";
		expect(diffQuizzes(from, to)).toEqual({
			fields: ["tags"],
			added: [{ id: "d", subject: "two", index: 1 }],
			removed: [{ id: "b", subject: "one", index: 1 }],
			changed: [
				{ id: "a", fields: ["hint"] },
				{ id: "c", fields: ["question"] },
			],
			moved: [],
		});
	});

	it("a question that was taken to the front or to another subject has moved, and nothing else has", () => {
		const from = contentOf({ one: ["a", "b", "c", "d"], two: ["e"] });
		const front = diffQuizzes(from, contentOf({ one: ["d", "a", "b", "c"], two: ["e"] }));
		expect(front.moved).toEqual([
			{ id: "d", before: { id: "d", subject: "one", index: 3 }, after: { id: "d", subject: "one", index: 0 } },
		]);
		const other = diffQuizzes(from, contentOf({ one: ["a", "b", "c"], two: ["d", "e"] }));
		expect(other.moved.map(({ id }) => id)).toEqual(["d"]);
		expect(diffQuizzes(from, contentOf({ uno: ["a", "b", "c", "d"], two: ["e"] })).fields).toEqual(["subjects"]);
	});

	it("applied to the old list of questions gives the new one", () => {
		const ids = fc.uniqueArray(fc.constantFrom(..."abcdefghijkl"), { minLength: 1 });
		fc.assert(
			fc.property(ids, ids, (before, after) => {
				const { added, removed, moved } = diffQuizzes(contentOf({ s: before }), contentOf({ s: after }));
				const gone = new Set([...removed, ...moved].map(({ id }) => id));
				const list = before.filter((id) => !gone.has(id));
				const put = [...added, ...moved.map((place) => place.after)].sort((a, b) => a.index - b.index);
				for (const { id, index } of put) list.splice(index, 0, id);
				expect(list).toEqual(after);
			}),
		);
	});

	it("of two contents as large as they may be is found at once and is small", () => {
		const many = Array.from({ length: 500 }, (_, n) => `q${n}`);
		const diff = diffQuizzes(contentOf({ s: many }), contentOf({ s: [...many].reverse() }));
		expect(diff.moved).toHaveLength(499);
		expect(JSON.stringify(diff).length).toBeLessThan(100_000);
	});
});
