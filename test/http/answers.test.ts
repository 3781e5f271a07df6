import { describe, expect, it } from "vitest";
import { inOrder } from "../../src/api/http/in-order.ts";
import { schemaOf, success, undocumentedHeaders } from "../lib/answers.ts";
import { call, newClient } from "../lib/harness.ts";
import { limitMax, OPERATIONS, type Operation, send, taking, userWithThings } from "../lib/operations.ts";

/** That answers are what the document says: the body, and each header by which an answer says something of itself. */

const takesHeader = ({ parameters }: Operation, header: string) =>
	parameters.some(({ name, in: place }) => place === "header" && name === header);

describe("what an operation answers", () => {
	it.each(OPERATIONS)("is what the document says, in its order: $name", async (operation) => {
		const key = { "Idempotency-Key": crypto.randomUUID() };
		const waits = takesHeader(operation, "Prefer");
		const asked = { ...operation, headers: { ...operation.headers, ...key, ...(waits && { Prefer: "wait=20" }) } };
		const a = await userWithThings();
		const answer = await success(asked, a);
		const { status, headers, body, text } = answer;
		// What has only begun is 202, where there is nothing else to wait for.
		expect(operation.freshly ? [202] : [200, 201], text).toContain(status);
		expect(headers.get("Preference-Applied")).toBe(waits ? "wait=20" : null);
		expect(undocumentedHeaders(operation, answer)).toEqual([]);
		if (headers.get("Content-Type")?.startsWith("application/json")) {
			const schema = schemaOf(operation.operationId, status);
			expect(schema?.safeParse(body).error).toBeUndefined();
			expect(text).toBe(JSON.stringify(schema && inOrder(schema, body)));
		}
		if (!takesHeader(operation, "Idempotency-Key") || operation.others) return;
		const again = await send(a.client, asked, a, "me");
		expect(again.headers.get("Idempotent-Replayed"), again.text).toBe("true");
		expect(undocumentedHeaders(operation, again)).toEqual([]);
	});

	it("that it is unchanged has the headers that the document says", async () => {
		const kept = OPERATIONS.filter((operation) => takesHeader(operation, "If-None-Match"));
		expect(kept.length).toBeGreaterThan(4);
		const a = await userWithThings();
		for (const operation of kept) {
			const known = { ...operation, headers: { "If-None-Match": "*" } };
			const unchanged = await success(known, a);
			expect([operation.name, unchanged.status]).toEqual([operation.name, 304]);
			expect(undocumentedHeaders(operation, unchanged)).toEqual([]);
		}
	});

	it("of a page before the last has its address in a header that the document says", async () => {
		const a = await userWithThings();
		const seen = new Set<string>();
		for (const operation of taking("cursor").filter((each) => limitMax(each) !== undefined)) {
			const answer = await success({ ...operation, query: [operation.query, "limit=1"].filter(Boolean).join("&") }, a);
			if (answer.headers.has("Link")) seen.add(operation.operationId);
			expect(undocumentedHeaders(operation, answer)).toEqual([]);
		}
		expect(seen).toContain("listCreditEntries");
	});
});

describe("a refusal", () => {
	it.each(OPERATIONS)("has the headers that the document says: $name", async (operation) => {
		const client = await newClient();
		const path = operation.path.replace(/\{\w+\}/g, "me");
		const init = { method: operation.method, headers: { Authorization: "x" } };
		if (!operation.open) {
			const stranger = await call(path, init);
			expect(stranger.status).toBe(401);
			expect(undocumentedHeaders(operation, stranger)).toEqual([]);
		}
		const faulty = await client.request(operation.method, `${path}?unknown=1`);
		// What takes a session does not look further at a token.
		expect(operation.session ? [400, 401] : [400, 403, 404], faulty.text).toContain(faulty.status);
		expect(undocumentedHeaders(operation, faulty)).toEqual([]);
	});

	it("of a command has them too, and so has its repetition", async () => {
		const client = await newClient();
		const operation = OPERATIONS.find(({ operationId }) => operationId === "reserveCredits") as Operation;
		const key = { "Idempotency-Key": crypto.randomUUID() };
		await client.post("/v1/users/me/credits/grants", { amount: 1, kind: "bonus" });
		for (const replayed of [null, "true"]) {
			const answer = await client.post("/v1/users/me/credits/holds", { amount: 2 }, key);
			expect([answer.status, answer.headers.get("Idempotent-Replayed")]).toEqual([402, replayed]);
			expect(answer.headers.get("Sync-Seq")).not.toBeNull();
			expect(undocumentedHeaders(operation, answer)).toEqual([]);
		}
	});

	it("of a condition that fails says the ETag that would hold, and the document says so", async () => {
		const a = await userWithThings();
		const operation = OPERATIONS.find(({ operationId }) => operationId === "replaceQuiz") as Operation;
		const answer = await send(a.client, { ...operation, headers: { "If-Match": '"other"' } }, a, "me");
		expect([answer.status, answer.headers.has("ETag")]).toEqual([412, true]);
		expect(undocumentedHeaders(operation, answer)).toEqual([]);
	});
});
