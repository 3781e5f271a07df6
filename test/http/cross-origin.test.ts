import { createExecutionContext } from "cloudflare:test";
import { afterEach, describe, expect, it, vi } from "vitest";
import { corsOriginsOf } from "../../src/env.ts";
import worker from "../../src/index.ts";
import config from "../../wrangler.toml?raw";
import { expectProblem, newClient, testEnv } from "../lib/harness.ts";
import { document, fill, NOBODYS } from "../lib/operations.ts";

/** Pages of other origins, and OPTIONS, which they ask first. */

afterEach(() => {
	vi.restoreAllMocks();
});

const PAGE = "https://app.example.org";
const OTHER = "https://evil.example.org";
const EXPOSED = [
	"ETag",
	"Idempotent-Replayed",
	"Link",
	"Preference-Applied",
	"RateLimit",
	"RateLimit-Policy",
	"Retry-After",
	"Sync-Seq",
	"X-Request-Id",
	"x-d1-bookmark",
];

/** The Worker with these settings, of an isolate of its own. */
function workerWith(settings: object) {
	const env = { ...testEnv, ...settings } as unknown as Env;
	return (method: string, path: string, headers: Record<string, string> = {}) =>
		worker.fetch(new Request(`https://marksheet.test${path}`, { method, headers }), env, createExecutionContext());
}

const preflight = (Origin: string, method = "POST") => ({
	Origin,
	"Access-Control-Request-Method": method,
	"Access-Control-Request-Headers": "authorization,content-type,idempotency-key",
});

const ofCors = (headers: Headers) => [...headers.keys()].filter((name) => name.startsWith("access-control-"));

describe.each([
	["off", []],
	["on for any origin", ["*"]],
])("OPTIONS, with CORS %s", (_, CORS_ORIGINS) => {
	it.each(Object.entries<object>(document.paths))("of %s names its methods, to anybody", async (path, item) => {
		const send = workerWith({ CORS_ORIGINS });
		const methods = Object.keys(item).map((method) => method.toUpperCase());
		const allowed = [...methods, "OPTIONS", ...(methods.includes("GET") ? ["HEAD"] : [])].sort();
		const answer = await send("OPTIONS", fill(path, { user: "me", ...NOBODYS }));
		expect([answer.status, answer.headers.get("Allow"), await answer.text()]).toEqual([204, allowed.join(", "), ""]);
	});

	it("of a path that is not there is 404", async () => {
		const send = workerWith({ CORS_ORIGINS });
		for (const path of ["/v1/nope", "/v1", "/v1/users/me/attempts/", "/nope"]) {
			const answer = await send("OPTIONS", path, preflight(PAGE));
			expect([answer.status, (await answer.json<{ code: string }>()).code]).toEqual([404, "not-found"]);
		}
	});
});

describe("a page of another origin", () => {
	it("may call where any may, and read the headers that clients go by", async () => {
		const send = workerWith({ CORS_ORIGINS: ["*"] });
		const asked = await send("OPTIONS", "/v1/users/me/credits/holds", preflight(PAGE));
		expect(Object.fromEntries(asked.headers)).toMatchObject({
			"access-control-allow-origin": "*",
			"access-control-allow-methods": "GET,HEAD,OPTIONS,POST",
			"access-control-allow-headers": expect.stringMatching(/Authorization.*Idempotency-Key.*If-Match/),
			"access-control-max-age": "3600",
		});
		const { token } = await newClient();
		for (const Authorization of [`Bearer ${token}`, "Bearer nonsense"]) {
			const answer = await send("GET", "/v1/users/me/attempts", { Origin: PAGE, Authorization });
			expect(answer.headers.get("Access-Control-Allow-Origin"), String(answer.status)).toBe("*");
			expect(answer.headers.get("Access-Control-Expose-Headers")?.split(",")).toEqual(EXPOSED);
			expect(answer.headers.has("Access-Control-Allow-Credentials")).toBe(false);
		}
	});

	it("may call where it is listed, and another may not", async () => {
		const send = workerWith({ CORS_ORIGINS: [PAGE, "http://localhost:5173"] });
		for (const [origin, allowed] of [
			[PAGE, PAGE],
			["http://localhost:5173", "http://localhost:5173"],
			[OTHER, null],
			[`${PAGE}.evil.example.org`, null],
			["null", null],
		] as const) {
			for (const method of ["OPTIONS", "GET"]) {
				const answer = await send(method, "/v1/quizzes", preflight(origin, "GET"));
				expect(answer.headers.get("Access-Control-Allow-Origin"), origin).toBe(allowed);
				expect(answer.headers.get("Vary")).toContain("Origin");
			}
		}
	});

	it("may not where nothing is set, and no header speaks of it", async () => {
		const send = workerWith({ CORS_ORIGINS: [] });
		for (const method of ["OPTIONS", "GET"]) {
			const answer = await send(method, "/v1/quizzes", preflight(PAGE, "GET"));
			expect(ofCors(answer.headers)).toEqual([]);
		}
	});

	it("asks first without being counted for anybody, and is told what is too much", async () => {
		const RATE_LIMITS = { standard: { limit: 1, period: 10 } };
		const send = workerWith({ CORS_ORIGINS: [PAGE], RATE_LIMITS });
		const { token } = await newClient();
		const headers = { ...preflight(PAGE, "GET"), Authorization: `Bearer ${token}` };
		for (let n = 0; n < 5; n++) expect((await send("OPTIONS", "/v1/quizzes", headers)).status).toBe(204);
		// The first is let through, and of two more at most one is in another period.
		const answers: Response[] = [];
		for (let n = 0; n < 3; n++) answers.push(await send("GET", "/v1/quizzes", headers));
		expect(answers[0]?.status).toBe(200);
		const tooMuch = answers.find(({ status }) => status === 429);
		expect(tooMuch?.headers.get("Access-Control-Allow-Origin")).toBe(PAGE);
	});
});

it.each([undefined, "*", ["app.example.org"], [`${PAGE}/`], ["*", "nope"], [7]])(
	"a setting that is %j is none, and is told",
	(CORS_ORIGINS) => {
		const told = vi.spyOn(console, "error").mockImplementation(() => undefined);
		expect(corsOriginsOf({ ...testEnv, CORS_ORIGINS } as unknown as Env)).toEqual([]);
		expect(told).toHaveBeenCalledWith(expect.stringContaining("CORS_ORIGINS"));
	},
);

it("locally any origin may call, and in a deployment none unless it is set", () => {
	expect(corsOriginsOf(testEnv)).toEqual(["*"]);
	expect(config.match(/^CORS_ORIGINS = \[\]$/gm)).toHaveLength(2);
});

it("another method that a path does not have is 405 all the same", async () => {
	const client = await newClient();
	const answer = await client.request("PATCH", "/v1/quizzes");
	expectProblem(answer, "method-not-allowed");
	expect(answer.headers.get("Allow")).toBe("GET, HEAD, OPTIONS");
});
