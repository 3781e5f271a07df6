import { describe, expect, it } from "vitest";
import { inOrder } from "../../src/api/http/in-order.ts";
import { schemaOf, success } from "../lib/answers.ts";
import { OPERATIONS, userWithThings } from "../lib/operations.ts";

/** That answers are what the document says. */

describe("what an operation answers", () => {
	it.each(OPERATIONS)("is what the document says, in its order: $name", async (operation) => {
		const { status, headers, body, text } = await success(operation, await userWithThings());
		expect([200, 201], text).toContain(status);
		if (!headers.get("Content-Type")?.startsWith("application/json")) return;
		const schema = schemaOf(operation.operationId, status);
		expect(schema?.safeParse(body).error).toBeUndefined();
		expect(text).toBe(JSON.stringify(schema && inOrder(schema, body)));
	});
});
