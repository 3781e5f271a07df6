import { describe, expect, test } from "vitest";
import { app } from "../../src/api/app.ts";
import { openApiDocument } from "../../src/api/openapi.ts";
import { TAGS } from "../../src/api/tags.ts";

/** The document as a product: what people read and what clients are generated from. That answers are as it says, test/answers.test.ts looks at. */

interface Operation {
	operationId: string;
	tags: string[];
	summary: string;
	description: string;
	parameters?: { name: string; in: string; schema: object; description?: string }[];
	responses: Record<string, { $ref?: string }>;
}

interface Document {
	servers: { url: string }[];
	tags: { name: string; description: string }[];
	paths: Record<string, Record<string, Operation>>;
	components: { responses: Record<string, object>; schemas: Record<string, object> };
}

const document = openApiDocument(app) as Document;
const operations = Object.values(document.paths).flatMap((item) => Object.values(item));

describe("operations", () => {
	test("have a name of their own, in camel case", () => {
		const ids = operations.map(({ operationId }) => operationId);
		for (const id of ids) expect(id).toMatch(/^[a-z]+([A-Z][a-z]+)+$/);
		expect(new Set(ids).size).toBe(ids.length);
		expect(ids).toEqual(expect.arrayContaining(["submitAttempt", "reserveCredits", "settleHold", "getQuizStatistics"]));
	});

	test("are in groups that are described, attempts, credits and quizzes first, and no group is empty", () => {
		expect(document.tags).toEqual(TAGS);
		expect(document.tags.map(({ name }) => name).slice(0, 4)).toEqual(["attempts", "credits", "holds", "quizzes"]);
		const used = new Set(operations.flatMap(({ tags }) => tags));
		expect([...used].sort()).toEqual(document.tags.map(({ name }) => name).sort());
	});

	test("refer to the problems that they share", () => {
		const problems = operations.flatMap(({ responses }) =>
			Object.entries(responses).flatMap(([status, { $ref }]) => (status >= "400" ? [$ref] : [])),
		);
		const names = Object.keys(document.components.responses).map((name) => `#/components/responses/${name}`);
		expect([...new Set(problems)].sort()).toEqual(names.sort());
	});
});

test("the document names the server that is set, or else its own", () => {
	expect(document.servers).toEqual([{ url: "/" }]);
	expect(openApiDocument(app, "https://api.example.org")).toMatchObject({
		servers: [{ url: "https://api.example.org" }],
	});
});
