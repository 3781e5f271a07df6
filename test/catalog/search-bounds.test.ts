import { beforeAll, describe, expect, test } from "vitest";
import { USAGE_ROWS_MAX } from "../../src/domain/credits/limits.ts";
import {
	SEARCH_BLOCK_QUIZZES,
	SEARCH_BLOCKS_MIN,
	SEARCH_CANDIDATES_MAX,
	SEARCH_QUERY_CHARS_MAX,
	SEARCH_RARE_MAX,
} from "../../src/domain/search/limits.ts";
import { DAY_MS } from "../../src/domain/units.ts";
import { costOf, type FilledQuiz, fillCatalog, rowsRead } from "../lib/catalog-filling.ts";
import { type Client, everyItem, newClient, publishedQuiz, quizDocument, testEnv } from "../lib/harness.ts";

/** What a search reads has a bound for any catalog and any query, and nothing that it says depends on what its reader may not see. */

const FILLING_MS = 240_000;
/** For a page of 20 with facets and snippets, in an account whose every audience is full of hostile quizzes. */
const ROWS_MAX = 80_000;

const WORDS = Array.from({ length: 32 }, (_, n) =>
	n < 26 ? String.fromCharCode(97 + n) : `${String.fromCharCode(71 + n)}z`,
);
const longWords = (seed: number, bytes: number) => {
	let text = "";
	for (let k = 0; text.length < bytes; k++) text += `common${((seed * 997 + k * 31) % 50_000).toString(36)} `;
	return text;
};
/** Texts that make the most of it: one word over and over, all words of the longest query, words that begin alike, labels. */
const TEXTS: ((seed: number) => string)[] = [
	() => "a ".repeat(500),
	() => `${WORDS.join(" ")} `.repeat(10),
	(seed) => longWords(seed, 1_000),
	() => `the \ue002b0 \ue002a7075626c6963 ${WORDS.slice(0, 16).join(" ")}`,
];
const hostile = (prefix: string, audience: string, count: number, seed = 0): FilledQuiz[] =>
	Array.from({ length: count }, (_, n) => ({
		id: `${prefix}${seed + n}`,
		audience,
		tag: `kind${n % 2}`,
		title: `${n % 2 === 0 ? "even" : "odd"} title a commonness ${n % 3 === 0 ? WORDS.slice(0, 12).join(" ") : ""}`,
		questions: TEXTS[n % TEXTS.length]?.(seed + n) ?? "",
	}));

/** Queries of every syntax, with as many words as there may be. */
function worstQueries(): string[] {
	const times = (count: number, part: (n: number) => string) =>
		Array.from({ length: count }, (_, n) => part(n)).join(" ");
	const words = [...WORDS, "title", "even", "odd", "commonness", "the", "nowhere"];
	return [
		"a ",
		"title ",
		"even odd ",
		"co",
		"commo",
		"commonne",
		"commonness",
		"common1",
		'"a a"',
		'"even title"',
		times(32, () => "commo*"),
		times(12, () => "which*"),
		times(32, (n) => `${words[n]}*`),
		WORDS.join(" "),
		`${times(31, (n) => `${words[n]}`)} nowhere `,
		`"${WORDS.join(" ")}"`,
		`"${times(32, () => "a")}"`,
		times(16, () => '"a a"'),
		times(16, (n) => `"${words[n]} ${words[n + 1]}"`),
		`title ${times(31, () => "-commo*")}`,
		`title ${times(31, (n) => `-${words[n]}`)}`,
		times(32, () => "-commo*"),
		"-nowhere",
		'-"a a"',
		'title -"nowhere at all"',
		`title ${times(15, (n) => `-"${words[n]} ${words[n + 1]}"`)}`,
		"NEAR(a b)",
		"title: a AND b OR c NOT d",
		"^title {a} :",
		"\ue002b0 title",
		"b0 ",
		"dexpert ",
		`${times(8, (n) => `${words[n]}`)} even odd `,
	].map((query) => query.slice(0, SEARCH_QUERY_CHARS_MAX));
}

describe("on a catalog whose every audience is full of hostile texts", () => {
	let client: Client;

	beforeAll(async () => {
		client = await newClient();
		const full = SEARCH_CANDIDATES_MAX + 20;
		for (const [prefix, audience] of [
			["pub", "public"],
			["ten", client.tenant],
			["own", client.user],
			["oth", "usr_mallory"],
		] as const) {
			await fillCatalog(hostile(prefix, audience, full));
		}
	}, FILLING_MS);

	const WAYS = ["", "&sort=newest", "&sort=popular", "&tag=kind1&difficulty=expert&source=ai"];

	test("the worst queries read a bounded number of rows, in every order, with every filter", {
		timeout: FILLING_MS,
	}, async () => {
		const all: { rows: number; path: string }[] = [];
		for (const q of worstQueries()) {
			for (const way of WAYS) {
				const path = `/v1/quizzes?q=${encodeURIComponent(q)}${way}&facets=true&limit=20`;
				all.push({ rows: await rowsRead(client, path), path });
			}
		}
		for (const way of WAYS) {
			const path = `/v1/quizzes?facets=true${way}`;
			all.push({ rows: await rowsRead(client, path), path });
		}
		const alike = {
			...quizDocument(`even title a commonness ${WORDS.slice(0, 12).join(" ")}`),
			tags: ["kind0", "kind1"],
		};
		const related = `/v1/quizzes/${await publishedQuiz(client, alike)}/related?limit=20`;
		all.push({ rows: await rowsRead(client, related), path: related });
		const [worst] = all.sort((a, b) => b.rows - a.rows);
		expect(worst?.rows, worst?.path).toBeLessThanOrEqual(ROWS_MAX);
	});
});

test("a report of usage reads a bounded number of rows, however many models are named, and says that it is not all", {
	timeout: FILLING_MS,
}, async () => {
	const client = await newClient();
	expect(
		(await client.post("/v1/users/me/credits/grants", { amount: 1, kind: "bonus" }, { Prefer: "wait=20" })).status,
	).toBe(201);
	const day = Math.floor(Date.now() / DAY_MS);
	const models = (count: number, first: number) => JSON.stringify(Array.from({ length: count }, (_, n) => first + n));
	const fill = (count: number, first: number) =>
		testEnv.CATALOG.batch([
			testEnv.CATALOG.prepare(
				`INSERT INTO usage_daily (tenant_id, day, model, generations, completed, failed, credits, tokens, cost_cents)
				SELECT ?2, ?3, 'model ' || value, 1, 1, 0, 1, 1, 1 FROM json_each(?1)`,
			).bind(models(count, first), client.tenant, day),
			testEnv.CATALOG.prepare(
				`INSERT INTO generation_facts (shard, seq, hold, status, model, credits, tokens, cost_cents, at)
				SELECT (SELECT number FROM shards WHERE user_id = ?2), value, '', 'completed', 'm', 1, 1, 1, ?3 FROM json_each(?1)`,
			).bind(models(count, first), client.user, day * DAY_MS),
		]);
	await fill(USAGE_ROWS_MAX, 0);
	const paths = [`by=day`, `by=model&user=${client.user}`].map((query) => `/v1/analytics/ai-usage?${query}`);
	for (const path of paths) {
		const { body } = await client.get(path);
		expect(body).toMatchObject({ items: [{ generations: USAGE_ROWS_MAX }] });
		expect(body).not.toHaveProperty("truncated");
	}
	await fill(500, USAGE_ROWS_MAX);
	for (const path of paths) {
		expect((await client.get(path)).body).toMatchObject({ truncated: true });
		expect(await rowsRead(client, path)).toBeLessThanOrEqual(6 * USAGE_ROWS_MAX);
	}
});

describe("of words that are all frequent", () => {
	const COUNT = SEARCH_BLOCKS_MIN * SEARCH_BLOCK_QUIZZES + 200;
	const frequent = ["fa", "fb", "fc", "fd", "fe", "ff", "fg", "fh"];
	let client: Client;

	beforeAll(async () => {
		client = await newClient();
		// The oldest have all of the words, the others all but one, which many have.
		const quizzes = Array.from({ length: COUNT }, (_, n): FilledQuiz => {
			const isOld = n < 5;
			const left = isOld ? -1 : n % frequent.length;
			const title = frequent.filter((_, index) => index !== left).join(" ");
			return { id: `freq${n}`, audience: client.tenant, title, tag: "freq", questions: isOld ? "rarissima" : "" };
		});
		await fillCatalog(quizzes);
	}, FILLING_MS);

	const ids = (items: { id: string }[]) => items.map(({ id }) => id).sort();
	const oldest = ["freq0", "freq1", "freq2", "freq3", "freq4"];
	const all = `${frequent.join(" ")} `;

	test("only the newest quizzes are ranked, and the list newest first goes on to all of them", {
		timeout: FILLING_MS,
	}, async () => {
		expect(COUNT).toBeGreaterThan(SEARCH_RARE_MAX);
		const path = (q: string, rest = "") => `/v1/quizzes?q=${encodeURIComponent(q)}${rest}`;
		const ranked = await client.get(path(all));
		expect([ranked.body.items, ranked.body.next_cursor]).toEqual([[], null]);
		const newest = await everyItem(client, path(all, "&sort=newest"));
		expect(ids(newest.items)).toEqual(oldest);
		expect((await client.get(path(all, "&facets=true"))).body.facets).toMatchObject({ counted: 0, exact: false });
		// With a rare word among them, everything is looked at.
		const rare = await client.get(path(`${all}rarissima `, "&facets=true"));
		expect(ids(rare.body.items)).toEqual(oldest);
		expect(rare.body.facets).toMatchObject({ counted: 5 });
		expect(await rowsRead(client, path(all, "&facets=true"))).toBeLessThanOrEqual(ROWS_MAX);
	});
});

describe("what others keep for themselves changes nothing", () => {
	const SECRETS = ["acquire", "rival", "zorbium", "zorbiumsphere"];
	const QUERIES = [
		...SECRETS.flatMap((word) => [`${word} `, word, `${word.slice(0, 4)}*`, `"${word} rival"`, `probe -${word}`]),
		"probe ",
		"pro",
		"-probe",
		"acquire rival ",
		'"acquire rival"',
		SECRETS.join(" "),
	];
	const WAYS = ["", "&sort=newest", "&sort=title", "&sort=popular", "&tag=probe", "&author=usr_filler", "&facets=true"];
	const document = (title: string) => ({ ...quizDocument(title), description: SECRETS.join(" "), tags: ["probe"] });

	/** Everything that the reader gets to see, page by page, with what it cost. */
	async function answers(reader: Client, related: string): Promise<{ text: string; rows: number; path: string }[]> {
		const paths = [
			// Each query by relevance, and in one of the other ways.
			...QUERIES.flatMap((q, n) =>
				["", WAYS[1 + (n % (WAYS.length - 1))]].map((way) => `/v1/quizzes?limit=1&q=${encodeURIComponent(q)}${way}`),
			),
			...WAYS.map((way) => `/v1/quizzes?limit=1${way}`),
			`/v1/quizzes/${related}/related?limit=20`,
		];
		const all = [];
		for (const path of paths) {
			const { rows, answer } = await costOf(reader, path);
			all.push({ text: answer.text, rows, path });
			if (!answer.body.next_cursor) continue;
			const next = `${path}&cursor=${answer.body.next_cursor}`;
			const second = await costOf(reader, next);
			all.push({ text: second.answer.text, rows: second.rows, path: next });
		}
		return all;
	}

	/** Changes with every change of a public quiz: what other tests have published may come into the catalog only now. */
	const everythingPublic = () =>
		testEnv.CATALOG.prepare(
			`SELECT count(*) AS quizzes, max(p.place) AS top, sum(q.seq) AS seqs, sum(q.updated_at) AS changes, sum(q.popularity + q.rating) AS liked
			FROM quizzes AS q JOIN search_places AS p ON p.quiz = q.id WHERE q.audience = 'public'`,
		).first();

	/** What the reader is answered before and after others have hidden a great deal. */
	async function observed() {
		const spy = await newClient();
		const probes = [];
		for (const [title, visibility] of [
			["probe one", "private"],
			["probe two", "private"],
			["probe three", "tenant"],
			["probe four", "public"],
		] as const) {
			probes.push(await publishedQuiz(spy, document(title), visibility));
		}
		const isPublic = await everythingPublic();
		const before = await answers(spy, probes[3] ?? "");
		const victim = await newClient();
		await publishedQuiz(victim, document("Board only: acquire rival zorbium"), "private");
		await publishedQuiz(victim, document("Staff only: acquire a rival"), "tenant");
		const secret = (audience: string, prefix: string): FilledQuiz[] =>
			Array.from({ length: SEARCH_RARE_MAX + 1 }, (_, n) => ({
				id: `${prefix}${victim.user}${n}`,
				audience,
				tag: "probe",
				title: `probe ${SECRETS.slice(0, 1 + (n % 4)).join(" ")}`,
				questions: `${SECRETS.join(" ")} ${longWords(n, 200)}`,
			}));
		await fillCatalog(secret(victim.user, "secret"));
		await fillCatalog(secret(victim.tenant, "staff"));
		const after = await answers(spy, probes[3] ?? "");
		const isDisturbed = JSON.stringify(await everythingPublic()) !== JSON.stringify(isPublic);
		return { spy, before, after, isDisturbed };
	}

	test("in results, order, cursors, counts, snippets, related quizzes, and rows read", {
		timeout: FILLING_MS,
	}, async () => {
		let observation = await observed();
		for (let times = 1; observation.isDisturbed && times < 3; times++) observation = await observed();
		const { spy, before, after, isDisturbed } = observation;
		expect(isDisturbed).toBe(false);
		for (const [index, { text, rows, path }] of before.entries()) {
			expect([path, after[index]?.text]).toEqual([path, text]);
			expect([path, Math.abs((after[index]?.rows ?? 0) - rows) <= 2]).toEqual([path, true]);
		}
		// A twin who comes later, when all that is there, sees the like of its own.
		const twin = await newClient();
		const seen = async (reader: Client, q: string) => {
			const { items } = await everyItem(reader, `/v1/quizzes?q=${encodeURIComponent(q)}&limit=100`);
			const own = items.filter(({ owner }) => owner === reader.user);
			return own.map(({ title, snippet }) => ({ title, snippet }));
		};
		for (const [title, visibility] of [
			["probe one", "private"],
			["probe two", "private"],
			["probe three", "tenant"],
			["probe four", "public"],
		] as const) {
			await publishedQuiz(twin, document(title), visibility);
		}
		for (const q of QUERIES) expect([q, await seen(twin, q)]).toEqual([q, await seen(spy, q)]);
	});
});
