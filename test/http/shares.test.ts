import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { afterEach, describe, expect, it, test, vi } from "vitest";
import { ALPHABET } from "../../src/domain/ids.ts";
import { MEDIA_PER_USER_MAX } from "../../src/domain/media/limits.ts";
import { versionName } from "../../src/domain/quizzes/version-names.ts";
import {
	SHARE_MISSES_MAX,
	SHARE_MISSES_PERIOD_MS,
	SHARE_USES_MAX,
	SHARES_PER_QUIZ_MAX,
} from "../../src/domain/sharing/limits.ts";
import { shareCode } from "../../src/domain/sharing/share-codes.ts";
import type { Access } from "../../src/domain/sharing/shares.ts";
import { DAY_MS } from "../../src/domain/units.ts";
import {
	type Answer,
	type Client,
	caughtUp,
	contentHash,
	deliver,
	everyItem,
	expectProblem,
	headSeq,
	interceptQueue,
	newClient,
	publishedQuiz,
	quizDocument,
	testEnv,
} from "../lib/harness.ts";
import { uploaded } from "../lib/images.ts";

/** Shares: what each access gives and no more, who uses the last use, and that what is taken back is gone at once. */

afterEach(() => {
	vi.useRealTimers();
	vi.restoreAllMocks();
});

const sharesOf = (quiz: string) => `/v1/users/me/quizzes/${quiz}/shares`;
const redemptionOf = (code: string) => `/v1/shares/${code}/redemption`;

interface Shared {
	owner: Client;
	quiz: string;
	share: string;
	code: string;
}

/** A share of a quiz that is published privately, made by an owner whose shard then is evicted. */
async function shared(access: Access, terms: object = {}, title = "Mine alone"): Promise<Shared> {
	const owner = await newClient();
	const quiz = await publishedQuiz(owner, quizDocument(title), "private");
	const { status, body } = await owner.post(sharesOf(quiz), { access, ...terms });
	expect(status).toBe(201);
	await evictDurableObject(owner.shard());
	return { owner, quiz, share: body.id, code: body.code };
}

const revoke = ({ owner, quiz, share }: Shared) => owner.request("DELETE", `${sharesOf(quiz)}/${share}`);

async function redeemed(code: string, user?: Client): Promise<Client> {
	const client = user ?? (await newClient());
	const { status } = await client.post(redemptionOf(code));
	expect(status).toBe(200);
	return client;
}

/** Everything that a grantee could try, as status codes. */
async function powersOf(client: Client, { owner, quiz }: Shared) {
	const draft = `/v1/users/${owner.user}/quizzes/${quiz}`;
	const statuses = {
		view: await client.get(`/v1/quizzes/${quiz}`),
		attempt: await client.post("/v1/users/me/attempts", { quiz, answers: { 1: 0 } }),
		statistics: await client.get(`/v1/quizzes/${quiz}/statistics`),
		read: await client.get(draft),
		write: await client.put(draft, quizDocument("Changed by another"), { "If-Match": "*" }),
		publish: await client.put(`${draft}/publication`, { visibility: "public" }),
		withdraw: await client.request("DELETE", `${draft}/publication`),
		share: await client.post(`${draft}/shares`, { access: "edit" }),
		shares: await client.get(`${draft}/shares`),
		list: await client.get(`/v1/users/${owner.user}/quizzes`),
		log: await client.get(`/v1/users/${owner.user}/log`),
	};
	return Object.fromEntries(Object.entries(statuses).map(([name, { status }]) => [name, status]));
}

const NOTHING = {
	view: 404,
	attempt: 404,
	statistics: 404,
	read: 404,
	write: 404,
	publish: 404,
	withdraw: 404,
	share: 404,
	shares: 404,
	list: 404,
	log: 404,
};

describe("what a share gives", () => {
	it.each([
		["view", { view: 200 }],
		["attempt", { view: 200, attempt: 201 }],
		["copy", {}],
		["edit", { read: 200, write: 200 }],
	] as const)("to %s is that and nothing else, and nothing of it once it is revoked", async (access, gives) => {
		const share = await shared(access);
		const [grantee, stranger] = [await newClient(), await newClient({ tenant: share.owner.tenant })];
		expect(await powersOf(grantee, share)).toEqual(NOTHING);
		await redeemed(share.code, grantee);
		expect(await powersOf(grantee, share)).toEqual({ ...NOTHING, ...gives });
		await evictDurableObject(share.owner.shard());
		expect(await powersOf(grantee, share)).toEqual({ ...NOTHING, ...gives });
		expect(await powersOf(stranger, share)).toEqual(NOTHING);
		expect((await revoke(share)).status).toBe(200);
		expect(await powersOf(grantee, share)).toEqual(NOTHING);
	});

	it.each(["view", "attempt", "edit"] as const)(
		"to %s ends with the share's time, to the millisecond",
		async (access) => {
			const expires_at = Date.now() + 60_000;
			const share = await shared(access, { expires_at });
			const grantee = await redeemed(share.code);
			const reads = async (now: number) => {
				vi.useFakeTimers({ toFake: ["Date"], now });
				const draft = `/v1/users/${share.owner.user}/quizzes/${share.quiz}`;
				return (await grantee.get(access === "edit" ? draft : `/v1/quizzes/${share.quiz}`)).status;
			};
			expect(await reads(expires_at - 1)).toBe(200);
			expect(await reads(expires_at)).toBe(404);
		},
	);

	it("to be attempted is marked as any attempt is; without the key or explanations in any answer", async () => {
		const share = await shared("attempt");
		const taker = await newClient();
		const answers = [
			await taker.get(`/v1/shares/${share.code}`),
			await taker.post(redemptionOf(share.code)),
			await taker.get(`/v1/quizzes/${share.quiz}`),
			await taker.post("/v1/users/me/attempts", { quiz: share.quiz, answers: { 1: 0, 2: 1 } }),
		];
		expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 201]);
		expect(answers[3]?.body).toMatchObject({ score: 2, max_score: 4, number: 1 });
		for (const { text } of answers) expect(text).not.toMatch(/correct|canary|explanation/i);
		await caughtUp(taker);
		expect((await share.owner.get(`/v1/quizzes/${share.quiz}/statistics`)).body.attempts).toBe(1);
	});

	it("to be edited is written under If-Match, with the other user as the actor in the owner's log", async () => {
		const share = await shared("edit");
		const editor = await redeemed(share.code);
		const draft = `/v1/users/${share.owner.user}/quizzes/${share.quiz}`;
		const { body, headers } = await editor.get(draft);
		expect(body.content.title).toBe("Mine alone");
		const etag = headers.get("ETag") ?? "";
		const changed = quizDocument("Ours");
		expectProblem(await editor.put(draft, changed), "precondition-required");
		expect((await editor.put(draft, changed, { "If-Match": etag })).status).toBe(200);
		expectProblem(await editor.put(draft, changed, { "If-Match": etag }), "precondition-failed");
		expectProblem(
			await share.owner.put(`/v1/users/me/quizzes/${share.quiz}`, changed, { "If-Match": etag }),
			"precondition-failed",
		);
		const { items } = (await share.owner.get("/v1/users/me/log?limit=100")).body;
		expect(items.at(-1)).toMatchObject({ kind: "quiz.revised", actor: editor.user, subject: share.quiz });
		expect((await share.owner.get(`/v1/users/me/quizzes/${share.quiz}`)).body.content.title).toBe("Ours");
		expectProblem(await editor.put(`/v1/users/me/quizzes/${share.quiz}`, changed, { "If-Match": "*" }), "not-found");
	});

	it("to be edited, once used, lets its owner publish only the draft that was read, also when it is revoked", async () => {
		const share = await shared("edit");
		const own = `/v1/users/me/quizzes/${share.quiz}`;
		const publish = (headers = {}) => share.owner.put(`${own}/publication`, { visibility: "private" }, headers);
		expect((await publish()).status).toBe(200);
		const editor = await redeemed(share.code);
		const read = (await share.owner.get(own)).headers.get("ETag") ?? "";
		const draft = `/v1/users/${share.owner.user}/quizzes/${share.quiz}`;
		await editor.put(draft, quizDocument("Not what its owner has seen"), { "If-Match": read });
		const refused = await publish();
		expectProblem(refused, "precondition-required");
		expect(refused.headers.get("ETag")).toBeNull();
		expectProblem(await publish({ "If-Match": read }), "precondition-failed");
		// Fits whatever there is, so it says nothing of what was read.
		expectProblem(await publish({ "If-Match": "*" }), "precondition-required");
		const { items } = (await share.owner.get(`/v1/users/me/quizzes/${share.quiz}/shares`)).body;
		await share.owner.request("DELETE", `${own}/shares/${items[0].id}`);
		expectProblem(await publish(), "precondition-required");
		const { headers } = await share.owner.get(own);
		expect((await publish({ "If-Match": headers.get("ETag") ?? "" })).status).toBe(200);
	});

	it("is of the version that is published: a copy is of that version, and stays when the share is revoked", async () => {
		const share = await shared("copy");
		await share.owner.put(`/v1/users/me/quizzes/${share.quiz}`, quizDocument("Not published"), { "If-Match": "*" });
		const copier = await newClient();
		expect((await copier.get(`/v1/shares/${share.code}`)).body.title).toBe("Mine alone");
		const { body } = await copier.post(redemptionOf(share.code));
		const origin = { quiz: share.quiz, version: versionName(share.quiz, 1), owner: share.owner.user };
		expect(body).toMatchObject({ access: "copy", copy: { origin } });
		await revoke(share);
		const own = await copier.get(`/v1/users/me/quizzes/${body.copy.quiz}`);
		expect(own.body).toMatchObject({ status: "draft", content: { title: "Mine alone" } });
		expect(own.body.origin).toEqual({ owner: share.owner.user, quiz: share.quiz, version_number: 1 });
		expect(own.text).toContain("CANARY explanation 1");
		const { items } = (await copier.get("/v1/users/me/log?limit=100")).body;
		expect(items.map((row: { kind: string }) => row.kind)).toEqual(["shard.opened", "quiz.created", "share.copied"]);
		// The log names the version by its hash, which the feed shows keyed.
		const keyed = { ...origin, version: expect.stringMatching(/^[0-9a-f]{64}$/) };
		expect(items[2].body).toEqual({ share: share.share, quiz: body.copy.quiz, origin: keyed });
	});

	it("to copy gives the quiz's images too, which the copier then has like own ones, unless there is no room for them", async () => {
		const owner = await newClient();
		const media = await uploaded(owner);
		const document = quizDocument("Illustrated");
		const [question] = document.subjects[0]?.questions ?? [];
		if (question) question.image = { media, alt: "A bird" };
		const quiz = await publishedQuiz(owner, { ...document, thumbnail: media }, "private");
		const { body: share } = await owner.post(sharesOf(quiz), { access: "copy" });
		const full = await newClient();
		await uploaded(full);
		await runInDurableObject(full.shard(), (_, { storage: { sql } }) => {
			sql.exec("UPDATE media_totals SET items = ?", MEDIA_PER_USER_MAX);
		});
		const before = await headSeq(full);
		expectProblem(await full.post(redemptionOf(share.code)), "conflict");
		expect(await headSeq(full)).toBe(before);
		const copier = await newClient();
		const { status, body } = await copier.post(redemptionOf(share.code));
		expect(status).toBe(200);
		const own = await copier.get(`/v1/users/me/quizzes/${body.copy.quiz}`);
		expect(own.body.content).toMatchObject({ thumbnail: media });
		const { items } = (await copier.get("/v1/users/me/media")).body;
		expect(items).toMatchObject([{ media, uses: 1, type: "image/png" }]);
		expect((await copier.put(`/v1/users/me/quizzes/${body.copy.quiz}`, document, { "If-Match": "*" })).status).toBe(
			200,
		);
		expect((await copier.get("/v1/users/me/credits/verification")).body).toMatchObject({ ok: true });
	});

	it("is not there while the quiz is not published, and is there again with it; a draft can be shared to edit", async () => {
		const owner = await newClient();
		const { body } = await owner.post("/v1/users/me/quizzes", quizDocument());
		for (const access of ["view", "attempt", "copy"]) {
			expectProblem(await owner.post(sharesOf(body.id), { access }), "conflict");
		}
		const edit = await owner.post(sharesOf(body.id), { access: "edit" });
		await redeemed(edit.body.code);
		const share = await shared("view");
		const publication = `/v1/users/me/quizzes/${share.quiz}/publication`;
		const grantee = await redeemed(share.code);
		await share.owner.request("DELETE", publication, { headers: { Prefer: "wait=20" } });
		expectProblem(await grantee.get(`/v1/quizzes/${share.quiz}`), "not-found");
		expectProblem(await grantee.get(`/v1/shares/${share.code}`), "conflict");
		expectProblem(await (await newClient()).post(redemptionOf(share.code)), "conflict");
		await share.owner.put(publication, { visibility: "private" }, { Prefer: "wait=20" });
		expect((await grantee.get(`/v1/quizzes/${share.quiz}`)).status).toBe(200);
	});

	it("is not there while the quiz is deleted or archived, not even the draft to edit", async () => {
		const shares = [await shared("edit"), await shared("attempt")];
		for (const share of shares) {
			const grantee = await redeemed(share.code);
			const own = `/v1/users/me/quizzes/${share.quiz}`;
			await share.owner.request("DELETE", own, { headers: { Prefer: "wait=20" } });
			expectProblem(await share.owner.post(sharesOf(share.quiz), { access: "edit" }), "conflict");
			expectProblem(await grantee.get(`/v1/users/${share.owner.user}/quizzes/${share.quiz}`), "not-found");
			expectProblem(await grantee.get(`/v1/quizzes/${share.quiz}`), "not-found");
			expectProblem(await grantee.get(`/v1/shares/${share.code}`), "conflict");
			expectProblem(await (await newClient()).post(redemptionOf(share.code)), "conflict");
			expect((await share.owner.post(`${own}/undeletion`)).status).toBe(200);
			await share.owner.put(`${own}/status`, { status: "archived" }, { Prefer: "wait=20" });
			expectProblem(await grantee.get(`/v1/quizzes/${share.quiz}`), "not-found");
		}
		expectProblem(await (await newClient()).post(redemptionOf(shares[1]?.code ?? "")), "conflict");
	});

	it("is not there from the instant when the quiz is withdrawn or deleted, while the catalog still shows it", async () => {
		const ends = [
			(id: string) => `/v1/users/me/quizzes/${id}/publication`,
			(id: string) => `/v1/users/me/quizzes/${id}`,
		];
		for (const end of ends) {
			const share = await shared("attempt");
			const grantee = await redeemed(share.code);
			await caughtUp(share.owner);
			const { messages, restore } = await interceptQueue(share.owner);
			expect((await share.owner.request("DELETE", end(share.quiz))).status).toBe(200);
			expect((await share.owner.get("/v1/users/me/sync")).body.lag).toBe(1);
			expectProblem(await grantee.get(`/v1/quizzes/${share.quiz}`), "not-found");
			const submission = { quiz: share.quiz, answers: {} };
			expectProblem(await grantee.post("/v1/users/me/attempts", submission), "not-found");
			restore();
			await deliver(messages);
		}
	});

	it("to be edited is 404 to write, as it is to read, while the quiz is deleted: whatever the condition", async () => {
		const share = await shared("edit");
		const editor = await redeemed(share.code);
		const draft = `/v1/users/${share.owner.user}/quizzes/${share.quiz}`;
		await share.owner.request("DELETE", `/v1/users/me/quizzes/${share.quiz}`);
		for (const condition of ["*", '"1-0000000000000000"']) {
			const answer = await editor.put(draft, quizDocument("Changed"), { "If-Match": condition });
			expectProblem(answer, "not-found");
			expect(answer.headers.get("ETag")).toBeNull();
		}
	});

	it("to be copied makes another copy once the first one was purged", async () => {
		const share = await shared("copy");
		const copier = await newClient();
		const first = (await copier.post(redemptionOf(share.code))).body.copy.quiz;
		await copier.request("DELETE", `/v1/users/me/quizzes/${first}`);
		expect((await copier.post(redemptionOf(share.code))).body.copy.quiz).toBe(first);
		vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 31 * DAY_MS });
		const later = await newClient({ user: copier.user, tenant: copier.tenant });
		await later.get("/v1/users/me/quizzes");
		const second = (await later.post(redemptionOf(share.code))).body.copy.quiz;
		expect(second).not.toBe(first);
		expect((await later.post(redemptionOf(share.code))).body.copy.quiz).toBe(second);
		expect((await later.get("/v1/users/me/credits/verification")).body.records).toMatchObject({ ok: true });
	});

	it("needs the scope for what it gives", async () => {
		for (const access of ["copy", "edit"] as const) {
			const share = await shared(access);
			const answer = await (await newClient({ scope: "attempts:write" })).post(redemptionOf(share.code));
			expectProblem(answer, "forbidden");
			expect(answer.body.required_scope).toBe("quizzes:write");
		}
		const view = await shared("view");
		await redeemed(view.code, await newClient({ scope: "attempts:write" }));
		const service = await newClient({ user: `svc_${view.owner.user.slice(4)}` });
		expectProblem(await service.post(redemptionOf(view.code)), "not-found");
		expectProblem(await view.owner.post(redemptionOf(view.code)), "conflict");
	});
});

describe("a use", () => {
	it("that is the last goes to one of 12 parallel redemptions; 11 are told that the share is exhausted", async () => {
		for (const max_uses of [1, 3]) {
			const share = await shared("attempt", { max_uses });
			const clients = await Promise.all(Array.from({ length: 12 }, () => newClient()));
			for (const early of clients.splice(0, max_uses - 1)) await redeemed(share.code, early);
			while (clients.length < 12) clients.push(await newClient());
			const answers = await Promise.all(clients.map((client) => client.post(redemptionOf(share.code))));
			expect(answers.map(({ status }) => status).sort()).toEqual([200, ...Array(11).fill(410)]);
			for (const answer of answers.filter(({ status }) => status === 410)) expectProblem(answer, "share-exhausted");
			const powers = await Promise.all(clients.map((client) => client.get(`/v1/quizzes/${share.quiz}`)));
			expect(powers.map(({ status }) => status)).toEqual(answers.map(({ status }) => (status === 200 ? 200 : 404)));
			const { items } = (await share.owner.get(sharesOf(share.quiz))).body;
			expect(items[0]).toMatchObject({ uses: max_uses, max_uses, status: "exhausted" });
		}
	});

	it("is a user and not a call: again, with or without a key and after an eviction, it counts no further", async () => {
		const share = await shared("view", { max_uses: 2 });
		const grantee = await newClient();
		const key = { "Idempotency-Key": "the-same" };
		const first = await grantee.post(redemptionOf(share.code), undefined, key);
		await evictDurableObject(share.owner.shard());
		const retried = await grantee.post(redemptionOf(share.code), undefined, key);
		expect([retried.status, retried.headers.get("Idempotent-Replayed"), retried.text]).toEqual([
			200,
			"true",
			first.text,
		]);
		const again = await grantee.post(redemptionOf(share.code));
		expect([again.status, again.headers.get("Idempotent-Replayed"), again.text]).toEqual([200, null, first.text]);
		expect((await grantee.get(`/v1/shares/${share.code}`)).body).toMatchObject({ uses_left: 1, redeemed: true });
		// The same key of another user, and of the owner, is another key.
		const other = await newClient();
		const others = await other.post(redemptionOf(share.code), undefined, key);
		expect([others.status, others.headers.get("Idempotent-Replayed")]).toEqual([200, null]);
		const own = await share.owner.post("/v1/users/me/collections", { title: "Own" }, key);
		expect([own.status, own.headers.get("Idempotent-Replayed")]).toEqual([201, null]);
		const elsewhere = (await share.owner.post(sharesOf(share.quiz), { access: "view" })).body.code;
		expectProblem(await grantee.post(redemptionOf(elsewhere), undefined, key), "idempotency-key-reused");
		expectProblem(await (await newClient()).get(`/v1/shares/${share.code}`), "share-exhausted");
		expect((await grantee.get(`/v1/shares/${share.code}`)).status).toBe(200);
	});

	it("that ends between the owner's shard and the copy is completed by the next, and copies once", async () => {
		// No other quiz has this content, so no isolate has it in its memory.
		const share = await shared("copy", { max_uses: 1 }, "Read once");
		const copier = await newClient();
		const failing = vi.spyOn(testEnv.CONTENT, "get").mockRejectedValueOnce(new Error("gone for a moment"));
		vi.spyOn(testEnv.CONTENT_CACHE, "get").mockRejectedValueOnce(new Error("gone for a moment"));
		const content = await contentHash(share.owner, share.quiz);
		vi.spyOn(console, "error").mockImplementation(() => undefined);
		const key = { "Idempotency-Key": "copy" };
		expectProblem(await copier.post(redemptionOf(share.code), undefined, key), "internal-error");
		expect(failing).toHaveBeenCalledWith(content);
		expect((await copier.get("/v1/users/me/quizzes")).body.items).toEqual([]);
		await evictDurableObject(share.owner.shard());
		const answers = [await copier.post(redemptionOf(share.code), undefined, key)];
		await evictDurableObject(copier.shard());
		for (let n = 0; n < 3; n++) answers.push(await copier.post(redemptionOf(share.code)));
		answers.push(...(await Promise.all([1, 2, 3].map(() => copier.post(redemptionOf(share.code))))));
		expect(new Set(answers.map(({ text }) => text)).size).toBe(1);
		const { items } = (await copier.get("/v1/users/me/quizzes")).body;
		expect(items.map(({ id }: { id: string }) => id)).toEqual([answers[0]?.body.copy.quiz]);
		expect((await share.owner.get(sharesOf(share.quiz))).body.items[0].uses).toBe(1);
	});

	it("of a share that has expired or was revoked is 410 at once, to whoever asks", async () => {
		const expires_at = Date.now() + 60_000;
		const [expired, revoked] = [await shared("view", { expires_at }), await shared("view")];
		const grantee = await redeemed(expired.code);
		await redeemed(revoked.code, grantee);
		await revoke(revoked);
		for (const client of [grantee, await newClient()]) {
			expectProblem(await client.post(redemptionOf(revoked.code)), "share-revoked");
			expectProblem(await client.get(`/v1/shares/${revoked.code}`), "share-revoked");
		}
		vi.useFakeTimers({ toFake: ["Date"], now: expires_at - 1 });
		expect((await grantee.get(`/v1/shares/${expired.code}`)).status).toBe(200);
		vi.setSystemTime(expires_at);
		const answer = await grantee.post(redemptionOf(expired.code));
		expectProblem(answer, "share-expired");
		expect(answer.body.expires_at).toBe(expires_at);
		expectProblem(await (await newClient()).post(redemptionOf(expired.code)), "share-expired");
	});
});

describe("a code", () => {
	it("works at once, and what it gave, while the catalog has heard nothing of it", async () => {
		const owner = await newClient();
		const quiz = await publishedQuiz(owner, quizDocument(), "private");
		const { messages, restore } = await interceptQueue(owner);
		const { body } = await owner.post(sharesOf(quiz), { access: "attempt" });
		const grantee = await redeemed(body.code);
		expect((await grantee.post("/v1/users/me/attempts", { quiz, answers: {} })).status).toBe(201);
		await owner.request("DELETE", `${sharesOf(quiz)}/${body.id}`);
		expectProblem(await grantee.post("/v1/users/me/attempts", { quiz, answers: {} }), "not-found");
		expect((await owner.get("/v1/users/me/sync")).body.lag).toBe(3);
		restore();
		await deliver(messages);
		expect((await owner.get("/v1/users/me/sync")).body.lag).toBe(0);
		expectProblem(await grantee.get(`/v1/quizzes/${quiz}`), "not-found");
	});

	it("is there once the log has come, where the catalog failed when it was made", async () => {
		const owner = await newClient();
		const quiz = await publishedQuiz(owner, quizDocument(), "private");
		vi.spyOn(console, "error").mockImplementation(() => undefined);
		vi.spyOn(testEnv.CATALOG, "batch").mockRejectedValueOnce(new Error("D1 is down"));
		const { status, body } = await owner.post(sharesOf(quiz), { access: "view" });
		expect(status).toBe(201);
		await caughtUp(owner);
		await redeemed(body.code);
	});

	it("is in no table, log row, message or list; only its hash is", async () => {
		const share = await shared("copy");
		const grantee = await redeemed(share.code);
		await caughtUp(share.owner);
		const tables = ["shares", "quiz_grants", "dead_letters"];
		const rows = await Promise.all(tables.map((table) => testEnv.CATALOG.prepare(`SELECT * FROM ${table}`).all()));
		const texts = [
			JSON.stringify(rows.map(({ results }) => results)),
			...(await Promise.all([share.owner, grantee].map((client) => everything(client)))),
			(await share.owner.get(sharesOf(share.quiz))).text,
			(await share.owner.get("/v1/users/me/log?limit=100")).text,
		];
		for (const text of texts) expect(text.toLowerCase()).not.toContain(share.code);
		expect(texts[0]).toContain("code_hash");
	});

	it("is in the answer to a retry of its creation again, and in no other", async () => {
		const owner = await newClient();
		const quiz = await publishedQuiz(owner, quizDocument(), "private");
		const key = { "Idempotency-Key": "share" };
		const first = await owner.post(sharesOf(quiz), { access: "view", max_uses: 3 }, key);
		await evictDurableObject(owner.shard());
		const again = await owner.post(sharesOf(quiz), { access: "view", max_uses: 3 }, key);
		expect([again.status, again.headers.get("Idempotent-Replayed"), again.text]).toEqual([201, "true", first.text]);
		expectProblem(await owner.post(sharesOf(quiz), { access: "edit", max_uses: 3 }, key), "idempotency-key-reused");
		expect((await owner.get(sharesOf(quiz))).text).not.toContain("code");
		expect((await owner.request("DELETE", `${sharesOf(quiz)}/${first.body.id}`)).text).not.toContain("code");
	});

	it("may be typed in capitals, with hyphens and look-alikes; anything else is 404, of whatever length", async () => {
		const share = await shared("view");
		const typed = share.code
			.toUpperCase()
			.replaceAll("0", "O")
			.replaceAll("1", "L")
			.replace(/(.{5})/g, "$1-");
		expect((await (await newClient()).get(`/v1/shares/${typed}`)).status).toBe(200);
		const odd = [
			"x",
			share.code.slice(1),
			`${share.code}0`,
			"é".repeat(21),
			"0".repeat(5_000),
			"%00",
			"..%2f",
			"'--",
			"__proto__",
		];
		for (const code of odd) expectProblem(await (await newClient()).get(`/v1/shares/${code}`), "not-found");
	});

	it("with any one character off is 404; who misses too often waits, though the next code were right", async () => {
		const share = await shared("view", { max_uses: 5 });
		for (let place = 0; place < share.code.length; place += 4) {
			const guesser = await newClient();
			const offs = [...ALPHABET].filter((character) => character !== share.code[place]).slice(0, SHARE_MISSES_MAX);
			for (const off of offs) {
				const code = share.code.slice(0, place) + off + share.code.slice(place + 1);
				expectProblem(await guesser.get(`/v1/shares/${code}`), "not-found");
			}
			const answer = await guesser.post(redemptionOf(share.code));
			expectProblem(answer, "rate-limited");
			expect(Number(answer.headers.get("Retry-After"))).toBeGreaterThan(0);
		}
		expect((await share.owner.get(sharesOf(share.quiz))).body.items[0].uses).toBe(0);
		const now = Date.now();
		vi.useFakeTimers({ toFake: ["Date"], now });
		const guesser = await newClient();
		for (let n = 0; n < SHARE_MISSES_MAX - 1; n++) await guesser.get(`/v1/shares/${shareCode("other", String(n))}`);
		expect((await guesser.get(`/v1/shares/${share.code}`)).status).toBe(200);
		await guesser.get("/v1/shares/wrong");
		vi.setSystemTime(now + SHARE_MISSES_PERIOD_MS - 1);
		expectProblem(await guesser.get(`/v1/shares/${share.code}`), "rate-limited");
		vi.setSystemTime(now + SHARE_MISSES_PERIOD_MS);
		expect((await guesser.get(`/v1/shares/${share.code}`)).status).toBe(200);
	});
});

/** All tables of the user's shard as one text. */
async function everything(client: Client): Promise<string> {
	return runInDurableObject(client.shard(), (_, { storage: { sql } }) => {
		const tables = sql.exec<{ name: string }>("SELECT name FROM sqlite_master WHERE type = 'table'").toArray();
		const own = tables.filter(({ name }) => !name.startsWith("_cf"));
		return JSON.stringify(own.map(({ name }) => sql.exec(`SELECT * FROM ${name}`).toArray()));
	});
}

describe("the owner", () => {
	it("gets bad terms refused by name, and nothing is made", async () => {
		const owner = await newClient();
		const quiz = await publishedQuiz(owner, quizDocument(), "private");
		const before = await headSeq(owner);
		const bad: [object, string][] = [
			[{}, "/access"],
			[{ access: "admin" }, "/access"],
			[{ access: "view", max_uses: 0 }, "/max_uses"],
			[{ access: "view", max_uses: SHARE_USES_MAX + 1 }, "/max_uses"],
			[{ access: "view", max_uses: 1.5 }, "/max_uses"],
			[{ access: "view", expires_at: 1 }, "/expires_at"],
			[{ access: "view", expires_at: "soon" }, "/expires_at"],
			[{ access: "view", code: "mine" }, "/code"],
		];
		for (const [terms, pointer] of bad) {
			expectProblem(await owner.post(sharesOf(quiz), terms), "invalid-request", [pointer]);
		}
		expect(await headSeq(owner)).toBe(before);
		expect((await owner.post(sharesOf(quiz), { access: "view", max_uses: SHARE_USES_MAX })).status).toBe(201);
		vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 1_000 });
		expectProblem(await owner.post(sharesOf(quiz), { access: "view", expires_at: Date.now() }), "invalid-request");
		expect((await owner.post(sharesOf(quiz), { access: "view", expires_at: Date.now() + 1 })).status).toBe(201);
	});

	it("has as many shares of a quiz as there may be, page by page; one that is revoked makes room", async () => {
		const owner = await newClient();
		const quiz = await publishedQuiz(owner, quizDocument(), "private");
		const made: Answer[] = [];
		for (let n = 0; n < SHARES_PER_QUIZ_MAX; n++) made.push(await owner.post(sharesOf(quiz), { access: "view" }));
		expect(made.every(({ status }) => status === 201)).toBe(true);
		expectProblem(await owner.post(sharesOf(quiz), { access: "view" }), "conflict");
		const [first] = made;
		const revoked = await owner.request("DELETE", `${sharesOf(quiz)}/${first?.body.id}`);
		expect(revoked.body).toMatchObject({ status: "revoked", revoked_at: expect.any(Number) });
		const before = await headSeq(owner);
		const again = await owner.request("DELETE", `${sharesOf(quiz)}/${first?.body.id}`);
		expect([again.text, await headSeq(owner)]).toEqual([revoked.text, before]);
		expect((await owner.post(sharesOf(quiz), { access: "view" })).status).toBe(201);
		const { items, pages } = await everyItem(owner, `${sharesOf(quiz)}?limit=40`);
		expect([items.length, pages]).toEqual([SHARES_PER_QUIZ_MAX + 1, 3]);
		expect(items.at(-1)).toMatchObject({ id: first?.body.id, status: "revoked" });
		const other = await owner.post("/v1/users/me/quizzes", quizDocument());
		expectProblem(await owner.request("DELETE", `${sharesOf(other.body.id)}/${made[1]?.body.id}`), "not-found");
	});
});

test("the share's use beyond the greatest number of them is refused, where it has no number of its own", async () => {
	const share = await shared("view");
	await runInDurableObject(share.owner.shard(), (_, { storage: { sql } }) => {
		sql.exec("UPDATE shares SET uses = ?", SHARE_USES_MAX - 1);
	});
	await redeemed(share.code);
	expectProblem(await (await newClient()).post(redemptionOf(share.code)), "share-exhausted");
});
