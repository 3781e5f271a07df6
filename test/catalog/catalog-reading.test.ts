import { createScheduledController } from "cloudflare:test";
import { afterEach, describe, expect, test, vi } from "vitest";
import { readContent } from "../../src/catalog/quizzes/versions.ts";
import { Views } from "../../src/catalog/quizzes/views.ts";
import { refreshPopularity } from "../../src/catalog/reactions/popularity.ts";
import { CATALOG_MAX_AGE_S } from "../../src/domain/limits.ts";
import { VIEWED_QUIZZES_MAX, VIEWS_FLUSH_MS } from "../../src/domain/quizzes/limits.ts";
import { POPULARITY_STEP_QUIZZES } from "../../src/domain/reactions/limits.ts";
import { FACET_TAGS_MAX, RELATED_MAX, SEARCH_CANDIDATES_MAX, SEARCH_RARE_MAX } from "../../src/domain/search/limits.ts";
import { LABELS } from "../../src/domain/search/search.ts";
import worker from "../../src/index.ts";
import { rowsRead } from "../lib/catalog-filling.ts";
import {
	type Client,
	caughtUp,
	everyItem,
	expectProblem,
	newClient,
	publishedQuiz,
	quizDocument,
	testEnv,
} from "../lib/harness.ts";

/** Lists, orders, caches, views and related quizzes of the catalog. */

afterEach(() => {
	vi.restoreAllMocks();
	vi.useRealTimers();
});

const titled = (title: string, tags = ["test"]) => ({ ...quizDocument(title), tags });
const idsOf = (items: { id: string }[]) => items.map(({ id }) => id);

/** Quizzes that are in the catalog though no log wrote them, numbered from 1. */
async function fill(count: number, prefix: string, audience = "public"): Promise<void> {
	const numbers = JSON.stringify(Array.from({ length: count }, (_, n) => n + 1));
	await testEnv.CATALOG.batch([
		testEnv.CATALOG.prepare(
			`INSERT INTO quizzes (id, owner, audience, visibility, version, version_number, title, description, tags, difficulty,
				source, questions, max_score, published_at, updated_at, seq, title_key)
			SELECT ?2 || value, 'usr_filler', ?3, 'public', '', 1, ?2 || ' ' || value, '', json_array(?2, ?2 || value), 'expert',
				'ai', 1, 1, value, value, 1, ?2 || value FROM json_each(?1)`,
		).bind(numbers, prefix, audience),
		testEnv.CATALOG.prepare(
			`INSERT INTO quiz_texts (quiz, labels, title, tags, description, questions)
			SELECT ?2 || value, ?3, ?2 || ' ' || value, ?2, '', ?2 || ' ' || ?2 FROM json_each(?1)`,
		).bind(numbers, prefix, `${LABELS.audience(audience)} ${LABELS.tag(prefix)}`),
	]);
}

describe("each order gives every quiz once, page by page, also while others come and go", () => {
	test("popular and rating are by takers and likes as the round last counted them; title by title", async () => {
		const author = await newClient();
		const ids: string[] = [];
		for (const name of ["Ärger", "apple", "Zebra"]) ids.push(await publishedQuiz(author, titled(name), "tenant"));
		const [a = "", b = "", c = ""] = ids;
		const takers = [await newClient({ tenant: author.tenant }), await newClient({ tenant: author.tenant })];
		for (const taker of takers) await taker.post("/v1/users/me/attempts", { quiz: b, answers: {} });
		// Neither one who takes a quiz over and over makes it popular, nor its author.
		for (const taker of [takers[0] ?? author, author]) {
			for (let n = 0; n < 3; n++) await taker.post("/v1/users/me/attempts", { quiz: a, answers: {} });
		}
		await author.put(`/v1/users/me/likes/${c}`);
		for (const client of [author, ...takers]) await caughtUp(client);
		const own = (sort: string) => everyItem(author, `/v1/quizzes?sort=${sort}&limit=2`);
		const order = async (sort: string) => idsOf((await own(sort)).items).filter((id) => ids.includes(id));
		// The schedule's step brings the counts.
		const controller = createScheduledController({ cron: "* * * * *", scheduledTime: Date.now() });
		await worker.scheduled?.(controller, testEnv);
		expect((await order("popular")).slice(0, 2)).toEqual([b, a]);
		expect((await order("rating"))[0]).toBe(c);
		expect(await order("title")).toEqual([b, a, c]);
		const [item] = (await own("popular")).items.filter(({ id }) => id === b);
		expect(item).toMatchObject({ popularity: 2, rating: 0 });
		const [taken] = (await own("popular")).items.filter(({ id }) => id === a);
		expect(taken).toMatchObject({ popularity: 1, rating: 0 });
	});

	test.each(["newest", "popular", "rating", "title"])(
		"%s: with and without filter, with quizzes published and withdrawn in between",
		async (sort) => {
			const author = await newClient();
			const tag = `page${sort}${author.user.slice(4, 12)}`.toLowerCase();
			const ids: string[] = [];
			for (let n = 0; n < 7; n++)
				ids.push(await publishedQuiz(author, titled(`Page ${(n * 3) % 7}`, [tag]), "private"));
			for (const path of [
				`/v1/quizzes?sort=${sort}&tag=${tag}`,
				`/v1/quizzes?sort=${sort}`,
				`/v1/quizzes?q=page&sort=${sort}&tag=${tag}`,
			]) {
				const own = (items: { id: string }[]) => idsOf(items).filter((id) => ids.includes(id));
				const whole = own((await everyItem(author, `${path}&limit=100`)).items);
				expect([...whole].sort()).toEqual([...ids].sort());
				const seen: string[] = [];
				let next: string | null = `${path}&limit=3`;
				for (let turn = 0; next !== null; turn++) {
					const answer = await author.get(next);
					seen.push(...own(answer.body.items));
					if (turn === 0) await publishedQuiz(author, titled("Page 0", [tag]), "private");
					next = answer.body.next_cursor && `${path}&limit=3&cursor=${answer.body.next_cursor}`;
				}
				expect(seen).toEqual(whole);
			}
		},
	);

	test("by relevance: what comes in between is not in the pages that follow, what goes leaves no gap", async () => {
		const author = await newClient();
		const word = `relevance${author.user.slice(4, 12)}`;
		const ids: string[] = [];
		for (let n = 0; n < 9; n++) {
			const document = n % 2 === 0 ? titled(`${word} ${n}`) : { ...titled(`Other ${n}`), description: word };
			ids.push(await publishedQuiz(author, document));
		}
		const path = `/v1/quizzes?q=${word}`;
		const whole = idsOf((await everyItem(author, `${path}&limit=100`)).items);
		expect(new Set(whole)).toEqual(new Set(ids));
		const first = await author.get(`${path}&limit=4`);
		expect(idsOf(first.body.items)).toEqual(whole.slice(0, 4));
		const newcomer = await publishedQuiz(author, titled(`${word} again`));
		await author.request("DELETE", `/v1/users/me/quizzes/${whole[3]}/publication`, { headers: { Prefer: "wait=20" } });
		const rest = await everyItem(author, `${path}&limit=2&cursor=${first.body.next_cursor}`);
		expect(idsOf(rest.items)).toEqual(whole.slice(4));
		expect(idsOf(rest.items)).not.toContain(newcomer);
		// A cursor of one list is none of another.
		expectProblem(await author.get(`/v1/quizzes?cursor=${first.body.next_cursor}`), "invalid-request", ["/cursor"]);
		expectProblem(await author.get(`${path}&sort=title&cursor=${first.body.next_cursor}`), "invalid-request", [
			"/cursor",
		]);
	});
});

test("the round goes on where it stopped, and begins again at the end", async () => {
	await fill(POPULARITY_STEP_QUIZZES + 5, "round");
	const last = `round${POPULARITY_STEP_QUIZZES}`;
	await testEnv.CATALOG.prepare("INSERT INTO quiz_reactions SELECT id, 0, 3 FROM quizzes WHERE id LIKE 'round%'").run();
	await testEnv.CATALOG.prepare("DELETE FROM popularity_round").run();
	let looked = 0;
	const sizes: number[] = [];
	const all = (await testEnv.CATALOG.prepare("SELECT count(*) AS n FROM quizzes").first<number>("n")) ?? 0;
	while (looked < all) {
		sizes.push(await refreshPopularity(testEnv.CATALOG));
		looked += sizes.at(-1) ?? all;
	}
	expect(looked).toBe(all);
	expect(sizes[0]).toBe(POPULARITY_STEP_QUIZZES);
	const row = testEnv.CATALOG.prepare("SELECT rating FROM quizzes WHERE id = ?").bind(last);
	expect(await row.first()).toEqual({ rating: 3 });
	expect(await refreshPopularity(testEnv.CATALOG)).toBe(POPULARITY_STEP_QUIZZES);
});

describe("what lists and searches read is bounded", () => {
	const MORE = SEARCH_CANDIDATES_MAX + 50;

	test("whatever the number of quizzes, and more matches are not ranked, ordered otherwise or counted", async () => {
		await fill(MORE, "many");
		const client = await newClient();
		const anchor = await publishedQuiz(client, titled("many", ["many"]));
		const bounds: [path: string, rows: number][] = [
			["sort=newest", 60],
			["sort=popular", 60],
			["sort=rating", 60],
			["sort=title", 60],
			["tag=many", 150],
			["q=many&sort=newest", 200],
			["q=many", 12 * SEARCH_CANDIDATES_MAX],
			["tag=many&sort=title", 6 * SEARCH_CANDIDATES_MAX],
		];
		for (const [query, bound] of bounds) {
			const rows = await rowsRead(client, `/v1/quizzes?${query}&limit=10`);
			expect(rows, query).toBeGreaterThan(0);
			expect(rows, query).toBeLessThanOrEqual(bound);
		}
		expect(await rowsRead(client, `/v1/quizzes/${anchor}/related`)).toBeLessThanOrEqual(2 * SEARCH_CANDIDATES_MAX);
		const { facets } = (await client.get("/v1/quizzes?tag=many&facets=true")).body;
		expect(facets).toMatchObject({ counted: SEARCH_CANDIDATES_MAX, exact: false });
		expect(facets.by_tag).toHaveLength(FACET_TAGS_MAX);
		const sorted = await everyItem(client, "/v1/quizzes?tag=many&sort=title&limit=100");
		expect(sorted.items).toHaveLength(SEARCH_CANDIDATES_MAX);
		const newest = await everyItem(client, "/v1/quizzes?tag=many&sort=newest&limit=100");
		expect(newest.items).toHaveLength(MORE + 1);
		const ranked = await everyItem(client, "/v1/quizzes?q=many&limit=100");
		expect(ranked.items).toHaveLength(SEARCH_CANDIDATES_MAX);
	});
});

test("by relevance: what is for others counts neither where few quizzes match nor where many do", async () => {
	const author = await newClient();
	const word = "gate";
	const document = (n: number) =>
		n % 2 === 0 ? titled(`${word} ${n}`) : { ...titled(`Other ${n}`), description: word };
	const own: string[] = [];
	for (let n = 0; n < 5; n++)
		own.push(await publishedQuiz(author, document(n), ["private", "tenant", "public"][n % 3]));
	const seen = async (client: Client) => idsOf((await everyItem(client, `/v1/quizzes?q=${word}&limit=2`)).items);
	const readers = [author, await newClient({ tenant: author.tenant }), await newClient()];
	const related = async (client: Client) =>
		idsOf((await client.get(`/v1/quizzes/${own[2]}/related?limit=${RELATED_MAX}`)).body.items).filter((id) =>
			/^gate|^hidden/.test(id),
		);
	const few = await Promise.all(readers.map(seen));
	expect(few.map((ids) => ids.length)).toEqual([5, 3, 1]);
	expect(new Set(few[0])).toEqual(new Set(own));
	// As many as are few, with these; then one more: newer, and all for somebody else.
	for (const [count, prefix] of [
		[SEARCH_RARE_MAX - own.length, "hidden"],
		[1, "hiddentoo"],
	] as const) {
		await fill(count, prefix, "usr_somebody");
		const rename = `UPDATE quiz_texts SET title = ?1 || ' ' || title WHERE quiz GLOB ?2 || '[0-9]*'`;
		await testEnv.CATALOG.prepare(rename).bind(word, prefix).run();
		expect(await Promise.all(readers.map(seen))).toEqual(few);
		expect(await related(author)).toEqual([]);
	}
});

describe("clients may keep what they read for a moment", () => {
	test("each for itself, and ask whether it is still the same", async () => {
		const author = await newClient();
		const quiz = await publishedQuiz(author);
		for (const path of [
			"/v1/quizzes?tag=test",
			"/v1/quizzes?sort=title&facets=true",
			`/v1/quizzes/${quiz}/related`,
			`/v1/quizzes/${quiz}/statistics`,
		]) {
			const { headers, text } = await author.get(path);
			expect(headers.get("Cache-Control")).toBe(`private, max-age=${CATALOG_MAX_AGE_S}`);
			expect(headers.get("Vary")).toBe("Authorization, x-d1-bookmark");
			const etag = headers.get("ETag") ?? "";
			expect(etag).toMatch(/^"[0-9a-f]{32}"$/);
			for (const condition of [etag, `W/${etag}`, `"x", ${etag}`, "*"]) {
				const same = await author.request("GET", path, { headers: { "If-None-Match": condition } });
				expect([same.status, same.text, same.headers.get("ETag")]).toEqual([304, "", etag]);
				expect(same.headers.get("x-d1-bookmark")).toMatch(/^[0-9a-f]{8}-/);
				expect(same.headers.get("Cache-Control")).toMatch(/^private/);
			}
			const other = await author.request("GET", path, { headers: { "If-None-Match": '"x"' } });
			expect([other.status, other.text]).toEqual([200, text]);
		}
	});

	test("a change changes the ETag, and a problem is kept by nobody", async () => {
		const author = await newClient();
		const quiz = await publishedQuiz(author);
		const before = (await author.get(`/v1/quizzes/${quiz}/statistics`)).headers.get("ETag") ?? "";
		await (await newClient()).post("/v1/users/me/attempts", { quiz, answers: {} }, { Prefer: "wait=20" });
		const after = await author.request("GET", `/v1/quizzes/${quiz}/statistics`, {
			headers: { "If-None-Match": before },
		});
		expect(after.status).toBe(200);
		expectProblem(await author.get("/v1/quizzes/quz_0000000205m5t8cfgq3nkw7r"), "not-found");
	});
});

describe("views", () => {
	test("are counted by the isolate and written once in a while, one row for each quiz", async () => {
		const views = new Views();
		const written = async (quiz: string) =>
			testEnv.CATALOG.prepare("SELECT views FROM quiz_views WHERE quiz = ?").bind(quiz).first<number>("views");
		const start = Date.now();
		await views.add(testEnv.CATALOG, "quz_view", start);
		expect(await written("quz_view")).toBe(1);
		for (let n = 1; n <= 5; n++) expect(views.add(testEnv.CATALOG, "quz_view", start + VIEWS_FLUSH_MS - n)).toBeNull();
		expect(await written("quz_view")).toBe(1);
		await views.add(testEnv.CATALOG, "quz_view", start + VIEWS_FLUSH_MS);
		expect(await written("quz_view")).toBe(7);
	});

	test("of so many quizzes are not held longer, and a database that fails hurts nobody", async () => {
		const views = new Views();
		const now = Date.now();
		await views.add(testEnv.CATALOG, "quz_first", now);
		for (let n = 1; n < VIEWED_QUIZZES_MAX; n++) expect(views.add(testEnv.CATALOG, `quz_many_${n}`, now)).toBeNull();
		const write = views.add(testEnv.CATALOG, "quz_one_more", now);
		expect(write).not.toBeNull();
		await write;
		const errors = vi.spyOn(console, "error").mockImplementation(() => {});
		const broken = { prepare: () => ({ bind: () => ({ run: () => Promise.reject(new Error("down")) }) }) };
		await views.add(broken as unknown as D1Database, "quz_first", now + VIEWS_FLUSH_MS);
		expect(errors).toHaveBeenCalledOnce();
	});

	test("are shown with the quiz", async () => {
		const author = await newClient();
		const quiz = await publishedQuiz(author);
		await testEnv.CATALOG.prepare("INSERT INTO quiz_views (quiz, views) VALUES (?, 41)").bind(quiz).run();
		expect((await author.get(`/v1/quizzes/${quiz}`)).body.views).toBeGreaterThanOrEqual(41);
	});
});

test("related quizzes share tags or words of the title, the most alike first, the quiz itself not among them", async () => {
	const author = await newClient();
	const word = `related${author.user.slice(4, 12)}`;
	const quiz = await publishedQuiz(author, titled(`${word} birds of Africa`, [word, "birds"]));
	const twin = await publishedQuiz(author, titled(`${word} birds of Asia`, [word, "birds"]));
	const cousin = await publishedQuiz(author, titled("Something else", [word]));
	await publishedQuiz(author, titled("Nothing in common", ["unlike"]));
	const { body } = await author.get(`/v1/quizzes/${quiz}/related?limit=${RELATED_MAX}`);
	const ids = idsOf(body.items);
	expect(ids[0]).toBe(twin);
	expect(ids).toContain(cousin);
	expect(ids).not.toContain(quiz);
	expect(body.next_cursor).toBeNull();
	expect((await author.get(`/v1/quizzes/${quiz}/related?limit=1`)).body.items).toHaveLength(1);
	expectProblem(await author.get(`/v1/quizzes/${quiz}/related?limit=${RELATED_MAX + 1}`), "invalid-request", [
		"/limit",
	]);
	const bare = await publishedQuiz(author, titled("???", []));
	expect((await author.get(`/v1/quizzes/${bare}/related`)).body.items).toEqual([]);
});

describe("content is read near the reader where it can be", () => {
	const counted = (value: string | null | Error) => {
		const gets: string[] = [];
		const puts: string[] = [];
		const answer = <T>(calls: string[], key: string, given: T) => {
			calls.push(key);
			return value instanceof Error ? Promise.reject(value) : Promise.resolve(given);
		};
		const store = {
			get: (key: string) => answer(gets, key, value),
			put: (key: string) => answer(puts, key, undefined),
		};
		return { gets, puts, store: store as unknown as KVNamespace };
	};
	const hashOf = (digit: string) => digit.repeat(64);

	test("from the isolate, else from the key-value store, else from R2, which fills both", async () => {
		await testEnv.CONTENT.put(hashOf("a"), JSON.stringify({ title: "In R2" }));
		const empty = counted(null);
		const contents = { CONTENT: testEnv.CONTENT, CONTENT_CACHE: empty.store };
		for (let n = 0; n < 2; n++) expect(await readContent(contents, hashOf("a"))).toEqual({ title: "In R2" });
		expect([empty.gets, empty.puts]).toEqual([[hashOf("a")], [hashOf("a")]]);
		const near = counted(JSON.stringify({ title: "Near" }));
		const untouched = { get: () => expect.unreachable("R2 was read") } as unknown as R2Bucket;
		expect(await readContent({ CONTENT: untouched, CONTENT_CACHE: near.store }, hashOf("b"))).toEqual({
			title: "Near",
		});
		expect(near.puts).toEqual([]);
	});

	test("a key-value store that fails is passed by", async () => {
		const warnings = vi.spyOn(console, "warn").mockImplementation(() => {});
		await testEnv.CONTENT.put(hashOf("c"), JSON.stringify({ title: "Still there" }));
		const broken = counted(new Error("down"));
		const contents = { CONTENT: testEnv.CONTENT, CONTENT_CACHE: broken.store };
		expect(await readContent(contents, hashOf("c"))).toEqual({ title: "Still there" });
		expect(warnings).toHaveBeenCalledTimes(2);
	});

	test("over HTTP it is in the store before anybody reads it, and a location remembers for a minute what the store said", async () => {
		const author = await newClient();
		const reads = vi.spyOn(testEnv.CONTENT, "get");
		const near = vi.spyOn(testEnv.CONTENT_CACHE, "get");
		const created = await author.post("/v1/users/me/quizzes", titled(`Early ${author.user}`));
		await author.put(
			`/v1/users/me/quizzes/${created.body.id}/publication`,
			{ visibility: "public" },
			{ Prefer: "wait=20" },
		);
		expect((await author.get(`/v1/quizzes/${created.body.id}`)).status).toBe(200);
		expect(reads).not.toHaveBeenCalled();
		expect(near.mock.calls.map(([, options]) => options)).toEqual([{ type: "text", cacheTtl: 60 }]);
		vi.restoreAllMocks();
	});

	test("over HTTP it ends up in the store under its hash", async () => {
		const author = await newClient();
		const quiz = await publishedQuiz(author, titled(`Kept ${author.user}`));
		const query = testEnv.CATALOG.prepare("SELECT version FROM quizzes WHERE id = ?").bind(quiz);
		const hash = (await query.first<string>("version")) ?? "";
		expect(JSON.parse((await testEnv.CONTENT_CACHE.get(hash)) ?? "null").title).toBe(`Kept ${author.user}`);
	});
});
