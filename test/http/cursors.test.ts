import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { cursorKeys, openCursor, sealCursor } from "../../src/domain/cursors.ts";
import { CURSOR_CHARS_MAX } from "../../src/domain/limits.ts";
import { DIGEST_PAGE_ROWS } from "../../src/domain/log/limits.ts";
import { TITLE_KEY_CHARS_MAX } from "../../src/domain/search/limits.ts";
import {
	type Answer,
	type Client,
	call,
	EVERY_SCOPE,
	expectProblem,
	newClient,
	publishedQuiz,
	quizDocument,
	testEnv,
} from "../lib/harness.ts";
import { png, uploaded } from "../lib/images.ts";

/** Cursors of lists are sealed: they say nothing, and each is good for one list, its filters, and one reader. */

const keys = cursorKeys("a secret of the deployment, for tests only");

describe("a sealed cursor", () => {
	test("gives back the position for just what it is bound to, and is always the same", () => {
		fc.assert(
			fc.property(fc.string(), fc.string(), fc.jsonValue(), (bound, other, position) => {
				const cursor = sealCursor(keys, bound, position);
				expect(cursor).toBe(sealCursor(keys, bound, position));
				expect(openCursor(keys, bound, cursor)).toEqual({ position: JSON.parse(JSON.stringify(position)) });
				if (other !== bound) expect(openCursor(keys, other, cursor)).toBeNull();
				expect(openCursor(cursorKeys("another secret of the same length, tests"), bound, cursor)).toBeNull();
			}),
		);
	});

	test("with any bit changed, cut short or made longer is none", () => {
		const cursor = Buffer.from(sealCursor(keys, "list", ["newest", 5, "quz_x"]), "base64url");
		for (let bit = 0; bit < cursor.length * 8; bit++) {
			const changed = Buffer.from(cursor);
			changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
			expect(openCursor(keys, "list", changed.toString("base64url"))).toBeNull();
		}
		for (let length = 0; length < cursor.length; length++)
			expect(openCursor(keys, "list", cursor.subarray(0, length).toString("base64url"))).toBeNull();
		expect(openCursor(keys, "list", Buffer.concat([cursor, Buffer.of(0)]).toString("base64url"))).toBeNull();
		expect(openCursor(keys, "list", `${cursor.toString("base64url")}=`)).toBeNull();
	});

	test("is as long for a small number as for a large one, and short enough to come back", () => {
		const lengthOf = (position: unknown) => sealCursor(keys, "list", position).length;
		expect(lengthOf(["number", 1])).toBe(lengthOf(["number", 1_000_000]));
		const longest = ["title", "東".repeat(TITLE_KEY_CHARS_MAX), "quz_0000000205m5t8cfgq3nkw7r"];
		expect(lengthOf(longest)).toBeLessThanOrEqual(CURSOR_CHARS_MAX);
	});
});

/** Every list, by its path in the document; each has at least two items of the client's. */
type Lists = Record<string, string[]>;

async function everyList(client: Client): Promise<Lists> {
	const me = "/v1/users/me";
	const quizzes = [
		await publishedQuiz(client, quizDocument("Cursor one")),
		await publishedQuiz(client, quizDocument("Cursor two")),
	];
	const [quiz = ""] = quizzes;
	for (const id of quizzes) {
		await client.post(`${me}/attempts`, { quiz, answers: {} });
		for (const kind of ["favorites", "likes"]) await client.put(`${me}/${kind}/${id}`);
		await client.post(`${me}/quizzes/${quiz}/shares`, { access: "view" });
		await client.post(`${me}/credits/grants`, { amount: 5, kind: "bonus" });
		await client.post(`${me}/credits/holds`, { amount: 1 });
		await client.post(`${me}/collections`, { title: "Cursors", quizzes, visibility: "public" });
		await testEnv.CATALOG.prepare("INSERT INTO dead_letters (user_id, seq, error, row, at) VALUES (?, 1, '', '', 1)")
			.bind(`usr_cursor_${id}`)
			.run();
		await testEnv.CATALOG.prepare("INSERT INTO dead_messages (at, id, reason, body) VALUES (1, ?, '', '')")
			.bind(id)
			.run();
	}
	await client.put(`${me}/quizzes/${quiz}`, quizDocument("Cursor again"), { "If-Match": "*" });
	for (const text of ["one", "two"]) await uploaded(client, png(2, 2, text));
	await testEnv.CATALOG.prepare(
		`INSERT INTO dead_letters (user_id, seq, error, row, at)
		SELECT 'usr_redriven', value, '', '', 1 FROM json_each(?)`,
	)
		.bind(JSON.stringify(Array.from({ length: DIGEST_PAGE_ROWS }, (_, n) => n + 1)))
		.run();
	const again = { visibility: "public" };
	await client.put(`${me}/quizzes/${quiz}/publication`, again, { Prefer: "wait=20" });
	const searched = ["q=cursor", "q=cursor&sort=title", "q=cursor&sort=newest", "tag=test", "sort=title", "sort=newest"];
	return {
		"/v1/users/{user}/attempts": [`${me}/attempts`, `${me}/attempts?quiz=${quiz}`],
		"/v1/users/{user}/quizzes": [`${me}/quizzes`, `${me}/quizzes?status=published`],
		"/v1/users/{user}/quizzes/{quiz}/versions": [`${me}/quizzes/${quiz}/versions`],
		"/v1/users/{user}/quizzes/{quiz}/shares": [`${me}/quizzes/${quiz}/shares`],
		"/v1/users/{user}/media": [`${me}/media`],
		"/v1/users/{user}/credits/holds": [`${me}/credits/holds`, `${me}/credits/holds?status=held`],
		"/v1/users/{user}/credits/entries": [`${me}/credits/entries`],
		"/v1/users/{user}/favorites": [`${me}/favorites`],
		"/v1/users/{user}/likes": [`${me}/likes`],
		"/v1/users/{user}/collections": [`${me}/collections`],
		"/v1/collections": ["/v1/collections"],
		"/v1/quizzes": searched.map((query) => `/v1/quizzes?${query}`),
		"/v1/admin/dead-letters": ["/v1/admin/dead-letters"],
		"/v1/admin/dead-messages": ["/v1/admin/dead-messages"],
		"/v1/admin/replication/digest": ["/v1/admin/replication/digest?table=dead_letters"],
	};
}

describe("the cursors of every list", () => {
	let client: Client;
	let lists: Lists;
	const pages = new Map<string, string>();
	const withQuery = (list: string, parameters: string) => `${list}${list.includes("?") ? "&" : "?"}${parameters}`;
	/** Pages of one item; a page of a digest has the size that it has. */
	const short = (list: string) => (list.includes("/digest") ? list : withQuery(list, "limit=1"));
	const firstPage = (reader: Client, list: string): Promise<Answer> => reader.get(short(list));
	const nextPage = (reader: Client, list: string, cursor: string): Promise<Answer> =>
		reader.get(withQuery(short(list), `cursor=${cursor}`));

	beforeAll(async () => {
		client = await newClient({ scope: EVERY_SCOPE });
		lists = await everyList(client);
		for (const list of Object.values(lists).flat()) {
			const { status, body } = await firstPage(client, list);
			expect([list, status, typeof body.next_cursor]).toEqual([list, 200, "string"]);
			pages.set(list, body.next_cursor);
		}
	});

	/** Alarms are raised for them, and other tests look at the same catalog. */
	afterAll(async () => {
		await testEnv.CATALOG.batch([
			testEnv.CATALOG.prepare("DELETE FROM dead_letters WHERE row = '' AND user_id GLOB 'usr_*'"),
			testEnv.CATALOG.prepare("DELETE FROM dead_messages WHERE body = '' AND id GLOB 'quz_*'"),
		]);
	});

	test("are all looked at: the document has no list that is not among them", async () => {
		const { paths } = (await call("/openapi.json")).body;
		const hasCursor = ({ get }: { get?: { parameters?: { name: string }[] } }) =>
			get?.parameters?.some(({ name }) => name === "cursor");
		// Lists of tenants are paged in test/http/tenants.test.ts, api-keys.test.ts and audit.test.ts.
		const isOfTenants = (path: string) => path.startsWith("/v1/tenants/") || path === "/v1/admin/audit";
		const listed = Object.keys(paths).filter((path) => hasCursor(paths[path]) && !isOfTenants(path));
		expect(listed.sort()).toEqual(Object.keys(lists).sort());
	});

	test("lead to the next page, are refused by every other list, and hold nothing that can be read", async () => {
		for (const [list, cursor] of pages) {
			const next = await nextPage(client, list, cursor);
			expect([list, next.status, next.body.items?.length ?? 1]).toEqual([list, 200, 1]);
			expect(Buffer.from(cursor, "base64url").toString("latin1")).not.toMatch(/quz_|usr_|newest|title|relevance/);
			for (const other of pages.keys()) {
				if (other === list) continue;
				const answer = await nextPage(client, other, cursor);
				expect([list, other, answer.status]).toEqual([list, other, 400]);
				expectProblem(answer, "invalid-request", ["/cursor"]);
			}
		}
	});

	test("are refused when somebody else brings them, and taken however the list of the same user is called", async () => {
		const stranger = await newClient({ tenant: client.tenant, scope: EVERY_SCOPE });
		for (const [list, cursor] of pages) {
			const answer = await nextPage(stranger, list, cursor);
			// Of lists that the stranger does not have there is nothing to be said about cursors.
			if (answer.status !== 404) expectProblem(answer, "invalid-request", ["/cursor"]);
			const named = list.replace("/users/me/", `/users/${client.user}/`);
			expect([list, (await nextPage(client, named, cursor)).status]).toEqual([list, 200]);
		}
	});

	test("of a re-drive are bound to what is driven again", async () => {
		const again = (body: object) => client.post("/v1/admin/dead-letters/redrive", body);
		const first = await again({ user: "usr_redriven" });
		expect(typeof first.body.next_cursor).toBe("string");
		expectProblem(await again({ user: client.user, cursor: first.body.next_cursor }), "invalid-request", ["/cursor"]);
		expect((await again({ user: "usr_redriven", cursor: first.body.next_cursor })).status).toBe(200);
	});
});
