import { runInDurableObject } from "cloudflare:test";
import { describe, expect, it } from "vitest";
import { CONTENT_BYTES_PER_USER_MAX, VERSIONS_PER_QUIZ_MAX } from "../../src/domain/quizzes/limits.ts";
import type { QuizDocument } from "../../src/domain/quizzes/quiz.ts";
import { type Client, expectProblem, newClient, publishedQuiz, runnerOf } from "../lib/harness.ts";
import { CLOSED, OF_USERS, type Operation, send, type Things, userWithThings } from "../lib/operations.ts";

/**
 * Bytes that a shard grows by are at most k times the bytes sent, and a constant for the rows of the log and the table, for every
 * operation. What stores a content that was sent before is named here, and has a limit of its own.
 */

const STORED_PER_BYTE_SENT_MAX = 4;
const STORED_PER_REQUEST_MAX = 4_000;

/** So great that a copy of it, or of a text of a hold, cannot be overlooked. */
const TEXT = "t".repeat(20_000);
const content = (title: string): QuizDocument => ({
	title,
	subjects: [
		{
			name: "all",
			questions: Array.from({ length: 20 }, (_, i) => ({
				id: i + 1,
				question: `${i} ${"q".repeat(3_000)}`,
				options: ["a", "b"],
				correctAnswer: 0,
			})),
		},
	],
});
const CONTENT_BYTES = JSON.stringify(content("")).length;

/** What may be stored beyond the bytes sent, and why it cannot be repeated without end. */
const COPIES: Record<string, number> = {
	// A version, and what is searched of it: VERSIONS_PER_QUIZ_MAX, CONTENT_BYTES_PER_USER_MAX.
	"PUT /v1/users/{user}/quizzes/{quiz}/publication": CONTENT_BYTES + 22_000,
	// A draft: QUIZZES_PER_USER_MAX, CONTENT_BYTES_PER_USER_MAX.
	"POST /v1/users/{user}/quizzes/{quiz}/duplication": CONTENT_BYTES,
	// The draft, of which there is one, in place of a shorter one.
	"POST /v1/users/{user}/quizzes/{quiz}/versions/{n}/restoration": CONTENT_BYTES,
};

/** The sum of the lengths of all values of all tables. */
function bytesOf(client: Client): Promise<number> {
	return runInDurableObject(client.shard(), (_, { storage: { sql } }) => {
		const tables = sql.exec<{ name: string }>(
			"SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE '\\_cf\\_%' ESCAPE '\\'",
		);
		return tables.toArray().reduce((sum, { name }) => {
			const columns = sql.exec<{ name: string }>("SELECT name FROM pragma_table_info(?)", name).toArray();
			const lengths = columns.map((column) => `ifnull(octet_length("${column.name}"), 0)`).join(" + ");
			return sum + Number(sql.exec(`SELECT ifnull(sum(${lengths}), 0) AS bytes FROM "${name}"`).one().bytes);
		}, 0);
	});
}

const CHANGING = CLOSED.filter(({ method, path }) => method !== "GET" && !path.startsWith("/v1/admin"));
/** What ends a thing comes last, in this order. */
const ENDS = [/\/settlement$/, /\/refund$/, /\/undeletion$/, /^DELETE .*\/publication$/, /\/status$/, /^DELETE /];
const rank = ({ name }: Operation) => ENDS.findIndex((end) => end.test(name));

describe("a shard grows by no more than a few times what was sent", () => {
	/** A user with one of everything, and all of it great. */
	async function userWithGreatThings(): Promise<Things & { released: string }> {
		const a = await userWithThings();
		const { client } = a;
		const quiz = await publishedQuiz(client, content("Great"), "private");
		const share = await client.post(`/v1/users/me/quizzes/${quiz}/shares`, { access: "copy" });
		const texts = { prompt: TEXT, conversation: [{ role: "user", content: TEXT }] };
		const hold = await client.post("/v1/users/me/credits/holds", { amount: 10, ...texts });
		const released = await client.post("/v1/users/me/credits/holds", { amount: 1, ...texts });
		// Another content in the draft than in the version, so that a restoration does something.
		await client.put(`/v1/users/me/quizzes/${quiz}`, content("Draft"), { "If-Match": "*" });
		const ids = { quiz, share: share.body.id, code: share.body.code, hold: hold.body.id };
		return { ...a, ...ids, released: released.body.id };
	}

	it("by any operation, however often it is repeated under new keys", async () => {
		const a = await userWithGreatThings();
		const operations = CHANGING.filter((operation) => OF_USERS.includes(operation)).sort(
			(one, two) => rank(one) - rank(two),
		);
		const tooMuch: string[] = [];
		for (const operation of operations) {
			const sent = JSON.stringify(operation.body?.(a) ?? "").length + (operation.image?.().length ?? 0);
			const most = STORED_PER_REQUEST_MAX + STORED_PER_BYTE_SENT_MAX * sent + (COPIES[operation.name] ?? 0);
			for (let n = 1; n <= 3; n++) {
				await operation.before?.(a);
				const before = await bytesOf(a.client);
				// A hold ends once.
				const things = operation.path.endsWith("/release") ? { ...a, hold: a.released } : a;
				const { status } = await send(a.client, operation, things, "me");
				// What is gone, or at its end, the second time: the first time each does something.
				const isOver = n > 1 && (status === 409 || (operation.method === "DELETE" && status === 404));
				expect(status < 300 || isOver, `${operation.name}: ${status}`).toBe(true);
				const grown = (await bytesOf(a.client)) - before;
				if (grown > most) tooMuch.push(`${operation.name}, time ${n}: ${grown} of ${most} for ${sent}`);
			}
		}
		expect(tooMuch).toEqual([]);
	});

	it("by a redemption, in the owner's shard and in the visitor's, which gets the copy once", async () => {
		const owner = await newClient();
		const quiz = await publishedQuiz(owner, content("Shared"), "private");
		const { code } = (await owner.post(`/v1/users/me/quizzes/${quiz}/shares`, { access: "copy" })).body;
		const visitor = await newClient();
		for (let n = 0; n < 3; n++) {
			const before = [await bytesOf(owner), await bytesOf(visitor)] as const;
			expect((await visitor.post(`/v1/shares/${code}/redemption`)).status).toBe(200);
			const [owners, visitors] = [(await bytesOf(owner)) - before[0], (await bytesOf(visitor)) - before[1]];
			expect(owners).toBeLessThanOrEqual(n === 0 ? STORED_PER_REQUEST_MAX : 0);
			expect(visitors).toBeLessThanOrEqual(n === 0 ? STORED_PER_REQUEST_MAX + CONTENT_BYTES : 0);
		}
	});

	it("by restorations, each under a key of its own: the draft is there once, and each retry is answered as the first was", async () => {
		const client = await newClient();
		const quiz = await publishedQuiz(client, content("One"), "private");
		const path = `/v1/users/me/quizzes/${quiz}`;
		await client.put(path, content("Two"), { "If-Match": "*" });
		await client.put(`${path}/publication`, { visibility: "private" });
		const before = await bytesOf(client);
		const answers: [string, string, string][] = [];
		for (let n = 0; n < 10; n++) {
			const [version, key] = [`${1 + (n % 2)}`, crypto.randomUUID()];
			const headers = { "If-Match": "*", "Idempotency-Key": key };
			const { status, text } = await client.post(`${path}/versions/${version}/restoration`, undefined, headers);
			expect(status).toBe(200);
			answers.push([version, key, text]);
		}
		expect((await bytesOf(client)) - before).toBeLessThanOrEqual(10 * STORED_PER_REQUEST_MAX);
		for (const [version, key, text] of answers) {
			const headers = { "If-Match": "*", "Idempotency-Key": key };
			expect((await client.post(`${path}/versions/${version}/restoration`, undefined, headers)).text).toBe(text);
		}
	});
});

describe("a retry is answered as the first was, though the answer is not kept whole", () => {
	const once = () => ({ "Idempotency-Key": crypto.randomUUID() });

	it("for a draft that has been replaced since, and for duplicates of a version and of a draft", async () => {
		const client = await newClient();
		const used = once();
		const first = await client.post("/v1/users/me/quizzes", content("First"), used);
		const path = `/v1/users/me/quizzes/${first.body.id}`;
		await client.put(`${path}/publication`, { visibility: "private" });
		const [ofVersion, ofDraft] = [once(), once()];
		const versions = await client.post(`${path}/duplication`, { version_number: 1 }, ofVersion);
		const drafts = await client.post(`${path}/duplication`, {}, ofDraft);
		await client.put(path, content("Second"), { "If-Match": "*" });
		expect((await client.post("/v1/users/me/quizzes", content("First"), used)).text).toBe(first.text);
		await client.put(`/v1/users/me/quizzes/${versions.body.id}`, content("Third"), { "If-Match": "*" });
		expect((await client.post(`${path}/duplication`, { version_number: 1 }, ofVersion)).text).toBe(versions.text);
		expect((await client.post(`${path}/duplication`, {}, ofDraft)).text).toBe(drafts.text);
		// The content of this one is nowhere any more.
		await client.put(`/v1/users/me/quizzes/${drafts.body.id}`, content("Fourth"), { "If-Match": "*" });
		const now = await client.get(`/v1/users/me/quizzes/${drafts.body.id}`);
		expect((await client.post(`${path}/duplication`, {}, ofDraft)).body).toEqual(now.body);
	});

	it("for a hold with its texts, before and after it was settled with others", async () => {
		const client = await newClient();
		await client.post("/v1/users/me/credits/grants", { amount: 9, kind: "bonus" });
		const [reserve, extend, settle] = [once(), once(), once()];
		const said = (content: string) => ({ conversation: [{ role: "user", content }] });
		const hold = { amount: 3, prompt: "About", ...said("begun") };
		const first = await client.post("/v1/users/me/credits/holds", hold, reserve);
		const path = `/v1/users/me/credits/holds/${first.body.id}`;
		const longer = await client.post(`${path}/extension`, { ttl_s: 5_000 }, extend);
		expect((await client.post(`${path}/extension`, { ttl_s: 5_000 }, extend)).text).toBe(longer.text);
		const end = { amount: 1, ...said("ended") };
		const settled = await client.post(`${path}/settlement`, end, settle);
		expect((await client.post("/v1/users/me/credits/holds", hold, reserve)).text).toBe(first.text);
		expect((await client.post(`${path}/settlement`, end, settle)).text).toBe(settled.text);
	});
});

/** `"nonce":"…",` in front of the rest. */
const NONCE_BYTES = 64;

describe("contents have limits", () => {
	/** As if the user's contents had so many bytes. */
	const taken = (client: Client, bytes: number) =>
		runInDurableObject(client.shard(), (instance) => {
			const { stores } = runnerOf(instance);
			stores.room.bytes = () => bytes;
		});

	it("of all drafts and versions of a user: what would be more is refused, what becomes shorter is not", async () => {
		const client = await newClient();
		const document = content("Whole");
		const { id } = (await client.post("/v1/users/me/quizzes", document)).body;
		const stored = await runInDurableObject(client.shard(), (_, { storage: { sql } }) =>
			Number(sql.exec("SELECT octet_length(draft) AS bytes FROM quizzes").one().bytes),
		);
		const path = `/v1/users/me/quizzes/${id}`;
		const ways = {
			create: () => client.post("/v1/users/me/quizzes", document),
			duplicate: () => client.post(`${path}/duplication`, {}),
			publish: () => client.put(`${path}/publication`, { visibility: "private" }),
		};
		await taken(client, CONTENT_BYTES_PER_USER_MAX - stored + 1);
		for (const way of Object.values(ways)) expectProblem(await way(), "conflict");
		const imported = await client.post("/v1/users/me/quizzes/imports", { format: "json", quizzes: [document] });
		expect(imported.body.items).toMatchObject([{ status: "rejected" }]);
		await taken(client, CONTENT_BYTES_PER_USER_MAX - stored);
		for (const way of [ways.create, ways.duplicate]) expect((await way()).status).toBeLessThan(300);
		// What is published has a nonce beside the draft's content.
		await taken(client, CONTENT_BYTES_PER_USER_MAX - stored - NONCE_BYTES);
		expect((await ways.publish()).status).toBe(200);
		await taken(client, CONTENT_BYTES_PER_USER_MAX);
		const revise = (title: string) => client.put(path, content(title), { "If-Match": "*" });
		expectProblem(await revise("Longer"), "conflict");
		expect((await revise("Short")).status).toBe(200);
	});

	it("and what counts as taken is what the tables hold, after each change", async () => {
		const client = await newClient();
		const sums = () =>
			runInDurableObject(client.shard(), (instance, { storage: { sql } }) => {
				const { stores } = runnerOf(instance);
				const query = `SELECT (SELECT sum(octet_length(draft)) FROM quizzes)
					+ (SELECT ifnull(sum(octet_length(content)), 0) FROM quiz_versions) AS bytes`;
				return [stores.room.bytes(), Number(sql.exec(query).one().bytes)];
			});
		const same = async () => {
			const [counted, stored] = await sums();
			expect(counted).toBe(stored);
		};
		const { id } = (await client.post("/v1/users/me/quizzes", content("One"))).body;
		const path = `/v1/users/me/quizzes/${id}`;
		await same();
		for (const change of [
			() => client.put(`${path}/publication`, { visibility: "private" }),
			() => client.put(`${path}/publication`, { visibility: "tenant" }),
			() => client.put(path, content("A longer title"), { "If-Match": "*" }),
			() => client.put(`${path}/publication`, { visibility: "tenant" }),
			() => client.post(`${path}/versions/1/restoration`, undefined, { "If-Match": "*" }),
			() => client.post(`${path}/duplication`, {}),
		]) {
			expect((await change()).status).toBeLessThan(300);
			await same();
		}
	});

	it("of the versions of a quiz; the version there is can be published as before", async () => {
		const client = await newClient();
		const quiz = await publishedQuiz(client, content("One"), "private");
		await runInDurableObject(client.shard(), (_, { storage: { sql } }) => {
			sql.exec("UPDATE quiz_versions SET number = ?", VERSIONS_PER_QUIZ_MAX - 1);
			sql.exec("UPDATE quizzes SET version = ?", VERSIONS_PER_QUIZ_MAX - 1);
		});
		const path = `/v1/users/me/quizzes/${quiz}`;
		const publish = (visibility: string) => client.put(`${path}/publication`, { visibility });
		await client.put(path, content("Two"), { "If-Match": "*" });
		expect((await publish("private")).body.version_number).toBe(VERSIONS_PER_QUIZ_MAX);
		expect((await publish("tenant")).status).toBe(200);
		await client.put(path, content("Three"), { "If-Match": "*" });
		expectProblem(await publish("tenant"), "conflict");
	});
});
