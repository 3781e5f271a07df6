import fc from "fast-check";
import { afterEach, describe, expect, test, vi } from "vitest";
import type { QuizDocument } from "../../src/domain/quizzes/quiz.ts";
import { SEARCH_QUERY_CHARS_MAX, SEARCH_WORDS_MAX } from "../../src/domain/search/limits.ts";
import {
	type Answer,
	type Client,
	deliver,
	expectProblem,
	interceptQueue,
	newClient,
	publishedQuiz,
	quizDocument,
	runsOf,
	testEnv,
} from "../lib/harness.ts";

/** Search, filters and facets of published quizzes, over HTTP. Each test has words of its own, since all share one catalog. */

afterEach(() => {
	vi.restoreAllMocks();
});

/** A quiz in the shape of the import files. */
function quiz(title: string, questions: string[], rest: Partial<QuizDocument> = {}): QuizDocument {
	const base = quizDocument(title, questions.length);
	base.subjects[0]?.questions.forEach((question, index) => {
		question.question = questions[index] ?? "";
	});
	return { ...base, description: "Ten questions.", tags: ["trivia"], ...rest };
}

const search = (client: Client, query: Record<string, string>): Promise<Answer> =>
	client.get(`/v1/quizzes?${new URLSearchParams(query)}`);

async function titles(client: Client, query: string, rest: Record<string, string> = {}): Promise<string[]> {
	const { status, body } = await search(client, { q: query, ...rest });
	expect(status).toBe(200);
	return body.items.map(({ title }: { title: string }) => title);
}

/** A word that no other test searches for. */
let serial = 0;
const word = (name: string) => `${name}${(serial++).toString(36)}x${Date.now().toString(36)}`;

describe("what is found", () => {
	test("comes by the column it is in: title, tags, description, question text", async () => {
		const author = await newClient();
		const w = word("rank");
		const filler = Array.from({ length: 20 }, (_, n) => `What is number ${n} of all the things in this long quiz?`);
		await publishedQuiz(author, quiz("In a question", [`Is it ${w}?`]));
		await publishedQuiz(author, quiz("In the description", ["Why?"], { description: `About ${w}.` }));
		await publishedQuiz(author, quiz("In the tags", ["Why?"], { tags: [w] }));
		await publishedQuiz(author, quiz(`${w} in the title`, ["Why?"]));
		expect(await titles(author, w)).toEqual([
			`${w} in the title`,
			"In the tags",
			"In the description",
			"In a question",
		]);
		// A long quiz with the word in its title stands before a short one that repeats it in its questions.
		const v = word("rank");
		await publishedQuiz(author, quiz("Repeats", [`${v} ${v} ${v} ${v} ${v} ${v}?`]));
		await publishedQuiz(author, quiz(`A long quiz with ${v} in its title`, filler));
		expect(await titles(author, v)).toEqual([`A long quiz with ${v} in its title`, "Repeats"]);
	});

	test("is found by words, beginnings of words, phrases and exclusions, whatever the case and the accents", async () => {
		const author = await newClient();
		const w = word("find");
		await publishedQuiz(author, quiz(`${w} Élan vital`, ["The night sky over Paris?"]));
		await publishedQuiz(author, quiz(`${w} Elephants`, ["The sky at night in Ötzi's Alps?"]));
		const [vital, elephants] = [`${w} Élan vital`, `${w} Elephants`];
		expect((await titles(author, w)).sort()).toEqual([elephants, vital]);
		expect(await titles(author, `${w} elan`)).toEqual([vital]);
		expect(await titles(author, `${w} ELE`)).toEqual([elephants]);
		expect(await titles(author, `el* ${w} otzi`)).toEqual([elephants]);
		expect(await titles(author, `ele ${w}`)).toEqual([]);
		expect(await titles(author, `${w} "night sky"`)).toEqual([vital]);
		expect(await titles(author, `${w} -"night sky"`)).toEqual([elephants]);
		expect(await titles(author, `${w} -paris -alps`)).toEqual([]);
		expect(await titles(author, `-paris -${w}`, { author: author.user })).toEqual([]);
		expect(await titles(author, "-paris", { author: author.user })).toEqual([elephants]);
	});

	test("has a snippet: plain text, and where in it the words are", async () => {
		const author = await newClient();
		const w = word("snip");
		const html = `<b onload="x()">${w}</b> & more`;
		await publishedQuiz(author, quiz("Markup", [`First?`, `Is ${html} kept as it is?`]));
		const [item] = (await search(author, { q: w })).body.items;
		expect(item.snippet.field).toBe("questions");
		expect(item.snippet.text).toContain(html);
		expect(item.snippet.ranges.map(([from, to]: number[]) => item.snippet.text.slice(from, to))).toEqual([w]);
		expect((await search(author, { author: author.user })).body.items[0]).not.toHaveProperty("snippet");
	});

	test("has the same snippet for the beginning of a word, however long, in quizzes of several authors", async () => {
		const w = word("beginning");
		const [one, two] = [await newClient(), await newClient()];
		for (const author of [one, two]) {
			await publishedQuiz(author, quiz(`Of ${author.user}`, ["First?", `Is it ${w}, or ${w} again?`]));
			await publishedQuiz(author, quiz(`${w} in the title`, [`And ${w} in a question?`]));
			await publishedQuiz(author, quiz("About nothing", ["Why?"]));
		}
		const snippets = async (q: string) => {
			const { items } = (await search(one, { q })).body;
			return items.map(({ id, snippet }: { id: string; snippet: object }) => [id, snippet]);
		};
		const whole = await snippets(`${w} `);
		expect(whole.map(([, { field }]: [string, { field: string }]) => field)).toEqual([
			"title",
			"title",
			"questions",
			"questions",
		]);
		expect(await snippets(w)).toEqual(whole);
		expect(await snippets(`${w.slice(0, -1)}*`)).toEqual(whole);
	});

	test("are neither options nor explanations nor the key, nor shows any of them", async () => {
		const author = await newClient();
		const [w, option, why] = [word("seen"), word("option"), word("why")];
		const document = quiz(`Title ${w}`, ["Which one?"]);
		const [first] = document.subjects[0]?.questions ?? [];
		Object.assign(first ?? {}, { options: [option, "b", "c", "d"], explanation: `CANARY ${why}` });
		const id = await publishedQuiz(author, document);
		expect(await titles(author, `${w} which`)).toEqual([`Title ${w}`]);
		for (const secret of [option, why, "CANARY", "correctAnswer"])
			expect(await titles(author, `${w} ${secret}`)).toEqual([]);
		for (const path of [
			"/v1/quizzes?facets=true",
			`/v1/quizzes?q=${w}`,
			`/v1/quizzes/${id}/related`,
			`/v1/quizzes/${id}`,
		]) {
			const { text } = await author.get(path);
			expect(text).not.toMatch(/CANARY|correctAnswer/);
		}
		const rows = (await author.get("/v1/users/me/log?limit=100")).text;
		expect(rows).toContain("Which one?");
		expect(rows).not.toContain(option);
	});
});

test("nobody finds, counts or is shown as related what is not for them: private, tenant, public", async () => {
	const author = await newClient();
	const w = word("aud");
	for (const visibility of ["private", "tenant", "public"]) {
		await publishedQuiz(author, quiz(`${w} ${visibility}`, ["Why?"], { tags: [w] }), visibility);
	}
	const anchor = await publishedQuiz(author, quiz(`${w} anchor`, ["Why?"], { tags: [w] }));
	const seen = async (client: Client) => {
		const lists = await Promise.all([
			...["newest", "popular", "rating", "title"].map((sort) => titles(client, w, { sort, limit: "10" })),
			titles(client, w),
			titles(client, "", { tag: w }),
			titles(client, "", { tag: w, sort: "title" }),
			titles(client, "", { author: author.user }),
			titles(client, `-nothing${w}`, { tag: w }),
		]);
		const related = (await client.get(`/v1/quizzes/${anchor}/related?limit=20`)).body.items;
		const kinds = (names: string[]) => names.filter((name) => name !== `${w} anchor`).map((name) => name.split(" ")[1]);
		const all = [...lists, related.map(({ title }: { title: string }) => title)].map((names) =>
			kinds(names).sort().join(),
		);
		const { facets } = (await search(client, { tag: w, facets: "true" })).body;
		expect(facets.counted).toBe((all[0]?.split(",").length ?? 0) + 1);
		return [...new Set(all)];
	};
	expect(await seen(author)).toEqual(["private,public,tenant"]);
	expect(await seen(await newClient({ tenant: author.tenant }))).toEqual(["public,tenant"]);
	expect(await seen(await newClient())).toEqual(["public"]);
	// Names that differ in case only are different users: labels are exact.
	const upper = await newClient({ user: author.user.toUpperCase().replace("USR", "usr"), tenant: author.tenant });
	expect(await seen(upper)).toEqual(["public,tenant"]);
});

test("filters and facets agree", async () => {
	const author = await newClient();
	const w = word("facet");
	const kinds = [
		{ difficulty: "beginner", source: "ai", tags: [w, "Birds!", "a b"] },
		{ difficulty: "beginner", source: "paste", tags: [w, "birds!"] },
		{ difficulty: "expert", source: "ai", tags: [w] },
	] as const;
	for (const [index, { tags, ...kind }] of kinds.entries()) {
		await publishedQuiz(author, quiz(`${w} ${index}`, ["Why?"], { ...kind, tags: [...tags] }));
	}
	const { facets } = (await search(author, { q: w, facets: "true" })).body;
	expect(facets).toEqual({
		counted: 3,
		exact: true,
		by_tag: [
			{ value: w, count: 3 },
			{ value: "birds!", count: 2 },
			{ value: "a b", count: 1 },
		],
		by_difficulty: [
			{ value: "beginner", count: 2 },
			{ value: "expert", count: 1 },
		],
		by_source: [
			{ value: "ai", count: 2 },
			{ value: "paste", count: 1 },
		],
	});
	const filters = { by_tag: "tag", by_difficulty: "difficulty", by_source: "source" } as const;
	for (const [facet, filter] of Object.entries(filters) as [keyof typeof filters, string][]) {
		for (const { value, count } of facets[facet])
			expect(await titles(author, w, { [filter]: value })).toHaveLength(count);
	}
	expect(await titles(author, w, { tag: "BIRDS!", source: "ai", difficulty: "beginner" })).toEqual([`${w} 0`]);
	expect(await titles(author, w, { tag: "birds" })).toEqual([]);
	expectProblem(await search(author, { difficulty: "hard" }), "invalid-request", ["/difficulty"]);
	expectProblem(await search(author, { author: "eve" }), "invalid-request", ["/author"]);
	expectProblem(await search(author, { sort: "random" }), "invalid-request", ["/sort"]);
});

describe("any input is a search, a refusal that names the field, and never more", () => {
	const OPERATORS = [
		"AND",
		"OR",
		"NOT",
		"NEAR(",
		")",
		"(",
		'"',
		"'",
		"*",
		"^",
		":",
		"{title}",
		"labels:apublic",
		"-",
		"+",
		";",
		"--",
		"\u0000",
		"%",
	];

	test("made of operators, quotes, columns and words of every script", async () => {
		const client = await newClient();
		await publishedQuiz(client, quiz("Something to find AND more", ["Why not near?"]));
		const piece = fc.oneof(fc.constantFrom(...OPERATORS), fc.string({ unit: "binary", maxLength: 12 }));
		const input = fc
			.array(piece, { minLength: 1, maxLength: 24 })
			.map((pieces) => pieces.join(" ").slice(0, SEARCH_QUERY_CHARS_MAX));
		await fc.assert(
			fc.asyncProperty(input, fc.constantFrom("", "title", "newest"), async (q, sort) => {
				const answer = await search(client, { q, facets: "true", ...(sort && { sort }) });
				if (answer.status !== 200) expectProblem(answer, "invalid-request", ["/q"]);
			}),
			{ numRuns: runsOf(1_500) },
		);
	});

	test("of 99, 100 and 101 words, and at the limits", async () => {
		const client = await newClient();
		for (const count of [SEARCH_WORDS_MAX - 1, SEARCH_WORDS_MAX]) {
			expect((await search(client, { q: Array(count).fill("a").join(" ") })).status).toBe(200);
			expect((await search(client, { q: Array(count).fill("-ab*").join(" ") })).status).toBe(200);
		}
		for (const count of [SEARCH_WORDS_MAX + 1, 99, 100, 101]) {
			expectProblem(await search(client, { q: Array(count).fill("a").join(" ") }), "invalid-request", ["/q"]);
		}
		expect((await search(client, { q: "a".repeat(SEARCH_QUERY_CHARS_MAX) })).status).toBe(200);
		expectProblem(await search(client, { q: "a".repeat(SEARCH_QUERY_CHARS_MAX + 1) }), "invalid-request", ["/q"]);
	});

	test("without a word finds nothing, and an empty one is none", async () => {
		const client = await newClient();
		await publishedQuiz(client);
		const nothing = (await search(client, { q: '"" - *', facets: "true" })).body;
		expect(nothing).toMatchObject({ items: [], next_cursor: null, facets: { counted: 0, exact: true, by_tag: [] } });
		expect((await search(client, { q: "" })).body.items.length).toBeGreaterThan(0);
	});
});

describe("the index follows the log", () => {
	test("publish, change, publish again, withdraw, with messages shuffled and doubled: found is what stands", async () => {
		const author = await newClient();
		const [first, second, other] = [word("one"), word("two"), word("other")];
		await author.get("/v1/users/me/sync");
		const { messages, restore } = await interceptQueue(author);
		const publish = async (path: string, visibility: string) =>
			expect((await author.put(`${path}/publication`, { visibility })).status).toBe(200);
		const created = await Promise.all(
			[first, other].map((title) => author.post("/v1/users/me/quizzes", quiz(title, ["Why?"]))),
		);
		const [path, gone] = created.map(({ body }) => `/v1/users/me/quizzes/${body.id}`) as [string, string];
		await publish(path, "public");
		await publish(gone, "public");
		await author.put(path, quiz(second, ["Why?"]), { "If-Match": "*" });
		await publish(path, "tenant");
		await author.request("DELETE", `${gone}/publication`);
		restore();
		await deliver([...messages].reverse());
		for (const message of messages) await deliver([message, ...messages, message]);
		expect([await titles(author, first), await titles(author, second), await titles(author, other)]).toEqual([
			[],
			[second],
			[],
		]);
		const stranger = await newClient();
		expect(await titles(stranger, second)).toEqual([]);
		const check = testEnv.CATALOG.prepare("INSERT INTO quiz_fts (quiz_fts, rank) VALUES ('integrity-check', 1)");
		await check.run();
	});

	test("an older publication that is driven again changes nothing, and one without question texts is found by the rest", async () => {
		const author = await newClient();
		const [old, now] = [word("old"), word("now")];
		await author.get("/v1/users/me/sync");
		const { messages, restore } = await interceptQueue(author);
		const { body } = await author.post("/v1/users/me/quizzes", quiz(old, ["Why?"]));
		const path = `/v1/users/me/quizzes/${body.id}`;
		await author.put(`${path}/publication`, { visibility: "public" });
		await author.put(path, quiz(now, ["Why?"]), { "If-Match": "*" });
		await author.put(`${path}/publication`, { visibility: "public" });
		restore();
		const rows = messages.flatMap((message) => message.rows) as { kind: string; body: Record<string, unknown> }[];
		for (const row of rows.filter(({ kind }) => kind === "quiz.published")) delete row.body.search_text;
		const late = rows.findIndex(({ kind }) => kind === "quiz.published");
		const [poisoned] = rows.slice(late, late + 1).map((row) => ({ ...row, body: {} }));
		const hash = messages.at(-1)?.hash;
		const all = rows.map((row, index) => (index === late ? poisoned : row));
		await deliver([{ v: 1, shard: author.user, first: 1, last: rows.length, hash, rows: all }]);
		expect(await titles(author, now)).toEqual([now]);
		const { body: driven } = await (await newClient({ scope: "admin" })).post("/v1/admin/dead-letters/redrive", {
			user: author.user,
		});
		expect(driven).toMatchObject({ items: [{ status: "applied" }] });
		expect([await titles(author, now), await titles(author, old)]).toEqual([[now], []]);
	});
});
