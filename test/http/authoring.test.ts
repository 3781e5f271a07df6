import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { afterEach, describe, expect, it, vi } from "vitest";
import { mintId, seqOfId } from "../../src/domain/ids.ts";
import { SCAN_ROWS_MAX } from "../../src/domain/limits.ts";
import { chainHash, genesisHash, type LogRow } from "../../src/domain/log/chain.ts";
import { ALARM_AHEAD_MS_MIN } from "../../src/domain/log/limits.ts";
import {
	QUIZ_DELETED_KEPT_MS,
	QUIZ_PURGES_AT_ONCE_MAX,
	SLUG_CHARS_MAX,
	SLUGS_PER_QUIZ_MAX,
} from "../../src/domain/quizzes/limits.ts";
import { type QuizDocument, shownContent } from "../../src/domain/quizzes/quiz.ts";
import { versionName } from "../../src/domain/quizzes/version-names.ts";
import {
	type Answer,
	type Client,
	caughtUp,
	contentHash,
	everyItem,
	expectProblem,
	fresh,
	headSeq,
	newClient,
	publishedQuiz,
	quizDocument,
	since,
	testEnv,
} from "../lib/harness.ts";
import { uploaded } from "../lib/images.ts";

/** What authors do with their quizzes, over HTTP: versions, workflow, duplicates, deletion, the list. */

afterEach(() => {
	vi.useRealTimers();
});

const at = (quiz: string, rest = "") => `/v1/users/me/quizzes/${quiz}${rest}`;
const WAIT = { Prefer: "wait=20" };

async function ok(answer: Answer | Promise<Answer>, status = 200): Promise<Answer["body"]> {
	const given = await answer;
	expect([given.status, given.text.slice(0, 300)]).toEqual([status, expect.anything()]);
	return given.body;
}
const draftOf = async (author: Client, document: QuizDocument = quizDocument()): Promise<string> =>
	(await ok(author.post("/v1/users/me/quizzes", document), 201)).id;
const move = (author: Client, quiz: string, status: string, headers = WAIT) =>
	author.put(at(quiz, "/status"), { status }, headers);
const publish = (author: Client, quiz: string, visibility = "public") =>
	author.put(at(quiz, "/publication"), { visibility }, WAIT);
const withdraw = (author: Client, quiz: string) =>
	author.request("DELETE", at(quiz, "/publication"), { headers: WAIT });
const remove = (author: Client, quiz: string, headers = {}) =>
	author.request("DELETE", at(quiz), { headers: { ...WAIT, ...headers } });
const undelete = (author: Client, quiz: string) => author.post(at(quiz, "/undeletion"), undefined, WAIT);
const revise = (author: Client, quiz: string, document: QuizDocument) =>
	author.put(at(quiz), document, { "If-Match": "*" });
const verified = async (author: Client) =>
	expect((await author.get("/v1/users/me/credits/verification")).body).toMatchObject({ ok: true });

describe("versions", () => {
	async function threeVersions() {
		const author = await newClient();
		const quiz = await publishedQuiz(author, quizDocument("One", 2));
		for (const [title, questions] of [
			["Two", 3],
			["Three", 1],
		] as const) {
			await ok(revise(author, quiz, quizDocument(title, questions)));
			await ok(publish(author, quiz));
		}
		return { author, quiz };
	}

	it("are listed newest first, each once, and each can be read as it was published", async () => {
		const { author, quiz } = await threeVersions();
		const { items, pages } = await everyItem(author, at(quiz, "/versions?limit=2"));
		expect([items.map(({ version_number }) => version_number), pages]).toEqual([[3, 2, 1], 2]);
		for (const head of items) {
			const answer = await author.get(at(quiz, `/versions/${head.version_number}`));
			const { content, ...rest } = await ok(answer);
			expect(rest).toEqual(head);
			expect(answer.headers.get("ETag")).toBe(`"${head.version_number}"`);
			expect(head.version).toBe(versionName(quiz, head.version_number));
			// What is kept says no type of a single choice, and has a nonce.
			const kept = JSON.stringify(content).replaceAll('"type":"single_choice",', "");
			expect(head.bytes).toBeGreaterThan(kept.length);
		}
		const stored = await (await testEnv.CONTENT.get(await contentHash(author, quiz)))?.text();
		const { nonce: _, ...content } = JSON.parse(stored ?? "");
		expect((await ok(author.get(at(quiz, "/versions/3")))).content).toEqual(shownContent(content));
		expect(items[0].bytes).toBe(stored?.length);
		expect((await ok(author.get(at(quiz, "/versions/1")))).content).toMatchObject({ title: "One" });
	});

	it("can be restored as the draft by one who has read it, and say so in the log", async () => {
		const { author, quiz } = await threeVersions();
		const first = (await ok(author.get(at(quiz, "/versions/1")))).content;
		const { etag, revision } = await ok(author.get(at(quiz)));
		const restoration = at(quiz, "/versions/1/restoration");
		expectProblem(await author.post(restoration), "precondition-required");
		expectProblem(await author.post(restoration, undefined, { "If-Match": '"1-stale"' }), "precondition-failed");
		const restored = await ok(author.post(restoration, undefined, { "If-Match": etag }));
		expect(restored).toMatchObject({ content: first, revision: revision + 1, status: "published", version_number: 3 });
		const { items } = (await author.get("/v1/users/me/log?limit=100")).body;
		expect(items.at(-1)).toMatchObject({ kind: "quiz.revised", body: { restored_from: 1 } });
		// Published again, the old content is a version of its own: history is not rewritten.
		expect(await ok(publish(author, quiz))).toMatchObject({ version_number: 4, title: "One" });
		expect((await ok(author.get(`/v1/quizzes/${quiz}`))).title).toBe("One");
		await verified(author);
	});

	it("differ by what was added, removed, changed and moved, between themselves and to the draft", async () => {
		const { author, quiz } = await threeVersions();
		const diff = (query: string) => author.get(at(quiz, `/versions/${query}`));
		const two = await ok(diff("1/diff?against=2"));
		expect(two).toMatchObject({
			version_number: 1,
			against_version_number: 2,
			fields: ["title"],
			added: [{ id: "3", subject: "all", index: 2 }],
			removed: [],
			changed: [],
			moved: [],
		});
		expect(await ok(diff("3/diff"))).toMatchObject({ added: [], removed: [], changed: [], moved: [] });
		expect(await ok(diff("2/diff?against=draft"))).toMatchObject({ against_version_number: null, removed: [{}, {}] });
		for (const missing of ["4/diff", "1/diff?against=4", "4", "999999999"]) {
			expectProblem(await diff(missing), "not-found");
		}
		for (const bad of ["0", "-1", "1.5", "x", "1000000000"]) expectProblem(await diff(bad), "invalid-request", ["/n"]);
		for (const bad of ["0", "", "published", "1000000000"]) {
			expectProblem(await diff(`1/diff?against=${bad}`), "invalid-request", ["/against"]);
		}
	});
});

describe("the workflow", () => {
	it("leads a draft through review to publication; a change of the draft ends the review", async () => {
		const author = await newClient();
		const quiz = await draftOf(author);
		expect(await ok(move(author, quiz, "review"))).toMatchObject({ status: "review" });
		const head = await headSeq(author);
		await ok(move(author, quiz, "review"));
		expect(await headSeq(author)).toBe(head);
		expect(await ok(revise(author, quiz, quizDocument("Changed")))).toMatchObject({ status: "draft" });
		await ok(move(author, quiz, "review"));
		expect(await ok(publish(author, quiz))).toMatchObject({ status: "published", version_number: 1 });
		for (const status of ["draft", "review"]) expectProblem(await move(author, quiz, status), "conflict");
		expect(await ok(withdraw(author, quiz))).toMatchObject({ status: "withdrawn" });
		expect(await ok(move(author, quiz, "draft"))).toMatchObject({ status: "draft", version_number: 1 });
		expectProblem(await move(author, quiz, "published"), "invalid-request", ["/status"]);
		const stale = await move(author, quiz, "review", { ...WAIT, "If-Match": '"1-stale"' } as typeof WAIT);
		expectProblem(stale, "precondition-failed");
		await verified(author);
	});

	it("an archived quiz is in no list and cannot be taken or changed; its owner still reads its statistics", async () => {
		const [author, taker] = [await newClient(), await newClient()];
		const quiz = await publishedQuiz(author, quizDocument("To the archive", 2));
		await ok(taker.post("/v1/users/me/attempts", { quiz, answers: { 1: 0 } }), 201);
		await caughtUp(taker);
		const before = await ok(author.get(`/v1/quizzes/${quiz}/statistics`));
		const archived = await move(author, quiz, "archived");
		expect(archived.body).toMatchObject({ status: "archived", visibility: "public" });
		for (const client of [author, taker]) {
			expectProblem(await client.get(`/v1/quizzes/${quiz}`), "not-found");
			const listed = (await client.get("/v1/quizzes?limit=100")).body.items;
			expect(listed.map(({ id }: { id: string }) => id)).not.toContain(quiz);
			const attempt = { quiz, answers: {} };
			expectProblem(await client.post("/v1/users/me/attempts", attempt, since(archived)), "not-found");
		}
		expect(await ok(author.get(`/v1/quizzes/${quiz}/statistics`))).toEqual(before);
		expect(before).toMatchObject({ attempts: 1, questions: [{ id: "1", n: 1 }, { id: "2" }] });
		expectProblem(await taker.get(`/v1/quizzes/${quiz}/statistics`), "not-found");
		expectProblem(await revise(author, quiz, quizDocument("Changed")), "conflict");
		expectProblem(await publish(author, quiz), "conflict");
		expectProblem(await move(author, quiz, "review"), "conflict");
		expect(await ok(move(author, quiz, "draft"))).toMatchObject({ status: "draft", version_number: 1 });
		expect(await ok(publish(author, quiz))).toMatchObject({ status: "published", version_number: 1 });
		expect(await ok(taker.get(`/v1/quizzes/${quiz}/statistics`))).toMatchObject({ attempts: 1 });
		await verified(author);
	});

	it("archives what never was published without a word in the catalog", async () => {
		const author = await newClient();
		const quiz = await draftOf(author);
		await ok(move(author, quiz, "archived"));
		expectProblem(await author.get(`/v1/quizzes/${quiz}/statistics`), "not-found");
		const rows = testEnv.CATALOG.prepare("SELECT count(*) AS n FROM quizzes WHERE id = ?").bind(quiz);
		expect(await rows.first("n")).toBe(0);
	});
});

describe("a duplicate", () => {
	it("is a draft of its own that says what it is a copy of; the original stays as it is", async () => {
		const author = await newClient();
		const quiz = await publishedQuiz(author, quizDocument("Version one"));
		await ok(revise(author, quiz, { ...quizDocument("Draft two"), thumbnail: await uploaded(author) }));
		const original = await ok(author.get(at(quiz)));
		const ofDraft = await ok(author.post(at(quiz, "/duplication")), 201);
		expect(ofDraft).toMatchObject({
			status: "draft",
			version_number: 0,
			revision: 1,
			slug: null,
			content: original.content,
		});
		expect(ofDraft.origin).toEqual({ owner: author.user, quiz, version_number: null });
		const ofVersion = await ok(author.post(at(quiz, "/duplication"), { version_number: 1 }), 201);
		expect(ofVersion).toMatchObject({ title: "Version one", origin: { quiz, version_number: 1 } });
		expect(await ok(author.get(at(ofVersion.id)))).toEqual(ofVersion);
		expect(await ok(author.get(at(quiz)))).toEqual(original);
		expectProblem(await author.post(at(quiz, "/duplication"), { version_number: 2 }), "not-found");
		expectProblem(await author.post(at(quiz, "/duplication"), { version_number: 0 }), "invalid-request", [
			"/version_number",
		]);
		expectProblem(await author.post(at(quiz, "/duplication"), { title: "x" }), "invalid-request", ["/title"]);
		await verified(author);
	});

	it("is one if it is asked for twice with the same key", async () => {
		const author = await newClient();
		const quiz = await draftOf(author);
		const key = { "Idempotency-Key": crypto.randomUUID() };
		const [one, two] = [
			await author.post(at(quiz, "/duplication"), {}, key),
			await author.post(at(quiz, "/duplication"), {}, key),
		];
		expect([one.status, two.status, two.body.id]).toEqual([201, 201, one.body.id]);
		expect((await everyItem(author, "/v1/users/me/quizzes")).items).toHaveLength(2);
	});
});

describe("a deleted quiz", () => {
	it("is withdrawn, in the list of deleted ones only, and does nothing until it is undeleted", async () => {
		const [author, taker] = [await newClient(), await newClient()];
		const quiz = await publishedQuiz(author);
		expectProblem(await remove(author, quiz, { "If-Match": '"9-x"' }), "precondition-failed");
		const deleted = await ok(remove(author, quiz));
		expect(deleted).toMatchObject({ status: "withdrawn", deleted_at: expect.any(Number) });
		const head = await headSeq(author);
		expect(await ok(remove(author, quiz))).toEqual(deleted);
		expect(await headSeq(author)).toBe(head);
		for (const path of ["", "/statistics"]) expectProblem(await taker.get(`/v1/quizzes/${quiz}${path}`), "not-found");
		expectProblem(await author.post("/v1/users/me/attempts", { quiz, answers: {} }), "not-found");
		const list = async (query: string) => (await everyItem(author, `/v1/users/me/quizzes${query}`)).items;
		expect([await list(""), await list("?deleted=true")]).toEqual([[], [deleted]]);
		for (const change of [
			revise(author, quiz, quizDocument("Changed")),
			publish(author, quiz),
			withdraw(author, quiz),
			move(author, quiz, "archived"),
			author.post(at(quiz, "/duplication")),
			author.put(at(quiz, "/slug"), { slug: "another" }),
			author.post(at(quiz, "/versions/1/restoration"), undefined, { "If-Match": "*" }),
		]) {
			expectProblem(await change, "conflict");
		}
		expect(await headSeq(author)).toBe(head);
		expect(await ok(undelete(author, quiz))).toMatchObject({
			status: "withdrawn",
			deleted_at: null,
			version_number: 1,
		});
		const again = await headSeq(author);
		await ok(undelete(author, quiz));
		expect(await headSeq(author)).toBe(again);
		expect(await ok(publish(author, quiz))).toMatchObject({ status: "published", version_number: 1 });
		expect((await taker.get(`/v1/quizzes/${quiz}`)).status).toBe(200);
		await verified(author);
	});

	it("that is refused to be published leaves its content in the shard alone, archived and stale ones too", async () => {
		const author = await newClient();
		const stale = { "If-Match": '"9"' };
		for (const end of ["deleted", "archived", "stale"]) {
			const { body } = await author.post("/v1/users/me/quizzes", quizDocument(fresh(`Never_published_${end}`)));
			if (end === "deleted") await author.request("DELETE", at(body.id));
			if (end === "archived") await author.put(at(body.id, "/status"), { status: "archived" });
			const headers = end === "stale" ? stale : {};
			const { objects: before } = await testEnv.CONTENT.list();
			const answer = await author.put(at(body.id, "/publication"), { visibility: "private" }, headers);
			expectProblem(answer, end === "stale" ? "precondition-failed" : "conflict");
			expect(Number(answer.headers.get("Sync-Seq"))).toBe(await headSeq(author));
			expect((await testEnv.CONTENT.list()).objects).toHaveLength(before.length);
		}
	});

	it("is purged by the alarm once its 30 days are over, not a millisecond earlier", async () => {
		const author = await newClient();
		const [kept, quiz] = [await draftOf(author, quizDocument("Kept")), await publishedQuiz(author)];
		const { deleted_at } = await ok(remove(author, quiz));
		const content = await contentHash(author, quiz);
		vi.useFakeTimers({ toFake: ["Date"], now: deleted_at + QUIZ_DELETED_KEPT_MS - 1 });
		const then = await newClient({ user: author.user, tenant: author.tenant });
		await runDurableObjectAlarm(author.shard());
		const alarm = await runInDurableObject(author.shard(), (_, { storage }) => storage.getAlarm());
		expect(alarm).toBe(deleted_at + QUIZ_DELETED_KEPT_MS - 1 + ALARM_AHEAD_MS_MIN);
		await ok(then.get(at(quiz)));
		vi.setSystemTime(deleted_at + QUIZ_DELETED_KEPT_MS);
		await runDurableObjectAlarm(author.shard());
		const rows = await runInDurableObject(author.shard(), (_, { storage: { sql } }) => ({
			quizzes: sql.exec<{ id: string }>("SELECT id FROM quizzes").toArray(),
			versions: sql.exec("SELECT count(*) AS n FROM quiz_versions").one().n,
			last: sql.exec("SELECT kind, actor, at FROM log ORDER BY seq DESC LIMIT 1").one(),
		}));
		expect(rows).toEqual({
			quizzes: [{ id: kept }],
			versions: 0,
			last: { kind: "quiz.purged", actor: "system", at: deleted_at + QUIZ_DELETED_KEPT_MS },
		});
		for (const path of ["", "/versions", "/versions/1"]) expectProblem(await then.get(at(quiz, path)), "not-found");
		expectProblem(await undelete(then, quiz), "not-found");
		// Attempts of others are pinned to the content, so it stays where it is shared by its hash.
		expect(await testEnv.CONTENT.head(content)).not.toBeNull();
		await verified(then);
	});

	it("is gone when its time is over though no alarm fires: a read is enough", async () => {
		const author = await newClient();
		const quiz = await draftOf(author);
		const { deleted_at } = await ok(remove(author, quiz));
		vi.useFakeTimers({ toFake: ["Date"], now: deleted_at + QUIZ_DELETED_KEPT_MS });
		const then = await newClient({ user: author.user, tenant: author.tenant });
		expectProblem(await then.get(at(quiz)), "not-found");
		await verified(then);
	});

	it("with many others is purged a bounded number at a time, the rest at once after that", async () => {
		const author = await newClient();
		for (let n = 0; n < 3; n++) await draftOf(author, quizDocument(`Many ${n}`));
		const client = { user: author.user, tenant: author.tenant, actor: author.user, request_id: "test" };
		const now = Date.now();
		const counts = await runInDurableObject(author.shard(), async (instance, { storage }) => {
			const who = { ...client, now };
			const first = instance.quizzes.list(who, { deleted: false }, Number.MAX_SAFE_INTEGER, 1)?.items[0]?.id ?? "";
			for (let n = 0; n < QUIZ_PURGES_AT_ONCE_MAX - 2; n++) instance.quizzes.duplicate(who, first, null);
			const all = instance.quizzes.list(who, { deleted: false }, Number.MAX_SAFE_INTEGER, 1_000)?.items ?? [];
			for (const { id } of all) instance.quizzes.delete(who, id, null);
			const later = { ...who, now: now + QUIZ_DELETED_KEPT_MS };
			const left = () => Number(storage.sql.exec("SELECT count(*) AS n FROM quizzes").one().n);
			const seen = [left()];
			instance.log.position(later, 0);
			seen.push(left());
			const alarm = await storage.getAlarm();
			instance.log.position(later, 0);
			return { seen: [...seen, left()], due: (alarm ?? Infinity) <= later.now };
		});
		expect(counts).toEqual({ seen: [QUIZ_PURGES_AT_ONCE_MAX + 1, 1, 0], due: true });
	});

	it("whose row is damaged is not purged before its time", async () => {
		const author = await newClient();
		const quiz = await draftOf(author);
		const { deleted_at } = await ok(remove(author, quiz));
		await runInDurableObject(author.shard(), (_, { storage: { sql } }) => {
			const change = "UPDATE quizzes SET deleted_at = deleted_at - 3000000000";
			expect(() => sql.exec(change)).toThrow(/CHECK constraint/);
		});
		expect((await ok(author.get(at(quiz)))).deleted_at).toBe(deleted_at);
	});
});

describe("the list of own quizzes", () => {
	it("is by status, each once, newest first", async () => {
		const author = await newClient();
		const quizzes: string[] = [];
		for (let n = 0; n < 7; n++) quizzes.push(await draftOf(author, quizDocument(`Number ${n}`)));
		const [a = "", b = "", c = "", d = "", e = ""] = quizzes;
		await ok(move(author, a, "review"));
		await ok(move(author, b, "archived"));
		for (const quiz of [c, d]) await ok(publish(author, quiz));
		await ok(withdraw(author, d));
		await ok(remove(author, e));
		const ids = async (query: string) =>
			(await everyItem(author, `/v1/users/me/quizzes?limit=2${query}`)).items.map(({ id }) => id);
		const newest = [...quizzes].reverse();
		expect(await ids("")).toEqual(newest.filter((id) => id !== e));
		expect(await ids("&status=draft")).toEqual(newest.slice(0, 2));
		for (const [status, id] of [
			["review", a],
			["archived", b],
			["published", c],
			["withdrawn", d],
		]) {
			expect(await ids(`&status=${status}`)).toEqual([id]);
		}
		expect(await ids("&deleted=true")).toEqual([e]);
		expect(await ids("&deleted=true&status=review")).toEqual([]);
		for (const query of ["status=gone", "deleted=yes"]) {
			const pointer = `/${query.split("=")[0]}`;
			expectProblem(await author.get(`/v1/users/me/quizzes?${query}`), "invalid-request", [pointer]);
		}
	});

	it("looks at a bounded number of rows for a page, and its cursor leads to the rest", async () => {
		const author = await newClient();
		const oldest = await draftOf(author);
		await ok(move(author, oldest, "review"));
		await runInDurableObject(author.shard(), (_, { storage: { sql } }) => {
			const copy = `INSERT INTO quizzes (seq, id, status, revision, title, draft, draft_hash, created_at, updated_at)
				SELECT ?, 'quz_copy', 'draft', revision, title, '{}', draft_hash, created_at, updated_at FROM quizzes WHERE id = ?`;
			for (let n = 0; n < SCAN_ROWS_MAX; n++) sql.exec(copy, 1_000_000 + n, oldest);
		});
		const first = await ok(author.get("/v1/users/me/quizzes?status=review"));
		expect([first.items, typeof first.next_cursor]).toEqual([[], "string"]);
		const second = await ok(author.get(`/v1/users/me/quizzes?status=review&cursor=${first.next_cursor}`));
		expect([second.items.length, second.items[0].id, second.next_cursor]).toEqual([1, oldest, null]);
	});
});

it("a thumbnail is 64 hex digits, is shown in the catalog, and changes no content that has none", async () => {
	const author = await newClient();
	const thumbnail = await uploaded(author);
	const quiz = await publishedQuiz(author, { ...quizDocument("Pictured"), thumbnail });
	const plain = await publishedQuiz(author, quizDocument("Plain"));
	expect(await ok(author.get(`/v1/quizzes/${quiz}`))).toMatchObject({ thumbnail });
	expect(await ok(author.get(`/v1/quizzes/${plain}`))).toMatchObject({ thumbnail: null });
	expect((await ok(author.get(at(plain)))).content).not.toHaveProperty("thumbnail");
	for (const bad of ["0a".repeat(31), "0A".repeat(32), "https://example.org/x.png"]) {
		const answer = await author.post("/v1/users/me/quizzes", { ...quizDocument(), thumbnail: bad });
		expectProblem(answer, "invalid-request", ["/thumbnail"]);
	}
});

it("a quiz has as many slugs as it may have; one more is refused, an old one is not", async () => {
	const author = await newClient();
	const quiz = await draftOf(author);
	const claim = (slug: string) => author.put(at(quiz, "/slug"), { slug });
	for (let n = 0; n < SLUGS_PER_QUIZ_MAX; n++) await ok(claim(`slug-${n}`));
	expectProblem(await claim("one-more"), "conflict");
	expect(await ok(claim("slug-0"))).toMatchObject({ slug: "slug-0" });
	const head = await headSeq(author);
	await ok(claim("slug-0"));
	expect(await headSeq(author)).toBe(head);
	const other = await draftOf(author);
	await ok(author.put(at(other, "/slug"), { slug: "x".repeat(SLUG_CHARS_MAX) }));
	for (const bad of ["", "Upper", "a--b", "-a", "a-", "a~b", "ä", "x".repeat(SLUG_CHARS_MAX + 1)]) {
		expectProblem(await claim(bad), "invalid-request", ["/slug"]);
	}
	await verified(author);
});

describe("ids of quizzes", () => {
	const rowsOf = (author: Client) =>
		runInDurableObject(author.shard(), (_, { storage: { sql } }) =>
			sql
				.exec<{ seq: number; id: string; created_by: number | null }>("SELECT seq, id, created_by FROM quizzes")
				.toArray(),
		);

	it("tell nothing of how much their author does: they begin with a number that has to do with no log", async () => {
		const author = await newClient();
		for (const title of ["One", "Two", "Three"]) await draftOf(author, quizDocument(title));
		const rows = await rowsOf(author);
		const head = await headSeq(author);
		expect(rows.map(({ created_by }) => created_by).sort()).toEqual([2, 3, 4]);
		// Three random numbers of 40 bits: that one of them is as small as a log row here will never be seen.
		for (const { seq, id } of rows) expect([seqOfId(id), seq > head]).toEqual([seq, true]);
	});

	it("of before, which begin with their log row, go on to be found, and are listed in the order of their making", async () => {
		const author = await newClient();
		const first = await draftOf(author, quizDocument("Of before"));
		const old = mintId("quiz", 2, Uint8Array.of(9, 9, 9, 9, 9, 9, 9, 9, 9, 9));
		await runInDurableObject(author.shard(), (_, { storage: { sql } }) => {
			sql.exec("UPDATE quizzes SET seq = 2, id = ?, created_by = NULL", old);
			for (const trigger of ["updated", "deleted"]) sql.exec(`DROP TRIGGER log_is_never_${trigger}`);
			const renamed = "UPDATE log SET subject = replace(subject, ?1, ?2), body = replace(body, ?1, ?2)";
			sql.exec(renamed, first, old);
			let hash = genesisHash(author.user);
			for (const row of sql.exec<LogRow & Record<string, SqlStorageValue>>(LOG_ROWS).toArray()) {
				hash = chainHash(hash, row);
				sql.exec("UPDATE log SET hash = ? WHERE seq = ?", new Uint8Array(hash).buffer, row.seq);
			}
		});
		await evictDurableObject(author.shard());
		const ids = [old];
		for (const title of ["Two", "Three", "Four"]) ids.unshift(await draftOf(author, quizDocument(title)));
		const { items } = await everyItem(author, "/v1/users/me/quizzes?limit=2");
		expect(items.map(({ id }) => id)).toEqual(ids);
		await ok(revise(author, old, quizDocument("Changed")));
		await ok(publish(author, old));
		expect(await ok(author.get(at(old, "/versions/1")))).toMatchObject({ content: { title: "Changed" } });
		const { chain, records } = await ok(author.get("/v1/users/me/credits/verification"));
		expect({ chain: chain.rows, records }).toEqual({ chain: 7, records: { ok: true, first_difference: null } });
	});
});

const LOG_ROWS = "SELECT seq, at, actor, kind, subject, body FROM log ORDER BY seq";
