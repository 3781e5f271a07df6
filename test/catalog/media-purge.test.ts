import { evictDurableObject } from "cloudflare:test";
import { exports } from "cloudflare:workers";
import { afterEach, describe, expect, it, vi } from "vitest";
import {
	MEDIA_ASIDE_KEPT_MS,
	MEDIA_FRESH_MS,
	MEDIA_PURGE_MOVES_MAX,
	MEDIA_PURGE_PAGE_OBJECTS,
	MEDIA_PURGE_PAGES_MAX,
} from "../../src/domain/media/limits.ts";
import { DAY_MS } from "../../src/domain/units.ts";
import { purgeMedia } from "../../src/ops/media-purge.ts";
import { daily } from "../../src/ops/upkeep.ts";
import {
	type Client,
	call,
	caughtUp,
	deliver,
	expectProblem,
	interceptQueue,
	newClient,
	testEnv,
} from "../lib/harness.ts";
import { freshPng, sha256, upload, uploaded } from "../lib/images.ts";

/** The bytes of images in R2: they stay until the last one who has them lets go, and no longer. */

afterEach(async () => {
	vi.restoreAllMocks();
	await testEnv.CATALOG.prepare("DELETE FROM media_purge").run();
});

const NIGHT_MS = DAY_MS;
const FRESH_MS = MEDIA_FRESH_MS;
/** R2 says when an object was written by its own clock, so nights are counted from now. */
const purgeAfter = (age_ms: number) => purgeMedia(testEnv, Date.now() + age_ms);
const night = () => purgeAfter(FRESH_MS + 1_000);
const aWeekLater = () => purgeAfter(MEDIA_ASIDE_KEPT_MS + 1_000);

const statusOf = async (hash: string) => (await call(`/v1/media/${hash}`)).status;
const keysOf = async (hash: string) => {
	const keys: string[] = [];
	for (const prefix of ["media/", "media-aside/"]) if (await testEnv.CONTENT.head(prefix + hash)) keys.push(prefix);
	return keys;
};

async function bytesAt(hash: string): Promise<Uint8Array | null> {
	const answer = await exports.default.fetch(new Request(`https://marksheet.test/v1/media/${hash}`));
	const bytes = new Uint8Array(await answer.arrayBuffer());
	return answer.status === 200 ? bytes : null;
}

async function letGo(client: Client, hash: string): Promise<void> {
	const headers = { Prefer: "wait=20" };
	expect((await client.request("DELETE", `/v1/users/me/media/${hash}`, { headers })).status).toBe(200);
}

describe("bytes that several users have", () => {
	it("survive until the last of them has let go, are then 404 at once, and gone after a week", async () => {
		const [a, b] = [await newClient(), await newClient()];
		const bytes = freshPng();
		const hash = await uploaded(a, bytes);
		await uploaded(b, bytes);
		await caughtUp(b);
		await letGo(a, hash);
		await night();
		expect(await bytesAt(hash)).toEqual(bytes);
		await letGo(b, hash);
		expect(await statusOf(hash)).toBe(200);
		expect((await night()).aside).toBeGreaterThan(0);
		expectProblem(await call(`/v1/media/${hash}`), "not-found");
		expect(await keysOf(hash)).toEqual(["media-aside/"]);
		await purgeAfter(MEDIA_ASIDE_KEPT_MS - NIGHT_MS);
		expect(await keysOf(hash)).toEqual(["media-aside/"]);
		await aWeekLater();
		expect(await keysOf(hash)).toEqual([]);
		// Whoever wants them again uploads them again.
		await uploaded(b, bytes);
		expect(await bytesAt(hash)).toEqual(bytes);
	});

	it("that were put aside are put back by whoever uploads them again", async () => {
		const client = await newClient();
		const bytes = freshPng();
		const hash = await uploaded(client, bytes);
		await caughtUp(client);
		await letGo(client, hash);
		await night();
		expect(await statusOf(hash)).toBe(404);
		await uploaded(client, bytes);
		expect(await bytesAt(hash)).toEqual(bytes);
		await caughtUp(client);
		await aWeekLater();
		expect(await bytesAt(hash)).toEqual(bytes);
		expect(await keysOf(hash)).toEqual(["media/"]);
	});
});

describe("an upload in the very moment of a purge loses nothing", () => {
	/** The purge has decided on the bytes of `hash`; while it is about to do `step`, another user uploads them again. */
	async function raced(step: "get" | "put" | "delete", when: "before" | "after") {
		const [a, b] = [await newClient(), await newClient()];
		const bytes = freshPng();
		const hash = await uploaded(a, bytes);
		await caughtUp(a);
		await letGo(a, hash);
		const original = testEnv.CONTENT[step].bind(testEnv.CONTENT) as (...args: unknown[]) => Promise<unknown>;
		let uploads = 0;
		const spy = vi.spyOn(testEnv.CONTENT, step);
		spy.mockImplementation((async (...args: unknown[]) => {
			if (!String(args[0]).includes(hash) || uploads > 0) return original(...args);
			uploads++;
			const result = when === "after" ? await original(...args) : undefined;
			expect((await upload(b, bytes)).status).toBe(201);
			return when === "after" ? result : original(...args);
		}) as never);
		await night();
		expect(uploads).toBe(1);
		vi.restoreAllMocks();
		await caughtUp(b);
		return { hash, bytes };
	}

	const moments = (["get", "put", "delete"] as const).flatMap((step) => [
		[step, "before"] as const,
		[step, "after"] as const,
	]);

	it.each(moments)("(%s, %s it) whether it is read in between", async (step, when) => {
		const { hash, bytes } = await raced(step, when);
		expect(await bytesAt(hash)).toEqual(bytes);
		expect(await keysOf(hash)).toContain("media/");
		await aWeekLater();
		expect(await bytesAt(hash)).toEqual(bytes);
		expect(await keysOf(hash)).toEqual(["media/"]);
	});

	it.each(moments)("(%s, %s it) or not", async (step, when) => {
		const { hash, bytes } = await raced(step, when);
		expect((await aWeekLater()).waits).toBe(false);
		expect(await keysOf(hash)).toEqual(["media/"]);
		expect(await bytesAt(hash)).toEqual(bytes);
	});

	it("because the purge had copied the bytes aside: without that they would be gone", async () => {
		const { hash } = await raced("delete", "before");
		expect(await keysOf(hash)).toEqual(["media-aside/"]);
	});
});

describe("what the catalog cannot know is not purged", () => {
	it("bytes that are younger than a day, whose log may be on its way", async () => {
		const client = await newClient();
		const hash = await uploaded(client);
		await caughtUp(client);
		await letGo(client, hash);
		await purgeAfter(FRESH_MS - 10_000);
		expect(await statusOf(hash)).toBe(200);
		await night();
		expect(await statusOf(hash)).toBe(404);
	});

	it("bytes of an upload that added nothing go, once the catalog knows who uploaded them", async () => {
		const stranger = "usr_not_in_the_directory";
		const client = await newClient();
		await uploaded(client);
		await caughtUp(client);
		const [orphan, unknown] = [freshPng(), freshPng()];
		for (const [bytes, user] of [
			[orphan, client.user],
			[unknown, stranger],
		] as const) {
			await testEnv.CONTENT.put(`media/${sha256(bytes)}`, bytes, {
				httpMetadata: { contentType: "image/png" },
				customMetadata: { user },
			});
		}
		await night();
		expect(await keysOf(sha256(orphan))).toEqual(["media-aside/"]);
		// As it would be of everybody's after the catalog was lost.
		expect(await keysOf(sha256(unknown))).toEqual(["media/"]);
	});

	it.each([
		[
			"a shard is behind",
			"INSERT INTO lagging (user_id, head_seq, waiting_since, chain, found_at) VALUES ('usr_late', 9, 0, 'same', 0)",
			"DELETE FROM lagging",
		],
		[
			"a row could not be applied",
			"INSERT INTO dead_letters (user_id, seq, error, row, at) VALUES ('usr_x', 1, 'e', '{}', 0)",
			"DELETE FROM dead_letters",
		],
		[
			"a rebuild is under way",
			"INSERT INTO rebuilds (number, user_id, phase, position, shards, events, started_at, updated_at, finished_at) VALUES (1, NULL, 'pull', 0, 0, 0, 0, 0, NULL)",
			"DELETE FROM rebuilds",
		],
	])("anything while %s", async (_, cause, end) => {
		const client = await newClient();
		const hash = await uploaded(client);
		await caughtUp(client);
		await letGo(client, hash);
		await testEnv.CATALOG.prepare(cause).run();
		expect(await night()).toEqual({ waits: true, aside: 0, back: 0, removed: 0 });
		await testEnv.CATALOG.prepare(end).run();
		expect(await statusOf(hash)).toBe(200);
		expect((await night()).waits).toBe(false);
		expect(await statusOf(hash)).toBe(404);
	});
});

it("events that come late, twice or out of order end right: the newest says who has what", async () => {
	const client = await newClient();
	await client.get("/v1/users/me/sync");
	const { messages, restore } = await interceptQueue(client);
	const bytes = freshPng();
	const hash = await uploaded(client, bytes);
	await client.request("DELETE", `/v1/users/me/media/${hash}`);
	await uploaded(client, bytes);
	await client.request("DELETE", `/v1/users/me/media/${hash}`);
	restore();
	await evictDurableObject(client.shard());
	const [first, ...rest] = messages;
	await deliver([first, first]);
	const holders = async () =>
		(await testEnv.CATALOG.prepare("SELECT removed_at, seq FROM media_holders WHERE hash = ?").bind(hash).all())
			.results;
	expect(await holders()).toEqual([{ removed_at: null, seq: 2 }]);
	await deliver([...rest, ...rest]);
	const last = [{ removed_at: expect.any(Number), seq: 5 }];
	expect(await holders()).toEqual(last);
	// A dead letter that is driven again once newer events are in.
	const { applyDead } = await import("../../src/catalog/replication/dead-letters.ts");
	await testEnv.CATALOG.prepare("INSERT INTO dead_letters (user_id, seq, error, row, at) VALUES (?, 4, '', '{}', 0)")
		.bind(client.user)
		.run();
	const body = { media: hash, type: "image/png" as const, bytes: bytes.length, width: 4, height: 4 };
	await applyDead(testEnv.CATALOG, client.user, {
		seq: 4,
		at: 0,
		actor: client.user,
		kind: "media.added",
		subject: hash,
		body,
	});
	expect(await holders()).toEqual(last);
});

it("one night does a bounded number, page by page, and the next goes on where it stopped", async () => {
	await night();
	await testEnv.CATALOG.prepare("DELETE FROM media_purge").run();
	const client = await newClient();
	const hashes: string[] = [];
	for (let n = 0; n < 7; n++) hashes.push(await uploaded(client));
	await caughtUp(client);
	for (const hash of hashes) await letGo(client, hash);
	const list = testEnv.CONTENT.list.bind(testEnv.CONTENT);
	const lists = vi.spyOn(testEnv.CONTENT, "list").mockImplementation((options) => {
		expect(options?.limit).toBe(MEDIA_PURGE_PAGE_OBJECTS);
		return list({ ...options, limit: 1 });
	});
	const before = (await list({ prefix: "media/" })).objects.length;
	let nights = 0;
	for (let aside = 0; aside < hashes.length; nights++) {
		lists.mockClear();
		aside += (await night()).aside;
		const pages = lists.mock.calls.filter(([options]) => options?.prefix === "media/").length;
		expect(pages).toBeLessThanOrEqual(MEDIA_PURGE_PAGES_MAX);
		expect(nights).toBeLessThan(10);
	}
	expect(before).toBeGreaterThan(MEDIA_PURGE_PAGES_MAX);
	expect(nights).toBeGreaterThan(1);
});

it("one night puts aside no more than it may, and the next the rest", async () => {
	const client = await newClient();
	await uploaded(client);
	await caughtUp(client);
	await night();
	await testEnv.CATALOG.prepare("DELETE FROM media_purge").run();
	const metadata = { httpMetadata: { contentType: "image/png" }, customMetadata: { user: client.user } };
	for (let n = 0; n < MEDIA_PURGE_MOVES_MAX + 2; n++) {
		const bytes = new TextEncoder().encode(`orphan ${n}`);
		await testEnv.CONTENT.put(`media/${sha256(bytes)}`, bytes, metadata);
	}
	expect((await night()).aside).toBe(MEDIA_PURGE_MOVES_MAX);
	expect((await night()).aside).toBe(2);
});

it("the daily upkeep purges", async () => {
	const client = await newClient();
	const hash = await uploaded(client);
	await caughtUp(client);
	await letGo(client, hash);
	await daily(testEnv, Date.now() + FRESH_MS + 1_000);
	expect(await statusOf(hash)).toBe(404);
});
