import { createExecutionContext } from "cloudflare:test";
import { exports } from "cloudflare:workers";
import { afterEach, describe, expect, it, vi } from "vitest";
import worker from "../../src/index.ts";
import { type Client, newClient, testEnv } from "../lib/harness.ts";
import { OPERATIONS, send, userWithThings } from "../lib/operations.ts";

/** Addresses in answers come of the settings. */

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
