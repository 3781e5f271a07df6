import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
	SEARCH_PREFIX_CHARS_MIN,
	SEARCH_QUERY_CHARS_MAX,
	SEARCH_TEXT_BYTES_MAX,
	SEARCH_WORDS_MAX,
	TITLE_KEY_CHARS_MAX,
} from "../src/domain/limits.ts";
import { quizContentSchema } from "../src/domain/quiz.ts";
import {
	hasLongBeginning,
	isRankable,
	LABELS,
	matchOf,
	parseSearch,
	searchText,
	titleKey,
} from "../src/domain/search.ts";
import { quizDocument } from "./harness.ts";
import { everyType } from "./question-types.ts";

/** The query language, and what of a quiz is searched. */

function terms(query: string): string[] {
	const parsed = parseSearch(query);
	if (!parsed.ok) throw new Error(parsed.detail);
	return parsed.search.map(
		({ words, excluded, prefix }) => `${excluded ? "-" : ""}${words.join("+")}${prefix ? "*" : ""}`,
	);
}

describe("a query", () => {
	test.each([
		["bird", ["bird*"]],
		["bird ", ["bird"]],
		["night bird", ["night", "bird*"]],
		['"night bird"', ["night+bird"]],
		['"night bird', ["night+bird*"]],
		["night -bird", ["night", "-bird"]],
		['night -"big bird" owl', ["night", "-big+bird", "owl*"]],
		["bi* owl*", ["bi*", "owl*"]],
		["-bi*", ["-bi*"]],
		["well-known", ["well+known*"]],
		["a b* c", ["a", "b", "c"]],
		['title:x OR y AND NEAR(z) ^q {a}: + ""', ["title+x", "OR", "y", "AND", "NEAR+z", "q", "a"]],
		["naïve 東京 Ω", ["naïve", "東京", "Ω"]],
		["- -- * \" ' ; \u0000 ()", []],
		["", []],
	])("%j is read as %j", (query, expected) => {
		expect(terms(query)).toEqual(expected);
	});

	test("is words only: nothing of it but letters and digits in quotes reaches the expression", () => {
		const audiences = ["public", "ten_a", "usr_a"] as const;
		const inputs = fc.oneof(
			fc.string({ unit: "binary", maxLength: 100 }),
			fc.string({ unit: "grapheme", maxLength: 100 }),
		);
		fc.assert(
			fc.property(inputs, (query) => {
				const parsed = parseSearch(query);
				if (!parsed.ok) return;
				const match = matchOf(audiences, {}, parsed.search);
				const bare = match.replace(/"[\p{L}\p{N}\p{M}\p{Co} ]+"/gu, "W");
				expect(bare).toMatch(/^[W (){}:*]*(?:(?:labels|title|tags|description|questions|AND|OR|NOT)[W (){}:*]*)*$/);
			}),
		);
	});

	test("of as many words and characters as it may have is read; one more is refused", () => {
		for (const count of [SEARCH_WORDS_MAX - 1, SEARCH_WORDS_MAX]) {
			expect(terms(Array(count).fill("ab").join(" "))).toHaveLength(count);
		}
		expect(
			parseSearch(
				Array(SEARCH_WORDS_MAX + 1)
					.fill("ab")
					.join(" "),
			),
		).toMatchObject({ ok: false });
		expect(
			parseSearch(
				`"${Array(SEARCH_WORDS_MAX + 1)
					.fill("ab")
					.join(" ")}"`,
			),
		).toMatchObject({ ok: false });
		expect(terms("a".repeat(SEARCH_QUERY_CHARS_MAX))).toHaveLength(1);
		expect(parseSearch("a".repeat(SEARCH_QUERY_CHARS_MAX + 1))).toMatchObject({ ok: false });
	});

	test("has a beginning of a word only where it is long enough", () => {
		expect(terms("a".repeat(SEARCH_PREFIX_CHARS_MIN))).toEqual([`${"a".repeat(SEARCH_PREFIX_CHARS_MIN)}*`]);
		expect(terms("a".repeat(SEARCH_PREFIX_CHARS_MIN - 1))).toEqual(["a".repeat(SEARCH_PREFIX_CHARS_MIN - 1)]);
	});

	test("for anyone has no audience in its expression, and for readers has nothing else more", () => {
		const parsed = parseSearch("night -bird");
		if (!parsed.ok) throw new Error(parsed.detail);
		const filters = { author: "usr_a", tag: "owls" };
		const anyones = matchOf("anyone", filters, parsed.search);
		const readers = matchOf(["public"], filters, parsed.search);
		expect(anyones).not.toContain(LABELS.audience("public"));
		expect(readers.replace(`labels : ("${LABELS.audience("public")}") AND `, "")).toBe(anyones);
	});

	test.each([
		["debate", true],
		["deba", false],
		["debate ", false],
		["debate* x ", true],
		["x -debate* ", false],
	])("%j has a beginning that is longer than those in the index: %s", (query, expected) => {
		const parsed = parseSearch(query);
		expect(parsed.ok && hasLongBeginning(parsed.search)).toBe(expected);
	});

	test("of exclusions only has no relevance", () => {
		const rankable = (query: string) => {
			const parsed = parseSearch(query);
			return parsed.ok && isRankable(parsed.search);
		};
		expect([rankable("-a -b"), rankable("-a b"), rankable("")]).toEqual([false, true, false]);
	});
});

describe("the text of a quiz that is searched", () => {
	const contentOf = (questions: string[]) => {
		const document = quizDocument("Texts", questions.length);
		document.subjects[0]?.questions.forEach((question, index) => {
			question.question = questions[index] ?? "";
		});
		return quizContentSchema.parse(document);
	};

	test("is that of its questions, each once, without options, keys and explanations, of every type", () => {
		expect(searchText(contentOf(["One  fine\u0007day?", "Two?", "Two?"]))).toBe("One fine day?\nTwo?");
		const content = quizContentSchema.parse(everyType());
		const shown = content.subjects.flatMap(({ questions }) => questions.map(({ question }) => question));
		expect(new Set(searchText(content).split("\n"))).toEqual(new Set(shown));
	});

	test("has as many questions as fit, in UTF-8", () => {
		const text = (tail: string) => `${"é".repeat(1_950)}${tail}`;
		const questions = Array.from({ length: 5 }, (_, n) => text(String(n)));
		const all = searchText(contentOf(questions));
		expect(all.split("\n")).toHaveLength(5);
		const spare = SEARCH_TEXT_BYTES_MAX - new TextEncoder().encode(all).byteLength - 1;
		expect(spare).toBeGreaterThan(0);
		expect(searchText(contentOf([...questions, "a".repeat(spare)]))).toHaveLength(all.length + 1 + spare);
		expect(searchText(contentOf([...questions, "a".repeat(spare + 1), "b"]))).toBe(all);
	});
});

test("titles are put in order whatever their case and accents, by so many characters", () => {
	expect(["Zebra", "éclair", "Eclipse", "apple"].sort((a, b) => (titleKey(a) < titleKey(b) ? -1 : 1))).toEqual([
		...["apple", "éclair", "Eclipse", "Zebra"],
	]);
	expect(titleKey("x".repeat(TITLE_KEY_CHARS_MAX + 1))).toHaveLength(TITLE_KEY_CHARS_MAX);
});
