import { createExecutionContext } from "cloudflare:test";
import { exports } from "cloudflare:workers";
import { createHash } from "node:crypto";
import { gunzipSync } from "node:zlib";
import { afterEach, describe, expect, it, vi } from "vitest";
import { rowsReadBy } from "../../bench/cost/meter.ts";
import { app } from "../../src/api/app.ts";
import { isMoreLagging, readLag } from "../../src/catalog/replication/lagging.ts";
import { READY_LIFE_MS, READY_WAIT_MS } from "../../src/domain/limits.ts";
import { LAGGING_ROWS_READ_MAX } from "../../src/domain/log/limits.ts";
import worker from "../../src/index.ts";
import { newClient, testEnv } from "../lib/harness.ts";
import { png, uploaded } from "../lib/images.ts";

/** What is answered before anybody has said who they are: made once, or at a bounded price. */

afterEach(() => {
	vi.restoreAllMocks();
});

const NOW = 1_900_000_000_000;
const at = (now: number) => vi.useFakeTimers({ toFake: ["Date"], now });

describe("what anybody may ask for without a credential", () => {
	const GZIP = { "Accept-Encoding": "gzip" };
	const openApi = (headers: Record<string, string> = {}) =>
		worker.fetch(new Request("https://marksheet.test/openapi.json", { headers }), testEnv, createExecutionContext());

	it("the OpenAPI document is made once, compressed where the client takes it, and 304 to who has it", async () => {
		const made = vi.spyOn(app, "getOpenAPI31Document");
		const [plain, packed] = [await openApi(), await openApi(GZIP)];
		const text = await plain.text();
		const bytes = Buffer.from(await packed.arrayBuffer());
		expect(gunzipSync(bytes).toString()).toBe(text);
		expect(bytes.length).toBeLessThan(text.length / 5);
		expect(JSON.parse(text).openapi).toBe("3.1.0");
		for (const [answer, headers, coding] of [
			[plain, {}, null],
			[packed, GZIP, "gzip"],
		] as const) {
			expect(answer.headers.get("Content-Type")).toBe("application/json");
			expect(answer.headers.get("Content-Encoding")).toBe(coding);
			const etag = answer.headers.get("ETag") ?? "";
			const again = await openApi({ ...headers, "If-None-Match": etag });
			expect([again.status, await again.text()]).toEqual([304, ""]);
			expect((await openApi({ ...headers, "If-None-Match": '"other"' })).status).toBe(200);
		}
		expect(plain.headers.get("ETag")).not.toBe(packed.headers.get("ETag"));
		expect(made.mock.calls.length).toBeLessThanOrEqual(1);
	});

	it("readiness is looked at every few seconds, by one at a time, and no longer than three", async () => {
		at(NOW);
		const env = { ...testEnv } as Env;
		// Of shards of other tests that are behind; it is long after all of them.
		await testEnv.CATALOG.prepare("DELETE FROM lagging").run();
		const queries = vi.spyOn(testEnv.ACCOUNTS, "prepare");
		const ready = async () =>
			(await worker.fetch(new Request("https://marksheet.test/health/ready"), env, createExecutionContext())).status;
		for (let n = 0; n < 20; n++) expect(await ready()).toBe(200);
		expect(queries).toHaveBeenCalledTimes(1);
		at(NOW + READY_LIFE_MS - 1);
		expect(await ready()).toBe(200);
		expect(queries).toHaveBeenCalledTimes(1);
		vi.useFakeTimers({ toFake: ["Date", "setTimeout", "clearTimeout"], now: NOW + READY_LIFE_MS });
		queries.mockReturnValue({ first: () => new Promise(() => {}) } as unknown as D1PreparedStatement);
		const looks = ready();
		expect(await Promise.all([ready(), ready()])).toEqual([200, 200]);
		expect(queries).toHaveBeenCalledTimes(2);
		await vi.advanceTimersByTimeAsync(READY_WAIT_MS);
		expect([await looks, await ready()]).toEqual([503, 503]);
		vi.useRealTimers();
	});

	it("readiness reads a bounded number of rows, however many shards were found behind and are well again", async () => {
		const rows = `INSERT INTO lagging (user_id, head_seq, waiting_since, chain, found_at) WITH RECURSIVE n (i) AS
			(SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3 * ${LAGGING_ROWS_READ_MAX}) SELECT 'usr_well' || i, 0, 0, 'same', 0 FROM n`;
		await testEnv.CATALOG.prepare(rows).run();
		const read = await rowsReadBy(testEnv.CATALOG, (db) => readLag(db));
		expect(read).toBeLessThan(4 * LAGGING_ROWS_READ_MAX);
		expect(await isMoreLagging(testEnv.CATALOG)).toBe(true);
		await testEnv.CATALOG.prepare("DELETE FROM lagging").run();
		expect(await isMoreLagging(testEnv.CATALOG)).toBe(false);
	});

	it("an image that nobody has costs one read of the bucket, and one of the catalog in a minute", async () => {
		const { CONTENT, CATALOG } = testEnv;
		// Of its own, since shards read the catalog when they like.
		const bucket = { get: vi.fn((key: string) => CONTENT.get(key)), head: vi.fn((key: string) => CONTENT.head(key)) };
		const catalog = { withSession: vi.fn((constraint: string) => CATALOG.withSession(constraint)) };
		const env = { ...testEnv, CONTENT: bucket, CATALOG: catalog } as unknown as Env;
		const hash = Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString("hex");
		for (let n = 1; n <= 3; n++) {
			const request = new Request(`https://marksheet.test/v1/media/${hash}`);
			const answer = await worker.fetch(request, env, createExecutionContext());
			expect(answer.status).toBe(404);
			const calls = [bucket.get, bucket.head, catalog.withSession].map(({ mock }) => mock.calls.length);
			expect(calls).toEqual([n, 0, 1]);
		}
	});

	it("an image that was asked for in vain is there once somebody has uploaded it", async () => {
		const client = await newClient();
		const bytes = png(7, 9);
		const path = `/v1/media/${createHash("sha256").update(bytes).digest("hex")}`;
		const get = () => exports.default.fetch(new Request(`https://marksheet.test${path}`));
		expect((await get()).status).toBe(404);
		await uploaded(client, bytes);
		expect((await get()).status).toBe(200);
	});
});
