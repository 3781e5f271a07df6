import { exports } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { app } from "../../src/api/app.ts";
import { call, expectProblem } from "../lib/harness.ts";
import { document } from "../lib/operations.ts";

/** The reference page, as the Worker serves it out of its own bundle. test/browser opens it in a real browser. */

const TYPES = {
	"/docs": "text/html; charset=utf-8",
	"/docs-assets/docs.js": "text/javascript; charset=utf-8",
	"/docs-assets/swagger-ui-bundle.js": "text/javascript; charset=utf-8",
	"/docs-assets/swagger-ui.css": "text/css; charset=utf-8",
	"/docs-assets/favicon-32x32.png": "image/png",
};
const PATHS = Object.keys(TYPES);
const LARGEST = "/docs-assets/swagger-ui-bundle.js";
const REDIRECTS = ["/", "/docs/"];
const GZIP = { "Accept-Encoding": "gzip" };

/** Bytes, since not all of it is text. */
async function read(path: string, headers: Record<string, string> = {}, method = "GET") {
	const request = new Request(`https://marksheet.test${path}`, { method, headers, redirect: "manual" });
	const response = await exports.default.fetch(request);
	return { status: response.status, headers: response.headers, bytes: Buffer.from(await response.arrayBuffer()) };
}

/** What a browser goes by; the policy in full, because a laxer one is still a policy. */
const shown = (path: string, headers: Headers) => {
	expect(Object.fromEntries(headers)).toMatchObject({
		"cache-control": "public, max-age=0, must-revalidate",
		"content-security-policy":
			"default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; frame-ancestors 'none'",
		etag: expect.stringMatching(/^"[0-9a-f]{32}-(gzip|identity)"$/),
		"referrer-policy": "no-referrer",
		vary: "Accept-Encoding",
		"x-content-type-options": "nosniff",
	});
	expect(headers.get("X-Request-Id"), path).toMatch(/\S/);
};

describe("the reference", () => {
	it("has no address that is not looked at here", () => {
		const served = app.routes.filter(({ method, path }) => method === "GET" && /^\/(docs.*)?$/.test(path));
		expect(served.map(({ path }) => path).sort()).toEqual([...PATHS, ...REDIRECTS].sort());
	});

	it.each(Object.entries(TYPES))("%s is %s under a strict policy, for everybody", async (path, type) => {
		for (const headers of [GZIP, {}]) {
			const answer = await read(path, headers);
			expect(answer.status).toBe(200);
			expect(answer.headers.get("Content-Type")).toBe(type);
			shown(path, answer.headers);
		}
	});

	it.each([...PATHS, "/openapi.json"])("%s takes no parameters, and says so", async (path) => {
		const answer = await call(`${path}?a/b=1`);
		expectProblem(answer, "invalid-request", ["/a~1b"]);
		expect(answer.body.errors[0]).toMatchObject({ in: "query", detail: expect.stringContaining("takes none") });
	});

	it.each(PATHS)("%s is the same with gzip as without", async (path) => {
		const [packed, plain] = [await read(path, GZIP), await read(path)];
		// What reads here undoes the coding that the header names, so that a body packed twice or not at all would differ.
		expect([packed, plain].map(({ headers }) => headers.get("Content-Encoding"))).toEqual(["gzip", null]);
		expect(packed.bytes.equals(plain.bytes)).toBe(true);
		expect(plain.bytes.length).toBeGreaterThan(100);
		expect(packed.headers.get("ETag")).not.toBe(plain.headers.get("ETag"));
	});

	it.each([
		["gzip, deflate, br, zstd", "gzip"],
		["br;q=1.0, GZIP;q=0.5", "gzip"],
		["x-gzip", "gzip"],
		["*", "gzip"],
		["identity", null],
		["br", null],
		["", null],
		["gzip;q=0", null],
		["gzip ; q=0.000, *", null],
		["*;q=0, identity", null],
		["gzip;q=much", null],
		["gzipped", null],
	])("to `Accept-Encoding: %s` comes as %s", async (accepted, coding) => {
		const { status, headers, bytes } = await read(LARGEST, { "Accept-Encoding": accepted });
		expect([status, headers.get("Content-Encoding")]).toEqual([200, coding]);
		expect(bytes.includes("SwaggerUIBundle")).toBe(true);
	});

	it.each(PATHS)("%s is not sent again to who has it", async (path) => {
		for (const coding of [GZIP, {}]) {
			const etag = (await read(path, coding)).headers.get("ETag") ?? "";
			for (const condition of [etag, `W/${etag}`, `"other", ${etag}`, "*"]) {
				const answer = await read(path, { ...coding, "If-None-Match": condition });
				expect([answer.status, answer.bytes.length, answer.headers.get("ETag")]).toEqual([304, 0, etag]);
				shown(path, answer.headers);
			}
			for (const condition of ['"other"', etag.slice(1, -1), etag.toUpperCase()]) {
				expect((await read(path, { ...coding, "If-None-Match": condition })).status).toBe(200);
			}
		}
	});

	it("is not taken for what was sent in the other coding", async () => {
		const plain = (await read("/docs")).headers.get("ETag") ?? "";
		expect((await read("/docs", { ...GZIP, "If-None-Match": plain })).status).toBe(200);
	});

	it.each([...PATHS, ...REDIRECTS])("HEAD %s answers as GET does, without a body", async (path) => {
		for (const coding of [GZIP, {}]) {
			const [head, get] = [await read(path, coding, "HEAD"), await read(path, coding)];
			expect([head.status, head.bytes.length]).toEqual([get.status, 0]);
			for (const name of ["Content-Type", "Content-Encoding", "Content-Security-Policy", "ETag", "Location"]) {
				expect(head.headers.get(name), name).toBe(get.headers.get(name));
			}
		}
	});

	it.each(REDIRECTS)("is where %s leads", async (path) => {
		const { status, headers } = await read(path);
		expect([status, headers.get("Location")]).toEqual([302, "/docs"]);
	});

	it("takes no other method, and has no other files", async () => {
		for (const path of [...PATHS, ...REDIRECTS]) {
			for (const method of ["POST", "PUT", "PATCH", "DELETE"]) {
				const answer = await call(path, { method });
				expectProblem(answer, "method-not-allowed");
				expect(answer.headers.get("Allow")).toBe("GET, HEAD, OPTIONS");
			}
		}
		const others = ["/docs-assets", "/docs-assets/", "/docs-assets/docs.html", "/docs-assets/..%2fdocs", "/docs/x"];
		for (const path of others) expectProblem(await call(path), "not-found");
	});

	it("is no part of the document that it shows", () => {
		expect(Object.keys(document.paths).filter((path) => path === "/" || path.startsWith("/docs"))).toEqual([]);
	});
});
