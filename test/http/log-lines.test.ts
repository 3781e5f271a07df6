import { createMessageBatch, runInDurableObject } from "cloudflare:test";
import { afterEach, describe, expect, it, vi } from "vitest";
import { receive } from "../../src/catalog/replication/receiver.ts";
import { isSampled } from "../../src/domain/log-lines.ts";
import { successShareOf } from "../../src/env.ts";
import { UserShard } from "../../src/index.ts";
import { word } from "../../src/log-line.ts";
import { newClient, testEnv } from "../lib/harness.ts";

/** What is written to the log, and how much of it. */

afterEach(() => {
	vi.restoreAllMocks();
});

describe("log lines", () => {
	/** So that lines of what else is going on can be told apart. */
	const QUEUE = "marksheet-lines";
	type Spy = { mock: { calls: unknown[][] } };
	const lines = (spy: Spy): Record<string, unknown>[] => spy.mock.calls.map(([line]) => JSON.parse(String(line)));

	it.each([
		["1", 1],
		["0.05", 0.05],
		["0", 0],
		["1.5", 1],
		["often", 1],
		["", 1],
		[undefined, 1],
	])("of successes are kept to a share of %s: %d", (LOG_SUCCESS_SHARE, share) => {
		vi.spyOn(console, "error").mockImplementation(() => undefined);
		expect(successShareOf({ ...testEnv, LOG_SUCCESS_SHARE } as unknown as Env)).toBe(share);
		const random = vi.spyOn(Math, "random");
		const kept = [0, 0.04, 0.05, 0.99].map((draw) => {
			random.mockReturnValue(draw);
			return isSampled(share);
		});
		expect(kept).toEqual([0, 0.04, 0.05, 0.99].map((draw) => draw < share));
	});

	it.each([
		["usr_01-a", "usr_01-a"],
		["quizzes.end_plan", "quizzes.end_plan"],
		["", "(0 characters)"],
		["Write a quiz about whales.", "(26 characters)"],
		['{"1":0}', "(7 characters)"],
		[`${"e".repeat(40)}.${"y".repeat(120)}.${"J".repeat(86)}`, "(248 characters)"],
	])("show of %j, which may be an id or a name, %j", (text, shown) => {
		expect(word(text)).toBe(shown);
	});

	it("of batches with which something was wrong are all kept, those of the others by the share", async () => {
		const log = vi.spyOn(console, "log").mockImplementation(() => undefined);
		vi.spyOn(console, "error").mockImplementation(() => undefined);
		const batch = (body: unknown) =>
			createMessageBatch(QUEUE, [{ id: crypto.randomUUID(), timestamp: new Date(0), attempts: 1, body }]);
		const kept = () => lines(log).filter(({ at, queue }) => at === "queue" && queue === QUEUE).length;
		const row = { kind: "shard.opened", at: 1, actor: "usr_lines", subject: "usr_lines", body: {} };
		const late = { v: 1, shard: "usr_lines", first: 5, last: 5, hash: "0".repeat(64), rows: [row] };
		await receive(testEnv.CATALOG, batch(late), 0, 0);
		expect(kept()).toBe(0);
		await receive(testEnv.CATALOG, batch(late), 0, 1);
		await receive(testEnv.CATALOG, batch("what is this"), 0, 0);
		vi.spyOn(testEnv.CATALOG, "prepare").mockImplementation(() => {
			throw new Error("D1_ERROR: Network connection lost.");
		});
		await receive(testEnv.CATALOG, batch(late), 0, 0);
		expect(kept()).toBe(3);
	});

	it("of commands are kept by the share", async () => {
		const { user, tenant, shard } = await newClient();
		const call = { user, tenant, actor: user, now: 1, request_id: "r" };
		const written = await runInDurableObject(shard(), (_, ctx) => {
			const log = vi.spyOn(console, "log").mockImplementation(() => undefined);
			for (const LOG_SUCCESS_SHARE of ["0", "1"]) {
				const env = { ...testEnv, LOG_SUCCESS_SHARE } as unknown as Env;
				new UserShard(ctx, env).credits.grant(call, { amount: 1, kind: "bonus", priority: 50 });
			}
			return lines(log).map(({ at }) => at);
		});
		expect(written).toEqual(["command"]);
	});
});
