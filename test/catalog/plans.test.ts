import { runInDurableObject } from "cloudflare:test";
import { expect, test, vi } from "vitest";
import { refreshPopularity } from "../../src/catalog/reactions/popularity.ts";
import { clearAhead, holdAt, readAhead } from "../../src/catalog/replication/ahead.ts";
import {
	acknowledgeDead,
	countDead,
	listDeadLetters,
	listOnceUnknown,
} from "../../src/catalog/replication/dead-letters.ts";
import { listDeadMessages } from "../../src/catalog/replication/dead-messages.ts";
import { readLag } from "../../src/catalog/replication/lagging.ts";
import { FACETS } from "../../src/catalog/search/facets.ts";
import { listQuery, MATCHES_NEWEST, matchesQuery } from "../../src/catalog/search/lists.ts";
import { RANKED } from "../../src/catalog/search/ranking.ts";
import { RELATED } from "../../src/catalog/search/related.ts";
import { MEDIA_FRESH_MS } from "../../src/domain/media/limits.ts";
import { purgeMedia } from "../../src/ops/media-purge.ts";
import { type Client, caughtUp, deliver, newClient, publishedQuiz, quizDocument, testEnv } from "../lib/harness.ts";
import { uploaded } from "../lib/images.ts";

/**
 * No statement scans a table that grows. The statements are recorded while the product does everything that it does, so
 * that a new one cannot be forgotten, and each is explained by the engine that ran it.
 */

/** Tables with at most one row, and the engine's own. */
const SMALL = new Set([
	"shard",
	"publisher",
	"account",
	"media_totals",
	"migrations",
	"sqlite_schema",
	"sqlite_master",
]);
/** A row that comes from no table: "SCAN CONSTANT ROW". */
const NO_TABLE = "CONSTANT";
/** Reads of a whole table in the order of its key that stop after a bounded number of rows. */
const BOUNDED = /LIMIT/i;
/** A partial unique index: it holds the one rebuild that is under way. */
const AT_MOST_ONE_ROW = "USING INDEX rebuild_under_way";
/** What is behind, ahead or dead at this moment is looked at up to a number of rows, and there is none where all is well. */
const COUNTED =
	/FROM lagging ORDER BY user_id LIMIT \?2\) AS l\s|FROM lagging LIMIT 1 OFFSET \?$|FROM \(SELECT 1 FROM dead_letters LIMIT \?1\)|FROM rows_ahead ORDER BY user_id LIMIT \d+\)/s;
const COUNTS_QUIZZES_OF_ONE_USER = "SELECT count(*) AS n FROM quizzes";

interface PlanRow {
	detail: string;
}

function scansOf(plan: PlanRow[]): string[] {
	// What one part of a statement makes, and whose own plan is here too, another part goes through.
	const within = plan.flatMap(({ detail }) => /^(?:CO-ROUTINE|MATERIALIZE) (\w+)/.exec(detail)?.[1] ?? []);
	return plan
		.filter(({ detail }) => !detail.includes("VIRTUAL TABLE") && !detail.includes(AT_MOST_ONE_ROW))
		.map(({ detail }) => /^SCAN (\w+)/.exec(detail)?.[1] ?? null)
		.filter(
			(table): table is string => table !== null && !SMALL.has(table) && !within.includes(table) && table !== NO_TABLE,
		);
}

async function planOf(query: string, prepare: D1Database["prepare"]): Promise<PlanRow[]> {
	const numbered = [...query.matchAll(/\?(\d+)/g)].map(([, number]) => Number(number));
	const count = Math.max(0, ...numbered, query.match(/\?(?!\d)/g)?.length ?? 0);
	const statement = prepare(`EXPLAIN QUERY PLAN ${query}`);
	const { results } = await (count === 0 ? statement : statement.bind(...Array(count).fill("[]"))).all<PlanRow>();
	return results;
}

/** Everything that authors do; at its end the quiz is published as it was. */
async function authoring(author: Client, quiz: string): Promise<void> {
	const at = (rest: string) => `/v1/users/me/quizzes${rest}`;
	for (const query of ["?status=review", "?deleted=true"]) await author.get(at(query));
	for (const rest of ["/versions", "/versions/1", "/versions/1/diff"]) await author.get(at(`/${quiz}${rest}`));
	await author.post(at(`/${quiz}/versions/1/restoration`), undefined, { "If-Match": "*" });
	await author.put(at(`/${quiz}/slug`), { slug: "another" });
	const { body: copy } = await author.post(at(`/${quiz}/duplication`));
	await author.put(at(`/${copy.id}/publication`), { visibility: "public" });
	for (const status of ["archived", "draft", "review"]) await author.put(at(`/${copy.id}/status`), { status });
	await author.request("DELETE", at(`/${copy.id}`));
	expect((await author.post(at(`/${copy.id}/undeletion`), undefined, { Prefer: "wait=20" })).status).toBe(200);
}

async function exerciseSharing(author: Client, quiz: string, other: Client) {
	const collections = "/v1/users/me/collections";
	const { body: collection } = await author.post(collections, { title: "One", quizzes: [quiz], visibility: "public" });
	await author.put(`${collections}/${collection.id}`, { title: "Two", quizzes: [quiz] }, { "If-Match": "*" });
	for (const path of ["", `/${collection.id}`]) expect((await author.get(collections + path)).status).toBe(200);
	const shares = `/v1/users/me/quizzes/${quiz}/shares`;
	for (const access of ["view", "attempt", "copy", "edit"]) {
		const { body: share } = await author.post(shares, { access });
		await other.get(`/v1/shares/${share.code}`);
		expect((await other.post(`/v1/shares/${share.code}/redemption`)).status).toBe(200);
		if (access === "view") await author.request("DELETE", `${shares}/${share.id}`);
	}
	await author.get(shares);
	await author.put(`/v1/users/me/quizzes/${quiz}/publication`, { visibility: "private" }, { Prefer: "wait=20" });
	await other.get(`/v1/quizzes/${quiz}`);
	await other.post("/v1/users/me/attempts", { quiz, answers: {} });
	await other.put(`/v1/users/${author.user}/quizzes/${quiz}`, quizDocument("Edited"), { "If-Match": "*" });
	await caughtUp(author);
	for (const path of ["", `/${collection.id}`]) await author.get(`/v1/collections${path}`);
	await author.request("DELETE", `${collections}/${collection.id}`, { headers: { Prefer: "wait=20" } });
}

/** What consumers, the schedule and an operator ask after rows and messages that could not be applied. */
async function afterTrouble(): Promise<void> {
	const db = testEnv.CATALOG;
	await holdAt(db, [{ user: "usr_ahead", seq: 1, needs: "reader 2" }], 1);
	await readAhead(db);
	await clearAhead(db);
	await readLag(db);
	await countDead(db);
	await listOnceUnknown(db, ["shard.opened"], 1, 1);
	await listDeadLetters(db, { after: null }, 1);
	await listDeadMessages(db, null, 1);
	await acknowledgeDead(db, 1, 1);
}

async function exercise() {
	const author = await newClient();
	const quiz = await publishedQuiz(author);
	await author.get(`/v1/users/me/quizzes/${quiz}`);
	await author.get("/v1/users/me/quizzes");
	await authoring(author, quiz);
	const taker = await newClient();
	const { body: attempt } = await taker.post("/v1/users/me/attempts", { quiz, answers: { "1": 0 } });
	for (const path of ["", `/${attempt.id}`, `?quiz=${quiz}`]) await taker.get(`/v1/users/me/attempts${path}`);
	await taker.post("/v1/users/me/credits/grants", { amount: 9, kind: "bonus" });
	for (const end of ["settlement", "release"]) {
		const { body: hold } = await taker.post("/v1/users/me/credits/holds", { amount: 3 });
		await taker.get(`/v1/users/me/credits/holds/${hold.id}`);
		await taker.post(`/v1/users/me/credits/holds/${hold.id}/${end}`, end === "release" ? {} : { amount: 1 });
	}
	await taker.put("/v1/users/me/credits/plan", { tier: "pro", amount: 5, anchor_day: 1 });
	const { body: lot } = await taker.post("/v1/users/me/credits/grants", { amount: 1, kind: "bonus" });
	await taker.post(`/v1/users/me/credits/lots/${lot.id}/void`, {});
	for (const list of ["", "/holds", "/holds?status=held", "/entries"]) await taker.get(`/v1/users/me/credits${list}`);
	await taker.get("/v1/users/me/log?after=1");
	await caughtUp(taker);
	await taker.get("/v1/quizzes");
	for (const query of ["by=day", "by=model", `by=day&user=${taker.user}`]) {
		expect((await taker.get(`/v1/analytics/ai-usage?${query}`)).status).toBe(200);
	}
	for (const path of ["", "/statistics", "/related"]) await taker.get(`/v1/quizzes/${quiz}${path}`);
	for (const slug of ["another", "another~0000000000"]) await author.get(`/v1/slugs/${slug}`);
	await exerciseSharing(author, quiz, taker);
	for (const query of [
		"sort=popular",
		"sort=rating",
		"sort=title",
		"q=quiz",
		"q=-quiz",
		"q=quizz",
		"q=quiz&sort=title",
		"tag=test&facets=true",
	]) {
		expect((await taker.get(`/v1/quizzes?${query}`)).status).toBe(200);
	}
	for (const method of ["PUT", "DELETE", "PUT"]) {
		for (const kind of ["favorites", "likes"]) await taker.request(method, `/v1/users/me/${kind}/${quiz}`);
	}
	for (const kind of ["favorites", "likes"]) await taker.get(`/v1/users/me/${kind}`);
	await caughtUp(taker);
	await refreshPopularity(testEnv.CATALOG);
	await author.request("DELETE", `/v1/users/me/quizzes/${quiz}/publication`, { headers: { Prefer: "wait=20" } });
	const media = await uploaded(author);
	const { body: illustrated } = await author.post("/v1/users/me/quizzes", { ...quizDocument(), thumbnail: media });
	await author.put(`/v1/users/me/quizzes/${illustrated.id}`, quizDocument(), { "If-Match": "*" });
	await author.get("/v1/users/me/media");
	await author.request("DELETE", `/v1/users/me/media/${media}`);
	await caughtUp(author);
	await purgeMedia(testEnv, Date.now() + 2 * MEDIA_FRESH_MS);
	await author.get(`/v1/media/${media}`);
	const poison = [{ seq: 1 }];
	await deliver([{ v: 1, shard: "usr_poison", first: 1, last: 1, hash: "0".repeat(64), rows: poison }]);
	await afterTrouble();
	return { taker, author };
}

test("no statement on the catalog scans a table that grows", async () => {
	const recorded = new Set<string>();
	const prepare = testEnv.CATALOG.prepare.bind(testEnv.CATALOG);
	const withSession = testEnv.CATALOG.withSession.bind(testEnv.CATALOG);
	const spies = [
		vi.spyOn(testEnv.CATALOG, "prepare").mockImplementation((query) => {
			recorded.add(query);
			return prepare(query);
		}),
		vi.spyOn(testEnv.CATALOG, "withSession").mockImplementation((constraint) => {
			const session = withSession(constraint);
			const prepareInSession = session.prepare.bind(session);
			session.prepare = (query) => {
				recorded.add(query);
				return prepareInSession(query);
			};
			return session;
		}),
	];
	await exercise();
	for (const spy of spies) spy.mockRestore();
	expect(recorded.size).toBeGreaterThanOrEqual(29);
	for (const query of recorded) {
		if (COUNTED.test(query)) continue;
		const results = await planOf(query, prepare);
		expect(scansOf(results), `${query}\n${results.map((row) => row.detail).join("\n")}`).toEqual([]);
	}
});

test.each([
	["newest", "quizzes_newest", "(published_at,id)<(?,?)"],
	["popular", "quizzes_popular", "(popularity,id)<(?,?)"],
	["rating", "quizzes_rated", "(rating,id)<(?,?)"],
	["title", "quizzes_titled", "(title_key,id)>(?,?)"],
] as const)(
	"the list of quizzes in the order %s searches its index once for each audience",
	async (sort, index, range) => {
		const results = await planOf(listQuery(sort), testEnv.CATALOG.prepare.bind(testEnv.CATALOG));
		const search = `SEARCH quizzes USING INDEX ${index} (audience=? AND ${range})`;
		expect(results.filter(({ detail }) => detail === search)).toHaveLength(3);
	},
);

test.each([
	["by relevance", RANKED],
	["newest first", MATCHES_NEWEST],
	["in another order", matchesQuery("popular")],
	["counted", FACETS],
	["related", RELATED],
])(
	"what matches, %s, comes from a full-text index between two places, and its quizzes by their keys",
	async (_, query) => {
		const details = (await planOf(query, testEnv.CATALOG.prepare.bind(testEnv.CATALOG))).map(({ detail }) => detail);
		const searches = details.filter(
			(detail) => detail.includes("VIRTUAL TABLE") && /\bsearch_(public|closed)\b/.test(detail),
		);
		expect(searches.length).toBeGreaterThanOrEqual(5);
		// M is the expression, and < and > are bounds of rowid, as FTS5 describes what it was asked.
		for (const search of searches)
			expect(search).toMatch(/^SCAN search_(public|closed) VIRTUAL TABLE INDEX \d+:(?=.*M)/);
		for (const table of ["p", "q"]) expect(details.join("\n")).toMatch(new RegExp(`^SEARCH ${table} USING `, "m"));
		expect(details.join("\n")).not.toMatch(/^SCAN (p|t|q|quizzes|quiz_texts|search_places)$/m);
	},
);

test("no statement of a shard scans a table that grows", async () => {
	const recorded = new Set<string>();
	const { taker, author } = await exercise();
	for (const client of [taker, author]) {
		await runInDurableObject(client.shard(), (_, state) => {
			const sql = state.storage.sql;
			const exec = sql.exec.bind(sql);
			vi.spyOn(sql, "exec").mockImplementation((query, ...bindings) => {
				recorded.add(query);
				return exec(query, ...bindings) as never;
			});
		});
	}
	const quiz = await publishedQuiz(author);
	await taker.post("/v1/users/me/attempts", { quiz, answers: {} });
	for (const path of ["attempts", `attempts?quiz=${quiz}`, "credits", "credits/entries", "credits/holds", "log"]) {
		expect((await taker.get(`/v1/users/me/${path}`)).status).toBe(200);
	}
	for (const method of ["PUT", "DELETE"]) await taker.request(method, `/v1/users/me/favorites/${quiz}`);
	expect((await taker.get("/v1/users/me/favorites")).status).toBe(200);
	const media = await uploaded(author);
	const { body: illustrated } = await author.post("/v1/users/me/quizzes", { ...quizDocument(), thumbnail: media });
	await author.put(`/v1/users/me/quizzes/${illustrated.id}`, quizDocument(), { "If-Match": "*" });
	await uploaded(author);
	await author.request("DELETE", `/v1/users/me/media/${media}`);
	for (const path of ["quizzes", `quizzes/${quiz}`, "media"]) await author.get(`/v1/users/me/${path}`);
	await authoring(author, quiz);
	await runInDurableObject(author.shard(), (instance) => instance.alarm());
	await exerciseSharing(author, quiz, taker);
	const { body: hold } = await taker.post("/v1/users/me/credits/holds", { amount: 1 });
	await taker.post(`/v1/users/me/credits/holds/${hold.id}/extension`, { ttl_s: 900 });
	await taker.post(`/v1/users/me/credits/holds/${hold.id}/settlement`, { amount: 1 });
	await taker.post(`/v1/users/me/credits/holds/${hold.id}/refund`, {});
	expect((await taker.get("/v1/users/me/credits?as_of=1")).status).toBe(200);
	expect(recorded.size).toBeGreaterThanOrEqual(45);
	await runInDurableObject(taker.shard(), (_, state) => {
		vi.restoreAllMocks();
		for (const query of recorded) {
			if (query === COUNTS_QUIZZES_OF_ONE_USER || BOUNDED.test(query)) continue;
			const numbered = [...query.matchAll(/\?(\d+)/g)].map(([, number]) => Number(number));
			const count = Math.max(0, ...numbered, query.match(/\?(?!\d)/g)?.length ?? 0);
			const bindings = Array.from({ length: count }, () => 0);
			const plan = state.storage.sql.exec(`EXPLAIN QUERY PLAN ${query}`, ...bindings).toArray();
			const rows = plan.map((row) => ({ detail: String(row.detail) }));
			// max(seq) is answered from the end of the key.
			if (/^SELECT max\(seq\)/.test(query)) continue;
			expect(scansOf(rows), query).toEqual([]);
		}
	});
});
