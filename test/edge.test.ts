import { createExecutionContext, createMessageBatch, runInDurableObject } from "cloudflare:test";
import { exports } from "cloudflare:workers";
import { afterEach, describe, expect, it, vi } from "vitest";
import { receive } from "../src/catalog/receiver.ts";
import { isSampled } from "../src/domain/log-lines.ts";
import { successShareOf } from "../src/env.ts";
import worker, { UserShard } from "../src/index.ts";
import { type Client, newClient, testEnv } from "./harness.ts";
import { OPERATIONS, send, userWithThings } from "./operations.ts";

/** What stands before the operations: addresses in answers, limits of requests, and what is answered without a credential. */

afterEach(() => {
	vi.restoreAllMocks();
});

/** The same caller, at an address that the service does not have. */
function elsewhere(client: Client): Client {
	const request: Client["request"] = async (method, path, { body, raw, headers } = {}) => {
		const all = { Authorization: `Bearer ${client.token}`, "Content-Type": "application/json", ...headers };
		const sent = raw ?? (body === undefined ? null : JSON.stringify(body));
		const init = { method, headers: { ...all, Host: "elsewhere.test" }, body: sent, redirect: "manual" } as const;
		const response = await exports.default.fetch(new Request(`https://elsewhere.test${path}`, init));
		const text = await response.text();
		return { status: response.status, headers: response.headers, body: text, text };
	};
	return { ...client, request };
}

describe("addresses in answers", () => {
	/** One user for all operations; what one of them changes matters to none of the others here. */
	let things: ReturnType<typeof userWithThings> | undefined;

	it.each(OPERATIONS)("of $name do not come of the Host header", async (operation) => {
		things ??= userWithThings();
		const own = await things;
		for (const sender of [own.client, await newClient()]) {
			const { status, headers, text } = await send(elsewhere(sender), operation, own, "me");
			expect(text, String(status)).not.toContain("elsewhere");
			expect(JSON.stringify([...headers])).not.toContain("elsewhere");
		}
	});

	it("of the next page, of an image, of a problem and of a quiz's current slug begin with the configured origin", async () => {
		const { client, media } = await userWithThings();
		const at = elsewhere(client);
		await client.post("/v1/users/me/credits/holds", { amount: 1 });
		const page = await at.request("GET", "/v1/users/me/credits/holds?limit=1");
		expect(page.headers.get("Link")).toMatch(
			/^<https:\/\/marksheet\.test\/v1\/users\/me\/credits\/holds\?limit=1&cursor=/,
		);
		const images = JSON.parse((await at.request("GET", "/v1/users/me/media")).text);
		expect(images.items[0].url).toBe(`https://marksheet.test/v1/media/${media}`);
		const nothing = JSON.parse((await at.request("GET", "/v1/nothing")).text);
		expect(nothing.type).toBe("https://marksheet.test/problems/not-found");
	});

	it.each([undefined, "", "marksheet.test", "https://marksheet.test/", "https://marksheet.test/api", "*"])(
		"where the origin is set to %s begin with their path, and nothing fails for it",
		async (PUBLIC_ORIGIN) => {
			const told = vi.spyOn(console, "error").mockImplementation(() => undefined);
			const env = { ...testEnv, PUBLIC_ORIGIN } as unknown as Env;
			for (let n = 0; n < 2; n++) {
				const answer = await worker.fetch(new Request("https://elsewhere.test/nothing"), env, createExecutionContext());
				expect([answer.status, (await answer.json<{ type: string }>()).type]).toEqual([404, "/problems/not-found"]);
			}
			expect(told).toHaveBeenCalledTimes(1);
		},
	);
});

describe("log lines", () => {
	const lines = (spy: { mock: { calls: unknown[][] } }) =>
		spy.mock.calls.map(([line]) => JSON.parse(String(line))).map(({ at }) => at);

	it.each([
		["1", 1],
		["0.05", 0.05],
		["0", 0],
		["1.5", 1],
		["often", 1],
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

	it("of batches with which something was wrong are all kept, those of the others by the share", async () => {
		const log = vi.spyOn(console, "log").mockImplementation(() => undefined);
		vi.spyOn(console, "error").mockImplementation(() => undefined);
		const batch = (body: unknown) =>
			createMessageBatch("marksheet-log", [{ id: crypto.randomUUID(), timestamp: new Date(0), attempts: 1, body }]);
		const row = { kind: "shard.opened", at: 1, actor: "usr_lines", subject: "usr_lines", body: {} };
		const late = { v: 1, shard: "usr_lines", first: 5, last: 5, hash: "0".repeat(64), rows: [row] };
		await receive(testEnv.CATALOG, batch(late), 0, 0);
		expect(lines(log)).toEqual([]);
		await receive(testEnv.CATALOG, batch(late), 0, 1);
		await receive(testEnv.CATALOG, batch("what is this"), 0, 0);
		vi.spyOn(testEnv.CATALOG, "prepare").mockImplementation(() => {
			throw new Error("D1_ERROR: Network connection lost.");
		});
		await receive(testEnv.CATALOG, batch(late), 0, 0);
		expect(lines(log)).toEqual(["queue", "queue", "queue"]);
	});

	it("of commands are kept by the share", async () => {
		const { user, tenant, shard } = await newClient();
		const call = { user, tenant, actor: user, now: 1, request_id: "r" };
		const written = await runInDurableObject(shard(), (_, ctx) => {
			const log = vi.spyOn(console, "log").mockImplementation(() => undefined);
			for (const LOG_SUCCESS_SHARE of ["0", "1"]) {
				const env = { ...testEnv, LOG_SUCCESS_SHARE } as unknown as Env;
				new UserShard(ctx, env).grantCredits(call, { amount: 1, kind: "bonus", priority: 50 });
			}
			return lines(log);
		});
		expect(written).toEqual(["command"]);
	});
});
