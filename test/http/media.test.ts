import { runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { afterEach, describe, expect, it, vi } from "vitest";
import {
	MEDIA_ALT_CHARS_MAX,
	MEDIA_BYTES_MAX,
	MEDIA_BYTES_PER_USER_MAX,
	MEDIA_DROPPED_AT_ONCE_MAX,
	MEDIA_PER_USER_MAX,
	MEDIA_PIXELS_MAX,
	MEDIA_SIDE_PX_MAX,
	MEDIA_UNUSED_KEPT_MS,
} from "../../src/domain/media/limits.ts";
import { QUIZ_DELETED_KEPT_MS, QUIZ_QUESTIONS_MAX } from "../../src/domain/quizzes/limits.ts";
import type { QuizDocument } from "../../src/domain/quizzes/quiz.ts";
import { DAY_MS } from "../../src/domain/units.ts";
import {
	type Client,
	call,
	caughtUp,
	contentHash,
	everyItem,
	expectProblem,
	headSeq,
	newClient,
	publishedQuiz,
	quizDocument,
	testEnv,
} from "../lib/harness.ts";
import { EVERY_FORMAT, freshPng, gif, png, sha256, upload, uploaded } from "../lib/images.ts";
import { everyType } from "../lib/question-types.ts";

/** Images: uploaded, shown, named by quizzes, and dropped once nothing names them. */

const MEDIA = "/v1/users/me/media";
const QUIZZES = "/v1/users/me/quizzes";
const MINUTE_MS = 60_000;

afterEach(() => {
	vi.useRealTimers();
	vi.restoreAllMocks();
});

/** The address as everybody sees it: without a credential. */
const image = async (hash: string, init: RequestInit = {}) => {
	const { exports } = await import("cloudflare:workers");
	return exports.default.fetch(new Request(`https://marksheet.test/v1/media/${hash}`, init));
};

/** A quiz whose first question shows the image, and whose thumbnail is the other. */
function illustrated(media: string, thumbnail?: string): QuizDocument {
	const document = quizDocument("Illustrated");
	const [question] = document.subjects[0]?.questions ?? [];
	if (question) question.image = { media, alt: "What it shows" };
	return { ...document, ...(thumbnail !== undefined && { thumbnail }) };
}

async function drafted(client: Client, document: QuizDocument): Promise<string> {
	const { status, body } = await client.post(QUIZZES, document);
	expect(status).toBe(201);
	return body.id;
}

/** Media without their bytes, where only the rows matter. */
async function addRows(client: Client, names: string[]): Promise<string[]> {
	const hashes = names.map((name) => sha256(png(1, 1, name)));
	const { user, tenant } = client;
	const who = { user, tenant, actor: user, now: Date.now(), request_id: "test" };
	await runInDurableObject(client.shard(), (instance) => {
		for (const media of hashes) {
			instance.media.add(who, { media, type: "image/png", bytes: 9, width: 1, height: 1 });
		}
	});
	return hashes;
}

const useOf = async (client: Client, hash: string) =>
	(await client.get(`${MEDIA}?limit=100`)).body.items.find(({ media }: { media: string }) => media === hash);

describe("an upload", () => {
	it.each(EVERY_FORMAT)("of %s says what it is, and its address gives the same bytes", async (_, type, bytes) => {
		const client = await newClient();
		const { status, body, headers } = await upload(client, bytes, type);
		expect(status).toBe(201);
		const media = sha256(bytes);
		expect(body).toEqual({
			media,
			type,
			bytes: bytes.length,
			width: 3,
			height: 5,
			added_at: expect.any(Number),
			url: `https://marksheet.test/v1/media/${media}`,
		});
		expect(headers.get("Sync-Seq")).toBe("2");
		const answer = await image(media);
		expect(answer.status).toBe(200);
		expect(answer.headers.get("Content-Type")).toBe(type);
		expect(new Uint8Array(await answer.arrayBuffer())).toEqual(bytes);
	});

	it("of the same bytes again is answered the same and doubles nothing; another user's is that user's own", async () => {
		const [a, b] = [await newClient(), await newClient()];
		const bytes = freshPng();
		const first = await upload(a, bytes);
		const again = await upload(a, bytes);
		expect([again.status, again.body]).toEqual([201, first.body]);
		expect(await headSeq(a)).toBe(2);
		expect((await a.get(MEDIA)).body.items).toHaveLength(1);
		expect((await upload(b, bytes)).status).toBe(201);
		expect((await testEnv.CONTENT.list({ prefix: `media/${first.body.media}` })).objects).toHaveLength(1);
		expectProblem(await a.request("DELETE", `${MEDIA}/${sha256(png(1, 1))}`), "not-found");
	});

	it("twelve at once of the same bytes add one medium", async () => {
		const client = await newClient();
		const bytes = freshPng();
		const answers = await Promise.all(Array.from({ length: 12 }, () => upload(client, bytes)));
		expect(new Set(answers.map(({ status, body }) => `${status} ${JSON.stringify(body)}`)).size).toBe(1);
		expect(await headSeq(client)).toBe(2);
	});

	it("with the same key and other bytes is refused, with the same bytes replayed", async () => {
		const client = await newClient();
		const key = { "Idempotency-Key": "once" };
		const bytes = freshPng();
		expect((await upload(client, bytes, "image/png", key)).status).toBe(201);
		const replayed = await upload(client, bytes, "image/png", key);
		expect([replayed.status, replayed.headers.get("Idempotent-Replayed")]).toEqual([201, "true"]);
		expectProblem(await upload(client, freshPng(), "image/png", key), "idempotency-key-reused");
	});

	it("whose type lies is refused with what it is, and keeps nothing", async () => {
		const client = await newClient();
		const put = vi.spyOn(testEnv.CONTENT, "put");
		const svg = new TextEncoder().encode("<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>");
		const html = new TextEncoder().encode("<!doctype html><script>alert(1)</script>");
		for (const [bytes, type, is] of [
			[png(1, 1), "image/gif", "image/png"],
			[gif(1, 1), "image/jpeg", "image/gif"],
			[svg, "image/png", "none of"],
			[html, "image/webp", "none of"],
			[new Uint8Array(), "image/png", "none of"],
		] as const) {
			const answer = await upload(client, bytes, type);
			expectProblem(answer, "invalid-request", ["/Content-Type"]);
			expect(answer.body.errors[0]).toMatchObject({ in: "header", detail: expect.stringContaining(is) });
		}
		for (const bytes of EVERY_FORMAT.map(([, type, whole]) => [type, whole.slice(0, 12)] as const)) {
			expectProblem(await upload(client, bytes[1], bytes[0]), "invalid-request", [""]);
		}
		expect(put).not.toHaveBeenCalled();
		expect(await headSeq(client)).toBe(0);
	});

	it.each(["image/svg+xml", "text/html", "application/json", "image/*", "image/png2", ""])(
		"of the type %s is 415",
		async (type) => {
			const client = await newClient();
			const headers: Record<string, string> = type === "" ? {} : { "Content-Type": type };
			const answer = await client.request("POST", MEDIA, { raw: freshPng(), headers });
			expectProblem(answer, "unsupported-media-type");
			expect(answer.body.detail).toContain("image/png");
		},
	);

	it("that is compressed is 415, and parameters of its type do no harm", async () => {
		const client = await newClient();
		const gzip = { "Content-Encoding": "gzip" };
		expectProblem(await upload(client, freshPng(), "image/png", gzip), "unsupported-media-type");
		expect((await upload(client, freshPng(), "IMAGE/PNG; charset=utf-8")).status).toBe(201);
	});

	it("of an image with HTML after it stays an image for whoever reads it", async () => {
		const client = await newClient();
		const html = new TextEncoder().encode("<script>alert(1)</script>");
		const bytes = new Uint8Array([...gif(3, 5), ...html]);
		const { body } = await upload(client, bytes, "image/gif");
		const { headers } = await image(body.media);
		expect(headers.get("Content-Type")).toBe("image/gif");
		expect(headers.get("X-Content-Type-Options")).toBe("nosniff");
		expect(headers.get("Content-Security-Policy")).toBe("default-src 'none'; sandbox");
	});

	it("has at most so many bytes, also without Content-Length", async () => {
		const client = await newClient();
		const most = new Uint8Array(MEDIA_BYTES_MAX);
		most.set(freshPng());
		expect((await upload(client, most)).body.bytes).toBe(MEDIA_BYTES_MAX);
		const more = new Uint8Array(MEDIA_BYTES_MAX + 1);
		more.set(most);
		for (const body of [more, new Response(more).body ?? ""]) {
			const answer = await upload(client, body);
			expectProblem(answer, "payload-too-large");
			expect(answer.body.limit_bytes).toBe(MEDIA_BYTES_MAX);
		}
		// A body without an end is not read to it.
		let pulled = 0;
		const endless = new ReadableStream({
			pull(controller) {
				pulled += 1_000_000;
				controller.enqueue(new Uint8Array(1_000_000));
			},
		});
		expectProblem(await upload(client, endless), "payload-too-large");
		expect(pulled).toBeLessThan(MEDIA_BYTES_MAX * 2);
		expect((await client.get(MEDIA)).body.items).toHaveLength(1);
	});

	it("has at most so many pixels on a side and in all", async () => {
		const client = await newClient();
		const side = MEDIA_SIDE_PX_MAX;
		const rest = Math.floor(MEDIA_PIXELS_MAX / side);
		for (const [width, height] of [
			[side, 1],
			[1, side],
			[side, rest],
		] as const) {
			expect((await upload(client, png(width, height))).body).toMatchObject({ width, height });
		}
		for (const [width, height] of [
			[side + 1, 1],
			[1, side + 1],
			[side, rest + 1],
			[0, 1],
			[1, 0],
			[0xffffffff, 0xffffffff],
		] as const) {
			expectProblem(await upload(client, png(width, height)), "invalid-request", [""]);
		}
	});

	it("beyond the number or the bytes that a user may have is a conflict", async () => {
		const client = await newClient();
		await uploaded(client);
		const setTotals = (items: number, bytes: number) =>
			runInDurableObject(client.shard(), (_, { storage: { sql } }) => {
				sql.exec("UPDATE media_totals SET items = ?, bytes = ?", items, bytes);
			});
		await setTotals(MEDIA_PER_USER_MAX - 1, 100);
		const known = freshPng();
		await uploaded(client, known);
		const put = vi.spyOn(testEnv.CONTENT, "put");
		expectProblem(await upload(client, freshPng()), "conflict");
		expect(put).not.toHaveBeenCalled();
		expect((await upload(client, known)).status).toBe(201);
		const next = freshPng();
		await setTotals(1, MEDIA_BYTES_PER_USER_MAX - next.length + 1);
		expectProblem(await upload(client, next), "conflict");
		await setTotals(1, MEDIA_BYTES_PER_USER_MAX - next.length);
		expect((await upload(client, next)).status).toBe(201);
	});

	it("for a shard of another tenant is 403, and its bytes are not stored", async () => {
		const { user } = await newClient();
		await uploaded(await newClient({ user }));
		const put = vi.spyOn(testEnv.CONTENT, "put");
		expectProblem(await upload(await newClient({ user }), freshPng()), "forbidden");
		expect(put).not.toHaveBeenCalled();
	});

	it("that finds no room between the question and the command is refused there too", async () => {
		const client = await newClient();
		await uploaded(client);
		await runInDurableObject(client.shard(), (_, { storage: { sql } }) => {
			sql.exec("UPDATE media_totals SET items = ?", MEDIA_PER_USER_MAX);
		});
		const { user, tenant } = client;
		const who = { user, tenant, actor: user, now: Date.now(), request_id: "test" };
		const image = { media: "0".repeat(64), type: "image/png" as const, bytes: 9, width: 1, height: 1 };
		const { outcome } = await client.shard().media.add(who, image);
		expect(outcome).toMatchObject({ ok: false, refusal: { code: "conflict" } });
	});

	it("whose bytes could not be stored adds nothing", async () => {
		const client = await newClient();
		vi.spyOn(testEnv.CONTENT, "put").mockRejectedValue(new Error("R2 is down"));
		vi.spyOn(console, "error").mockImplementation(() => undefined);
		expectProblem(await upload(client, freshPng()), "internal-error");
		vi.restoreAllMocks();
		expect(await headSeq(client)).toBe(0);
	});
});

describe("the address of an image", () => {
	it("needs no credential, lets any page show it and any cache keep it for ever", async () => {
		const media = await uploaded(await newClient());
		const answer = await image(media);
		await answer.arrayBuffer();
		expect(Object.fromEntries(answer.headers)).toMatchObject({
			"cache-control": "public, max-age=31536000, immutable",
			"cross-origin-resource-policy": "cross-origin",
			etag: `"${media}"`,
		});
	});

	it("answers a matching If-None-Match with 304 and HEAD without a body", async () => {
		const media = await uploaded(await newClient());
		for (const header of [`"${media}"`, `W/"${media}"`, `"x", "${media}"`, "*"]) {
			const answer = await image(media, { headers: { "If-None-Match": header } });
			expect([answer.status, await answer.text()]).toEqual([304, ""]);
			expect(answer.headers.get("ETag")).toBe(`"${media}"`);
		}
		const other = await image(media, { headers: { "If-None-Match": `"${"0".repeat(64)}"` } });
		expect([other.status, (await other.arrayBuffer()).byteLength > 0]).toEqual([200, true]);
		const head = await image(media, { method: "HEAD" });
		expect([head.status, await head.text()]).toEqual([200, ""]);
		expect(head.headers.get("Content-Type")).toBe("image/png");
	});

	it("of nothing is 404, of no hash 400, with another method 401 or 405; none of it may be cached", async () => {
		expectProblem(await call(`/v1/media/${"0".repeat(64)}`), "not-found");
		expectProblem(await call("/v1/media/x"), "invalid-request", ["/media"]);
		expectProblem(await call(`/v1/media/${"0".repeat(64)}`, { method: "PUT" }), "unauthenticated");
		expectProblem(await (await newClient()).request("DELETE", `/v1/media/${"0".repeat(64)}`), "method-not-allowed");
		// Contents of quizzes, with their keys, lie in the same bucket under their hashes.
		const author = await newClient();
		const quiz = await publishedQuiz(author);
		const content = await contentHash(author, quiz);
		expect(await testEnv.CONTENT.head(content)).not.toBeNull();
		expectProblem(await call(`/v1/media/${content}`), "not-found");
	});
});

describe("a quiz", () => {
	it("names media of its author's, which takers see; questions of every type may show one", async () => {
		const author = await newClient();
		const [shown, thumbnail] = [await uploaded(author), await uploaded(author)];
		const document = everyType();
		for (const { questions } of document.subjects) {
			for (const question of questions) question.image = { media: shown, alt: " What it shows " };
		}
		const quiz = await publishedQuiz(author, { ...document, thumbnail });
		const { body } = await (await newClient()).get(`/v1/quizzes/${quiz}`);
		expect(body.thumbnail).toBe(thumbnail);
		const questions = body.subjects.flatMap((subject: { questions: object[] }) => subject.questions);
		expect(questions).toHaveLength(9);
		for (const question of questions) expect(question.image).toEqual({ media: shown, alt: "What it shows" });
		expect((await author.get(`${QUIZZES}/${quiz}`)).body.content.thumbnail).toBe(thumbnail);
	});

	it("that names media that its author does not have is 400 with each pointer, and nothing changes", async () => {
		const [author, other] = [await newClient(), await newClient()];
		const own = await uploaded(author);
		const foreign = await uploaded(other);
		const pointers = ["/thumbnail", "/subjects/0/questions/0/image/media"];
		expectProblem(await author.post(QUIZZES, illustrated(foreign, "0".repeat(64))), "invalid-request", pointers);
		expectProblem(await author.post(QUIZZES, illustrated(foreign, own)), "invalid-request", pointers.slice(1));
		const quiz = await drafted(author, illustrated(own, own));
		const before = await headSeq(author);
		const path = `${QUIZZES}/${quiz}`;
		const revised = await author.put(path, illustrated(own, foreign), { "If-Match": "*" });
		expectProblem(revised, "invalid-request", pointers.slice(0, 1));
		expect(await headSeq(author)).toBe(before);
	});

	it("with a bad hash, no text for those who do not see, or a field more is 400 with its pointer", async () => {
		const author = await newClient();
		const media = await uploaded(author);
		const at = "/subjects/0/questions/0/image";
		const bad = async (image: unknown, ...pointers: string[]) => {
			const document = illustrated(media);
			Object.assign(document.subjects[0]?.questions[0] ?? {}, { image });
			expectProblem(await author.post(QUIZZES, document), "invalid-request", pointers);
		};
		await bad({ media: media.toUpperCase(), alt: "x" }, `${at}/media`);
		await bad({ media }, `${at}/alt`);
		await bad({ media, alt: " " }, `${at}/alt`);
		await bad({ media, alt: "x".repeat(MEDIA_ALT_CHARS_MAX + 1) }, `${at}/alt`);
		await bad({ media, alt: "x", src: "https://elsewhere.example" }, `${at}/src`);
		await bad(media, at);
		expectProblem(await author.post(QUIZZES, { ...quizDocument(), thumbnail: "x" }), "invalid-request", ["/thumbnail"]);
		const most = illustrated(media);
		Object.assign(most.subjects[0]?.questions[0]?.image ?? {}, { alt: "x".repeat(MEDIA_ALT_CHARS_MAX) });
		expect((await author.post(QUIZZES, most)).status).toBe(201);
	});

	it("that is imported and names media which are not there is rejected alone, and the others keep theirs", async () => {
		const author = await newClient();
		const own = await uploaded(author);
		const quizzes = [illustrated("0".repeat(64)), illustrated(own), quizDocument()];
		const { status, body } = await author.post(`${QUIZZES}/imports`, { format: "json", quizzes });
		expect([status, body.created, body.rejected]).toEqual([200, 2, 1]);
		expect(body.items[0].errors).toMatchObject([{ pointer: "/quizzes/0/subjects/0/questions/0/image/media" }]);
		expect((await useOf(author, own)).uses).toBe(1);
		expect((await author.get("/v1/users/me/credits/verification")).body.ok).toBe(true);
	});

	it("that is exported says in GIFT and QTI that its images are not in the file, and in JSON which they are", async () => {
		const author = await newClient();
		const own = await uploaded(author);
		const quiz = await drafted(author, illustrated(own));
		for (const format of ["gift", "qti"]) {
			const { text } = await author.get(`${QUIZZES}/${quiz}/export?format=${format}`);
			expect(text).toContain("degraded: 1: Its image is not in this file. It shows: What it shows");
			expect(text).not.toContain("degraded: 2: Its image");
		}
		const { body } = await author.get(`${QUIZZES}/${quiz}/export?format=json`);
		expect((await author.post(QUIZZES, body)).body.content).toEqual(body);
	});

	it("keeps its media as long as its draft or a version names them", async () => {
		const author = await newClient();
		const [first, second] = [await uploaded(author), await uploaded(author)];
		const quiz = await drafted(author, illustrated(first));
		const revise = async (document: QuizDocument) =>
			expect((await author.put(`${QUIZZES}/${quiz}`, document, { "If-Match": "*" })).status).toBe(200);
		const uses = async () => [(await useOf(author, first))?.uses, (await useOf(author, second))?.uses];
		expect(await uses()).toEqual([1, 0]);
		await author.put(`${QUIZZES}/${quiz}/publication`, { visibility: "private" });
		expect(await uses()).toEqual([2, 0]);
		await revise(illustrated(second));
		expect(await uses()).toEqual([1, 1]);
		const refused = await author.request("DELETE", `${MEDIA}/${first}`);
		expectProblem(refused, "conflict");
		expect(refused.body.detail).toContain("1");
		expect((await useOf(author, first)).unused_since).toBeNull();
		await revise(quizDocument());
		expect((await useOf(author, second)).unused_since).toEqual(expect.any(Number));
		const removed = await author.request("DELETE", `${MEDIA}/${second}`, { headers: { Prefer: "wait=20" } });
		expect([removed.status, removed.body.media]).toEqual([200, second]);
		expectProblem(await author.request("DELETE", `${MEDIA}/${second}`), "not-found");
		expectProblem(await author.post(QUIZZES, illustrated(second)), "invalid-request");
		expect((await author.get("/v1/users/me/credits/verification")).body.ok).toBe(true);
	});

	it("of as many questions as it may have can show an image in each, all in one event", async () => {
		const author = await newClient();
		const names = Array.from({ length: QUIZ_QUESTIONS_MAX + 1 }, (_, n) => `many ${n}`);
		const hashes = await addRows(author, names);
		const document = { ...quizDocument("Many", QUIZ_QUESTIONS_MAX), thumbnail: hashes[0] ?? "" };
		document.subjects[0]?.questions.forEach((question, n) => {
			question.image = { media: hashes[n + 1] ?? "", alt: "x" };
		});
		await drafted(author, document);
		const rows = (await author.get(`/v1/users/me/log?after=${await headSeq(author).then((seq) => seq - 1)}`)).body
			.items;
		expect(rows).toMatchObject([{ kind: "media.used" }]);
		expect(rows[0].body.media).toHaveLength(QUIZ_QUESTIONS_MAX + 1);
		await caughtUp(author);
	});
});

it("the list of media goes page by page, newest first", async () => {
	const client = await newClient();
	const hashes: string[] = [];
	for (let n = 0; n < 5; n++) hashes.unshift(await uploaded(client));
	const { items, pages } = await everyItem(client, `${MEDIA}?limit=2`);
	expect([pages, items.map(({ media }) => media)]).toEqual([3, hashes]);
});

describe("a medium that nothing names", () => {
	const MONTH_MS = MEDIA_UNUSED_KEPT_MS;
	const kept = async (client: Client) =>
		(await client.get(MEDIA)).body.items.map(({ media }: { media: string }) => media);
	/** The user's own client at that time. */
	const then = async (client: Client, now: number) => {
		vi.useFakeTimers({ toFake: ["Date"], now });
		return newClient({ user: client.user, tenant: client.tenant });
	};

	it("is dropped by the alarm after its time and not before; one that is named stays", async () => {
		const start = Date.now() + MINUTE_MS;
		let client = await then(await newClient(), start);
		const [unused, used, late] = [await uploaded(client), await uploaded(client), await uploaded(client)];
		const quiz = await drafted(client, illustrated(used, late));
		client = await then(client, start + 1_000);
		await client.put(`${QUIZZES}/${quiz}`, illustrated(used), { "If-Match": "*" });
		client = await then(client, start + MONTH_MS - 1);
		await runDurableObjectAlarm(client.shard());
		expect(await kept(client)).toEqual([late, used, unused]);
		client = await then(client, start + MONTH_MS);
		await runDurableObjectAlarm(client.shard());
		expect(await kept(client)).toEqual([late, used]);
		client = await then(client, start + 1_000 + MONTH_MS);
		// Without the alarm too.
		expect(await kept(client)).toEqual([used]);
		const { items } = (await client.get("/v1/users/me/log?limit=100")).body;
		expect(items.slice(-2)).toMatchObject(
			[unused, late].map((media, n) => ({
				kind: "media.removed",
				actor: "system",
				at: start + MONTH_MS + n * 1_000,
				body: { media, reason: "unused" },
			})),
		);
		expect((await client.get("/v1/users/me/credits/verification")).body.ok).toBe(true);
	});

	it("is unused once the quiz that named it has been purged, with all its versions, and not before", async () => {
		const start = Date.now() + MINUTE_MS;
		let client = await then(await newClient(), start);
		const media = await uploaded(client);
		const quiz = await drafted(client, illustrated(media));
		await client.put(`${QUIZZES}/${quiz}/publication`, { visibility: "private" });
		expect((await client.request("DELETE", `${QUIZZES}/${quiz}`)).status).toBe(200);
		client = await then(client, start + QUIZ_DELETED_KEPT_MS - 1);
		expect(await useOf(client, media)).toMatchObject({ uses: 2, unused_since: null });
		client = await then(client, start + QUIZ_DELETED_KEPT_MS);
		const unused = { uses: 0, unused_since: start + QUIZ_DELETED_KEPT_MS };
		expect(await useOf(client, media)).toMatchObject(unused);
		expect((await client.get("/v1/users/me/credits/verification")).body.ok).toBe(true);
		client = await then(client, start + QUIZ_DELETED_KEPT_MS + MONTH_MS);
		expect(await kept(client)).toEqual([]);
		expect((await client.get("/v1/users/me/credits/verification")).body.ok).toBe(true);
	});

	it("has an alarm armed for the time when it is dropped, once the catalog has caught up", async () => {
		const start = Date.now() + MINUTE_MS;
		const client = await then(await newClient(), start);
		await uploaded(client);
		await caughtUp(client);
		await runDurableObjectAlarm(client.shard());
		const armed = await runInDurableObject(client.shard(), (_, { storage }) => storage.getAlarm());
		expect(armed).toBe(start + MONTH_MS);
	});

	it("and is uploaded again has its whole time again", async () => {
		const start = Date.now() + MINUTE_MS;
		let client = await then(await newClient(), start);
		const bytes = freshPng();
		const { body: first } = await upload(client, bytes);
		client = await then(client, start + DAY_MS);
		expect((await upload(client, bytes)).body).toEqual(first);
		expect(await headSeq(client)).toBe(2);
		client = await then(client, start + MONTH_MS - 1);
		expect((await upload(client, bytes)).body).toEqual(first);
		client = await then(client, start + 2 * MONTH_MS - 2);
		expect((await client.get(MEDIA)).body.items).toMatchObject([{ unused_since: start + MONTH_MS - 1 }]);
		client = await then(client, start + 2 * MONTH_MS - 1);
		expect(await kept(client)).toEqual([]);
		expect((await upload(client, bytes)).body.added_at).toBe(start + 2 * MONTH_MS - 1);
		expect((await client.get("/v1/users/me/credits/verification")).body.ok).toBe(true);
	});

	it("goes with a bounded number of others in one command, and the alarm goes on with the rest", async () => {
		const start = Date.now();
		let client = await then(await newClient(), start);
		await addRows(
			client,
			Array.from({ length: MEDIA_DROPPED_AT_ONCE_MAX + 3 }, (_, n) => `bounded ${n}`),
		);
		client = await then(client, start + MONTH_MS);
		expect(await kept(client)).toHaveLength(3);
		await runDurableObjectAlarm(client.shard());
		expect(await kept(client)).toEqual([]);
		expect((await client.get("/v1/users/me/credits/verification")).body.ok).toBe(true);
	});
});
