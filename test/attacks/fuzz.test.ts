import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isProblemCode } from "../../src/api/http/problem.ts";
import { problemSchema } from "../../src/api/http/problem-schemas.ts";
import { schemaOf } from "../lib/answers.ts";
import { type Answer, runsOf, testEnv } from "../lib/harness.ts";
import {
	document,
	OPERATIONS,
	type Operation,
	send,
	sessionFor,
	type Things,
	userWithThings,
} from "../lib/operations.ts";
import { type Json, nearly, ODD, valuesOf } from "../lib/schema-values.ts";

/**
 * Every operation, with bodies and parameters made of its own schemas: such as they allow, at their bounds, and with one thing wrong. Never
 * is an answer a fault of ours, and each is what the document says.
 */

const seed = Number(testEnv.TEST_SEED ?? Date.now() % 2 ** 31);

/** Of an operation that hashes a password for each. */
const isSlow = ({ path }: Operation) => path.startsWith("/v1/auth/") && !/\/(token|jwks|guests)/.test(path);

interface Documented {
	requestBody?: { content: Record<string, { schema?: object }> };
	parameters?: { name: string; in: string; schema: object }[];
}

const documented = ({ path, method }: Operation): Documented => document.paths[path][method.toLowerCase()];

function bodiesOf(operation: Operation): fc.Arbitrary<Json | undefined> {
	const schema = documented(operation).requestBody?.content["application/json"]?.schema;
	if (!schema) return fc.constant(undefined);
	const values = valuesOf(schema);
	return fc.oneof({ weight: 2, arbitrary: values }, { weight: 3, arbitrary: nearly(values) });
}

/** What stands behind the question mark: each parameter absent, as its schema says, or odd. */
function queriesOf(operation: Operation): fc.Arbitrary<string> {
	const parameters = (documented(operation).parameters ?? []).filter((parameter) => parameter.in === "query");
	const each = parameters.map(({ name, schema }) =>
		fc.oneof(
			{ weight: 3, arbitrary: fc.constant("") },
			{ weight: 2, arbitrary: valuesOf(schema).map((value) => `${name}=${encodeURIComponent(textOf(value))}`) },
			{ weight: 1, arbitrary: fc.constantFrom(...ODD).map((value) => `${name}=${encodeURIComponent(textOf(value))}`) },
		),
	);
	return fc.tuple(...each).map((parts) => parts.filter(Boolean).join("&"));
}

const textOf = (value: Json) =>
	(typeof value === "string" ? value : JSON.stringify(value)).slice(0, 500).toWellFormed();

/** What of the answer is not as the document says; null for nothing. */
function faultOf({ operationId }: Operation, { status, body, text, headers }: Answer): string | null {
	if (status >= 500) return `${status}: ${text.slice(0, 500)}`;
	if (status >= 400) {
		const { code } = body;
		if (!isProblemCode(code)) return `a problem of no known code: ${text.slice(0, 300)}`;
		return problemSchema(code).safeParse(body).error?.message ?? null;
	}
	if (!/json/.test(headers.get("Content-Type") ?? "")) return null;
	return schemaOf(operationId, status)?.safeParse(body).error?.message ?? null;
}

describe("what an operation is sent", () => {
	it.each(OPERATIONS)("may be anything: the answer is what the document says of $name", async (operation) => {
		const a: Things = { ...(await userWithThings()), ...(await sessionFor(operation)) };
		const sent = fc.tuple(bodiesOf(operation), queriesOf(operation));
		await fc.assert(
			fc.asyncProperty(sent, async ([body, query]) => {
				const { query: _, image: _i, ...plain } = operation;
				const answer = await send(a.client, { ...plain, ...(query !== "" && { query }) }, a, "me", body);
				expect(faultOf(operation, answer)).toBeNull();
			}),
			{ numRuns: isSlow(operation) ? runsOf(30) : runsOf(300), seed, endOnFailure: true },
		);
	});
});
