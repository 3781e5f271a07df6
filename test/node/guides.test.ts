import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ROOT } from "../../dev/settings.ts";
import { bash, newStateFolder, removeFolder, type Server, startServer } from "./harness.ts";
import { difference, printedBy, scriptOf, sectionOf, stepsOf } from "./lib/page.ts";

/** Each guide, and the README's exchange, typed as they stand into a shell beside a server that has just started. */

const folder = newStateFolder();
let server: Server;
beforeAll(async () => {
	server = await startServer(folder);
});
afterAll(async () => {
	await server?.stop();
	removeFolder(folder);
});

const textOf = (file: string) => readFileSync(join(ROOT, file), "utf8");
const guides = readdirSync(join(ROOT, "docs/guides")).map((name) => `docs/guides/${name}`);
const texts = new Map(guides.map((file) => [file, textOf(file)]));
texts.set("README.md", sectionOf(textOf("README.md"), "One real exchange"));
texts.set("docs/people.md", sectionOf(textOf("docs/people.md"), "With curl"));

/** A dozen commands, each a process of its own. */
const PAGE_MS_MAX = 180_000;
/** Where the pages say that the server is. */
const ADDRESS = "http://127.0.0.1:8787";

test.each([...texts])(
	"%s: its commands do what it says",
	async (_, text) => {
		const steps = stepsOf(text);
		expect(steps.filter(({ answer }) => answer !== null).length).toBeGreaterThan(0);
		const script = scriptOf(steps).replaceAll(ADDRESS, server.url);
		const environment = `cd ${ROOT}; export PORT=${server.port} STATE_DIR=${folder}`;
		const { code, stdout, stderr } = await bash(`${environment}\n${script}`, PAGE_MS_MAX);
		const printed = printedBy(stdout);
		for (const [index, { commands, answer }] of steps.entries()) {
			const actual = printed[index];
			if (actual === undefined) throw new Error(`${commands}\nhas failed:\n${stderr}`);
			if (answer) expect(difference(answer, actual.replaceAll(server.url, ADDRESS)), commands).toBeNull();
		}
		expect(code, stderr).toBe(0);
	},
	PAGE_MS_MAX,
);

describe("what a page shows is compared", () => {
	const json = (text: string) => ({ language: "json", text });
	const actual = '{"id": "quz_1", "at": 1795740077963, "n": 2, "items": [{"a": 1, "b": null}, {"a": 2}]}';

	test.each([
		'{"id": "quz_1", "n": 2}',
		'{"id": "quz_…", "at": 1790000000000}',
		'{"items": [{"b": null, …}, …], …}',
		'{"n": 2, "items": [{}, {"a": 2}]}',
		'{"n": …, "items": …}',
	])("%s is what is there", (text) => {
		expect(difference(json(text), actual)).toBeNull();
	});

	test.each([
		['{"title": "x"}', "/title"],
		['{"title": …}', "/title"],
		['{"id": "att_…"}', "/id"],
		['{"n": 3}', "/n"],
		['{"n": "2"}', "/n"],
		['{"at": 2}', "/at"],
		['{"items": [{"a": 1}, {"a": 3}]}', "/items/1/a"],
		['{"items": [{"b": 0}]}', "/items/0/b"],
		['{"items": [{}, {}, {}]}', "/items/2"],
		['{"items": {}}', "/items"],
	])("%s is not", (text, at) => {
		expect(difference(json(text), actual)).toMatch(new RegExp(`^${at}: `));
	});

	test("by status, header and body", () => {
		const message = 'HTTP/1.1 201 Created\r\nSync-Seq: 2\r\nA: b\r\n\r\n{"n":1}';
		const http = (text: string) => difference({ language: "http", text }, message);
		expect(http('HTTP/1.1 201 Created\nA: b\n\n{"n": 1}\n')).toBeNull();
		expect(http("HTTP/1.1 200 OK\n")).toContain("200 OK");
		expect(http("HTTP/1.1 201 Created\nSync-Seq: 3\n")).toContain("Sync-Seq: 3");
		expect(http('HTTP/1.1 201 Created\n\n{"n": 2}\n')).toMatch(/^\/n: /);
	});

	test("by lines in their order", () => {
		const lines = (text: string) =>
			difference({ language: "text", text }, "table   rows\n──\nshards     5\nquizzes   17\n");
		expect(lines("table rows\n…\nquizzes …\n")).toBeNull();
		expect(lines("quizzes 17\nshards 5\n")).toContain('"shards 5"');
	});
});
