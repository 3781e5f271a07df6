import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { quizContentSchema } from "../../src/domain/quizzes/quiz.ts";
import {
	SEARCH_BLOCKS_MAX,
	SEARCH_BLOCKS_MIN,
	SEARCH_INDEX_WORDS_MAX,
	SEARCH_PREFIX_CHARS_MIN,
	SEARCH_QUERY_CHARS_MAX,
	SEARCH_RARE_WORDS_MAX,
	SEARCH_TEXT_BYTES_MAX,
	SEARCH_WORDS_MAX,
	SNIPPET_WORDS,
	TITLE_KEY_CHARS_MAX,
} from "../../src/domain/search/limits.ts";
import {
	expressionOf,
	isRankable,
	mustBeRead,
	parseSearch,
	searchText,
	titleKey,
} from "../../src/domain/search/search.ts";
import { isMeant, type QuizTexts, snippetOf } from "../../src/domain/search/snippets.ts";
import { quizDocument } from "../lib/harness.ts";
import { everyType } from "../lib/question-types.ts";

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
		["bi* owl*", ["bi*", "owl"]],
		["bi* owl", ["bi*", "owl"]],
		["bi* BI* bi* owl*", ["bi*", "owl"]],
		["-bi*", ["-bi"]],
		["-bi* owl", ["-bi", "owl*"]],
		["Bird BIRD* bïrd", ["Bird"]],
		["bird BIRD bird ", ["bird"]],
		['"a b" -c "A  b" -c', ["a+b", "-c"]],
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
		const inputs = fc.oneof(
			fc.string({ unit: "binary", maxLength: 100 }),
			fc.string({ unit: "grapheme", maxLength: 100 }),
		);
		fc.assert(
			fc.property(inputs, (query) => {
				const parsed = parseSearch(query);
				if (!parsed.ok) return;
				const { wanted, unwanted, tokens } = expressionOf({ author: "usr_a", tag: "owls" }, parsed.search);
				for (const expression of [...wanted, unwanted, ...tokens]) {
					const bare = expression.replace(/"[\p{L}\p{N}\p{M}\p{Co}]+"/gu, "W");
					expect(bare).toMatch(/^(?: AND )?[W {}():*]*(?:(?:title|tags|description|AND|OR|NOT)[W {}():*]*)*$/);
				}
			}),
		);
	});

	test("of as many words and characters as it may have is read; one more is refused", () => {
		for (const count of [SEARCH_WORDS_MAX - 1, SEARCH_WORDS_MAX]) {
			expect(terms(Array.from({ length: count }, (_, n) => `ab${n}`).join(" "))).toHaveLength(count);
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

	test.each([
		["debate", false],
		["debates9", false],
		["debatesab ", false],
		["debatesab", true],
		["debatesab* x ", true],
		["x -debatesab* ", false],
		['"night sky"', true],
		['x -"night sky"', true],
		["well-known", true],
		["a b c d e f g h ", false],
		["a b c d e f g h i ", true],
		["x -a -b -c -d -e -f -g -h", false],
		["x -a -b -c -d -e -f -g -h -i", true],
	])("%j finds more than it means by the index alone: %s", (query, expected) => {
		const parsed = parseSearch(query);
		expect(parsed.ok && mustBeRead(parsed.search)).toBe(expected);
	});

	test("asks the index for at most so many words and one beginning, however it is written, and of the fewer blocks the more words", () => {
		const piece = fc.oneof(
			fc.constantFrom("-", '"', "*", " ", "AND", "NEAR(", "^"),
			fc.string({ unit: fc.constantFrom("a", "b", "é", "1", " ", "-", '"', "*"), maxLength: 12 }),
		);
		fc.assert(
			fc.property(fc.array(piece, { maxLength: 40 }), (pieces) => {
				const parsed = parseSearch(pieces.join(" ").slice(0, SEARCH_QUERY_CHARS_MAX));
				if (!parsed.ok) return;
				expect(parsed.search.filter(({ prefix }) => prefix).length).toBeLessThanOrEqual(1);
				const { wanted, unwanted, tokens, blocks } = expressionOf({ tag: "t" }, parsed.search);
				for (const expression of wanted) {
					expect(expression.match(/" \*/g)?.length ?? 0).toBeLessThanOrEqual(1);
					// The tag and the beginning come to the words.
					expect(expression.match(/ AND /g)?.length ?? 0).toBeLessThanOrEqual(SEARCH_INDEX_WORDS_MAX + 2);
				}
				expect(unwanted).not.toContain("*");
				expect(unwanted.match(/"\w/g)?.length ?? 0).toBeLessThanOrEqual(SEARCH_INDEX_WORDS_MAX);
				expect(tokens.length).toBeLessThanOrEqual(SEARCH_RARE_WORDS_MAX);
				expect(blocks).toBeGreaterThanOrEqual(SEARCH_BLOCKS_MIN);
				expect(blocks).toBeLessThanOrEqual(SEARCH_BLOCKS_MAX);
			}),
		);
	});

	test("of exclusions only has no relevance", () => {
		const rankable = (query: string) => {
			const parsed = parseSearch(query);
			return parsed.ok && isRankable(parsed.search);
		};
		expect([rankable("-a -b"), rankable("-a b"), rankable("")]).toEqual([false, true, false]);
	});
});

describe("the texts of a quiz", () => {
	const searchOf = (query: string) => {
		const parsed = parseSearch(query);
		if (!parsed.ok) throw new Error(parsed.detail);
		return parsed.search;
	};
	const texts = (rest: Partial<QuizTexts>): QuizTexts => ({
		title: "",
		description: "",
		questions: "",
		tags: "",
		...rest,
	});

	test.each([
		['"night sky"', "The Night SKY over Paris", true],
		['"night sky"', "the sky at night", false],
		['"night sk', "night skating", true],
		['"night sk"', "night skating", false],
		['x -"night sky"', "x night, sky", false],
		['x -"sky night"', "x night sky", true],
		["elan", "ÉLAN", true],
		["élan", "elan", true],
		["σοφός ", "ΣΟΦΟΣ", true],
		["internationali", "Internationalisation", true],
		["internationalid", "Internationalisation", false],
		["हिन्दी ", "हिन्दी भाषा", true],
		["x\ue002y ", "x y", true],
	])("%j means what %j has: %s", (query, questions, expected) => {
		expect(isMeant(searchOf(query), texts({ questions }))).toBe(expected);
	});

	test("of which a phrase is in one of them and not over two", () => {
		expect(isMeant(searchOf('"night sky"'), texts({ title: "night", description: "sky" }))).toBe(false);
		expect(isMeant(searchOf("night sky"), texts({ title: "night", description: "sky" }))).toBe(true);
	});

	test("have a piece with what was found, its marks where they are, in any script and with any accents", () => {
		const words = fc.string({ unit: "grapheme", minLength: 1, maxLength: 8 });
		fc.assert(
			fc.property(fc.array(words, { minLength: 1, maxLength: 120 }), fc.nat(), (many, at) => {
				const questions = many.join(" ");
				const parsed = parseSearch(`"${many[at % many.length]}"`);
				if (!parsed.ok) return;
				const { search } = parsed;
				const snippet = snippetOf(search, texts({ questions }));
				if (search.length === 0) return;
				if (snippet === null) throw new Error("The word is there.");
				const [begin, end] = [snippet.text.startsWith("…"), snippet.text.endsWith("…")];
				expect(questions).toContain(
					snippet.text.slice(
						begin && !questions.startsWith("…") ? 1 : 0,
						end && !questions.endsWith("…") ? -1 : undefined,
					),
				);
				let last = 0;
				for (const [from, to] of snippet.ranges) {
					expect([from >= last, to > from, to <= snippet.text.length]).toEqual([true, true, true]);
					const marked = texts({ questions: snippet.text.slice(from, to) });
					expect(search.some((term) => isMeant([term], marked))).toBe(true);
					last = to;
				}
				expect(snippet.ranges.length).toBeGreaterThan(0);
			}),
		);
	});

	test("have a piece of so many words, from where most of the search is", () => {
		const filler = Array.from({ length: 60 }, (_, n) => `w${n}`).join(" ");
		const questions = `owl ${filler} night owl ${filler}`;
		const snippet = snippetOf(searchOf("owl night "), texts({ questions }));
		expect(snippet?.text.match(/\w+/g)).toHaveLength(SNIPPET_WORDS);
		expect(snippet?.ranges.map(([from, to]) => snippet.text.slice(from, to))).toEqual(["night", "owl"]);
		expect(snippetOf(searchOf("owl"), texts({ title: "An owl", questions }))).toEqual({
			field: "title",
			text: "An owl",
			ranges: [[3, 6]],
		});
		expect(snippetOf(searchOf("crow"), texts({ questions }))).toBeNull();
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
		"apple",
		"éclair",
		"Eclipse",
		"Zebra",
	]);
	expect(titleKey("x".repeat(TITLE_KEY_CHARS_MAX + 1))).toHaveLength(TITLE_KEY_CHARS_MAX);
});
