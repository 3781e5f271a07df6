import { describe, expect, test } from "vitest";
import { app } from "../../src/api/app.ts";
import { openApiDocument } from "../../src/api/http/openapi.ts";
import { TAGS } from "../../src/api/http/tags.ts";

/** The document as a product: what people read and what clients are generated from. That answers are as it says, test/http/answers.test.ts looks at. */

interface Operation {
	operationId: string;
	tags: string[];
	summary: string;
	description: string;
	parameters?: { name: string; in: string; schema: object; description?: string }[];
	requestBody?: { content: Content };
	responses: Record<string, { $ref?: string; content?: Content }>;
}

type Content = Record<string, { schema: { $ref?: string }; example?: unknown }>;

interface Document {
	servers: { url: string }[];
	tags: { name: string; description: string }[];
	paths: Record<string, Record<string, Operation>>;
	components: { responses: Record<string, object>; schemas: Record<string, object> };
}

type Schema = { [keyword: string]: unknown };

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

test("a user in a path is any text to the reference page: a constant in its schema would make it a choice", () => {
	const users = operations.flatMap(({ parameters = [] }) =>
		parameters.filter(({ name, in: place }) => `${place} ${name}` === "path user"),
	);
	expect(users.length).toBeGreaterThan(40);
	for (const { schema } of users)
		expect(Object.keys(schema).sort()).toEqual(["description", "example", "pattern", "type"]);
});

test("every operation has an example of its answer, and of the body that it takes", () => {
	const without: string[] = [];
	for (const { operationId, responses, requestBody } of operations) {
		for (const [status, { content = {} }] of Object.entries(responses)) {
			if (!status.startsWith("2")) continue;
			const bare = Object.entries(content).filter(
				([type, { example }]) => !/^(image\/|application\/(zip|x-ndjson))/.test(type) && !example,
			);
			without.push(...bare.map(([type]) => `${operationId} ${status} ${type}`));
		}
		const json = requestBody?.content["application/json"];
		if (json && !json.example && json.schema.$ref && !referred(json.schema.$ref).example)
			without.push(`${operationId} body`);
	}
	expect(without).toEqual([]);
});

test("the document names the server that is set, or else its own", () => {
	expect(document.servers).toEqual([{ url: "/" }]);
	expect(openApiDocument(app, "https://api.example.org")).toMatchObject({
		servers: [{ url: "https://api.example.org" }],
	});
});

describe("every property, parameter and header", () => {
	test("says what it is", () => {
		const silent: string[] = [];
		const look = (schema: Schema, path: string) => {
			for (const [name, property] of Object.entries((schema.properties ?? {}) as Record<string, Schema>)) {
				const shown = typeof property.$ref === "string" ? { ...referred(property.$ref), ...property } : property;
				const [first] = (shown.anyOf ?? []) as { $ref?: string }[];
				const said = shown.description ?? (first?.$ref && referred(first.$ref).description);
				if (typeof said !== "string" || !/\S/.test(said)) silent.push(`${path}.${name}`);
			}
			for (const [keyword, inner] of Object.entries(schema)) {
				if (!keyword.startsWith("example") && typeof inner === "object" && inner)
					look(inner as Schema, `${path}/${keyword}`);
			}
		};
		look(document as unknown as Schema, "");
		for (const { operationId, parameters = [] } of operations) {
			silent.push(...parameters.filter(({ description }) => !description).map(({ name }) => `${operationId} ${name}`));
		}
		expect(silent).toEqual([]);
	});

	test("of a body or an answer is in a schema of its own name", () => {
		const inline: string[] = [];
		for (const [path, item] of Object.entries(document.paths)) {
			for (const [method, operation] of Object.entries(item)) {
				if (JSON.stringify(operation).includes('"properties"')) inline.push(`${method} ${path}`);
			}
		}
		expect(inline).toEqual([]);
		for (const name of Object.keys(document.components.schemas)) expect(name).toMatch(/^([A-Z][a-z]+)+$/);
	});
});

const referred = ($ref: string) => document.components.schemas[$ref.split("/").at(-1) ?? ""] as Schema;

/** A name that has two types, and why it may. */
const TWO_TYPES = {
	status: "RFC 9457 has a number there; what has states has a word",
	content: "what a turn of a conversation says, as providers call it; a quiz's content",
	id: "a question's may be written as a number; it is a text from then on",
	correct: "of a true/false question, and of a numeric one, as authors write them",
	tolerance: "a number or its decimal text, as authors write it",
	items: "of a page, and of an ordering question, as authors write them",
	file: "the files of a form; which of them a report speaks of",
	keys: "the public keys of the installation; how many keys of users a rotation has wrapped",
	plan: "of credits; of a tenant",
	session: "which one ends; the one that is looked at",
	questions: "those of a quiz; whether they are shuffled",
	options: "what can be chosen; whether that is shuffled",
	quizzes: "the ids in a collection; the contents that an import brings",
} as const;

test("a name means one thing: a property of one name has one type everywhere", () => {
	const types = new Map<string, Set<string>>();
	const typeOf = ({ $ref, type, anyOf }: Schema): string => {
		if (typeof $ref === "string") return typeOf(referred($ref));
		if (Array.isArray(anyOf)) return typeOf(anyOf[0]);
		if (type === undefined) return "object";
		const [first] = [type].flat().filter((name) => name !== "null");
		return first === "integer" ? "number" : String(first);
	};
	const walk = (schema: Schema) => {
		for (const [name, property] of Object.entries((schema.properties ?? {}) as Record<string, Schema>)) {
			const { items } = property as { items?: Schema };
			const type = items ? `${typeOf(items)}[]` : typeOf(property);
			types.set(name, (types.get(name) ?? new Set()).add(type));
		}
		for (const [keyword, inner] of Object.entries(schema)) {
			if (keyword !== "example" && keyword !== "examples" && typeof inner === "object" && inner) walk(inner as Schema);
		}
	};
	walk(document as unknown as Schema);
	const several = [...types].filter(([, found]) => found.size > 1).map(([name, found]) => [name, [...found].sort()]);
	expect(several.map(([name]) => name).sort(), JSON.stringify(several)).toEqual(Object.keys(TWO_TYPES).sort());
});
