import { appendFileSync, mkdirSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import fc from "fast-check";
import { strToU8, zipSync } from "fflate";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Client } from "../../dev/client.ts";
import type { QuizHead } from "../../dev/contract.ts";
import { readLines } from "../../dev/json-lines.ts";
import { command, newClient, newQuietStateFolder, removeFolder, type Server, startServer } from "./harness.ts";

const folder = newQuietStateFolder();
let server: Server;
beforeAll(async () => {
	server = await startServer(folder);
});
afterAll(async () => {
	await server.stop();
	removeFolder(folder);
});

const quiz = (title: string) => ({
	title,
	tags: ["import"],
	source: "upload",
	difficulty: "beginner",
	subjects: [
		{
			name: "all",
			questions: [
				{ id: 1, question: "First?", options: ["a", "b", "c", "d"], correctAnswer: 1 },
				{ id: 2, question: "Second?", options: ["a", "b", "c", "d"], correctAnswer: 3 },
			],
		},
	],
});

let serial = 0;
/** A PNG of one pixel. */
const PIXEL = new Uint8Array(
	Buffer.from(
		"iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==",
		"base64",
	),
);
function fileOf(content: string | Buffer): string {
	const file = join(folder, `import-${serial++}.jsonl`);
	writeFileSync(file, content);
	return file;
}

/** The command as an author of its own, and that author's client. */
async function newAuthor() {
	const { user, client } = await newClient(server, folder);
	const run = (file: string, ...args: string[]) =>
		command("import.ts", [file, "--user", user, ...args], { STATE_DIR: folder, PORT: String(server.port) });
	const quizzes = async () => {
		const all: QuizHead[] = [];
		for await (const head of client.list<QuizHead>("/v1/users/me/quizzes")) all.push(head);
		return all;
	};
	return { run, client, quizzes };
}

describe("an import", () => {
	test.each([
		["examples.gift", "examples", 23, "line 65: skipped: a question: An essay"],
		["order.xml", "order", 1, "order: degraded: Grand Prix of Bahrain: Neighbours"],
	])(
		"of %s makes one quiz and says what was lost; a second run brings nothing",
		async (name, title, questions, said) => {
			const { run, client, quizzes } = await newAuthor();
			const file = join(import.meta.dirname, "../fixtures/interchange", name);
			const first = await run(file, "--publish");
			expect(first.stdout).toContain(said);
			expect([first.code, first.stdout]).toEqual([0, expect.stringContaining("1 of 1 imported")]);
			expect((await run(file, "--publish")).stdout).toContain("0 of 1 imported, 1 already there");
			const [quiz] = await quizzes();
			expect(quiz).toMatchObject({
				status: "published",
				title: name === "order.xml" ? "Grand Prix of Bahrain" : title,
			});
			const { question_count } = await client.get<{ question_count: number }>(`/v1/quizzes/${quiz?.id}`);
			expect(question_count).toBe(questions);
		},
	);

	test("of a folder and a package brings what they hold, with its images; a dry run sends nothing, and a second run brings nothing", async () => {
		const { run, client, quizzes } = await newAuthor();
		const source = join(folder, `source-${serial++}`);
		mkdirSync(join(source, "deep"), { recursive: true });
		writeFileSync(join(source, "deep", "capitals.txt"), "The capital of France is {~Rome =Paris}.");
		writeFileSync(join(source, "table.csv"), "question;correct\nOne?;a\n");
		writeFileSync(join(source, "notes.txt"), "A letter.");
		const archive = join(folder, `birds-${serial++}.zip`);
		const item =
			'<assessmentItem identifier="i" title="Birds"><responseDeclaration identifier="R" cardinality="single" baseType="identifier"><correctResponse><value>B</value></correctResponse></responseDeclaration><itemBody><p>What is this? <img src="bird.png" alt="A bird"/></p><choiceInteraction responseIdentifier="R" maxChoices="1"><simpleChoice identifier="A">cat</simpleChoice><simpleChoice identifier="B">bird</simpleChoice></choiceInteraction></itemBody></assessmentItem>';
		writeFileSync(archive, zipSync({ "i.xml": strToU8(item), "bird.png": PIXEL }));
		const dry = await run(source, archive, "--dry-run");
		expect([dry.code, dry.stdout]).toEqual([
			1,
			expect.stringContaining("3 would be imported, 1 rejected; nothing was sent"),
		]);
		expect(dry.stdout).toContain("notes.txt: It is of no format that is known.");
		expect((await run(source, archive)).stdout).toContain("3 of 4 imported, 0 already there, 1 rejected");
		expect((await quizzes()).map(({ title }) => title).sort()).toEqual(["Birds", "capitals", "table"]);
		const { items } = await client.get<{ items: unknown[] }>("/v1/users/me/media");
		expect(items).toMatchObject([{ type: "image/png", width: 1, height: 1, uses: 1 }]);
		expect((await run(source, archive)).stdout).toContain("0 of 4 imported, 3 already there, 1 rejected");
	});

	test("of a file that is not of its format fails with the place, and brings nothing", async () => {
		const { run, quizzes } = await newAuthor();
		const file = join(folder, "broken.gift");
		writeFileSync(file, "Fine {T}\n\nBroken {=x");
		const { code, stderr } = await run(file);
		expect([code, stderr]).toEqual([
			1,
			expect.stringContaining("broken.gift: Line 3, column 8: This `{` is not closed"),
		]);
		expect(await quizzes()).toEqual([]);
	});

	test("brings what is valid, says of each other line what is wrong and where, and a second run brings nothing", async () => {
		const { run, quizzes } = await newAuthor();
		const lines = Array.from({ length: 6 }, (_, index) => JSON.stringify(quiz(`Import ${index}`)));
		const wrongKey = JSON.stringify(quiz("Wrong key")).replace('"correctAnswer":3', '"correctAnswer":4');
		const unknown = JSON.stringify({ ...quiz("Unknown"), colour: "blue" });
		const long = JSON.stringify({ ...quiz("Long"), description: "x".repeat(1_500_000) });
		const file = fileOf(
			`\ufeff${lines[0]}\r\n\n   \r\n${lines.slice(1).join("\n")}\n{"title": \n${wrongKey}\n${unknown}\n${long}\n${lines[2]}\n[]\n`,
		);
		appendFileSync(file, Buffer.from([0x22, 0xff, 0x22]));
		const first = await run(file, "--publish");
		const report = first.stdout.trimEnd().split("\n");
		expect(report).toEqual([
			expect.stringMatching(/^line 9: Not JSON: /),
			expect.stringMatching(
				/^line 10 \/subjects\/0\/questions\/1\/correctAnswer: Must be an index into options, 0 to 3\.$/,
			),
			"line 11 /colour: This field is not known.",
			expect.stringMatching(/^line 12: The line has 15\d{5} bytes; a quiz has at most 1500000\.$/),
			expect.stringMatching(/^line 14: /),
			"line 15: The line is not UTF-8.",
			"6 of 13 imported, 1 already there, 6 rejected",
		]);
		expect(first.code).toBe(1);
		expect((await quizzes()).map(({ title, status }) => `${title} ${status}`).sort()).toEqual(
			lines.map((_, index) => `Import ${index} published`),
		);

		const second = await run(file, "--publish");
		expect(second.stdout).toMatch(/^0 of 13 imported, 7 already there, 6 rejected\n/m);
		expect(await quizzes()).toHaveLength(6);
	});

	test("finds what is there though no idempotency key tells of it, and however it is written", async () => {
		const { run, client, quizzes } = await newAuthor();
		const { title, ...rest } = quiz("Known");
		await client.post("/v1/users/me/quizzes", { ...rest, title });
		const file = fileOf(`${JSON.stringify({ title, ...rest, description: "" }).replace('"Known"', '"  Known "')}\n`);
		expect((await run(file)).stdout).toBe("0 of 1 imported, 1 already there, 0 rejected\n");
		expect(await quizzes()).toHaveLength(1);
	});

	test("publishes what an interrupted one left as drafts, and leaves alone what was withdrawn", async () => {
		const { run, client, quizzes } = await newAuthor();
		const file = fileOf(["A", "B", "C"].map((title) => JSON.stringify(quiz(title))).join("\n"));
		expect((await run(file)).stdout).toBe("3 of 3 imported, 0 already there, 0 rejected\n");
		const [withdrawn] = await quizzes();
		await client.send("PUT", `/v1/users/me/quizzes/${withdrawn?.id}/publication`, { body: { visibility: "public" } });
		await client.send("DELETE", `/v1/users/me/quizzes/${withdrawn?.id}/publication`);
		expect((await run(file, "--publish", "--visibility", "tenant")).stdout).toBe(
			"2 of 3 imported (drafts of an earlier run: 2), 1 already there, 0 rejected\n",
		);
		expect((await quizzes()).map(({ status }) => status).sort()).toEqual(["published", "published", "withdrawn"]);
		expect((await run(file, "--publish")).stdout).toBe("0 of 3 imported, 3 already there, 0 rejected\n");
	});

	test("of an empty file is no error", async () => {
		const { run } = await newAuthor();
		expect(await run(fileOf("\n"))).toMatchObject({
			code: 0,
			stdout: "0 of 0 imported, 0 already there, 0 rejected\n",
		});
	});

	test("says clearly when it cannot begin", async () => {
		const { run } = await newAuthor();
		expect(await run("/nowhere.jsonl")).toEqual({ code: 1, stdout: "", stderr: "There is no file /nowhere.jsonl.\n" });
		const visibility = await run(fileOf(""), "--visibility", "loud");
		expect(visibility).toMatchObject({ code: 1, stderr: "--visibility is one of private, tenant, public.\n" });
		const env = { STATE_DIR: folder, PORT: String(server.port), MARKSHEET_TOKEN: "not-a-token" };
		const token = await command("import.ts", [fileOf("")], env);
		expect(token).toMatchObject({ code: 1, stderr: expect.stringMatching(/^GET .+: 401 unauthenticated: /) });
	});
});

describe("a client", () => {
	test("waits and tries again where the server says so, a bounded number of times", async () => {
		const requests: IncomingMessage[] = [];
		let busy = 2;
		const stub = createServer((request, response) => {
			requests.push(request);
			const status = busy-- > 0 ? 503 : 200;
			response.writeHead(status, { "Content-Type": "application/json", "Retry-After": "0" }).end("{}");
		}).listen(0);
		const client = new Client(`http://127.0.0.1:${(stub.address() as AddressInfo).port}`, "t");
		expect((await client.send("POST", "/", { body: {}, key: "k" })).status).toBe(200);
		expect(requests.map(({ headers }) => headers["idempotency-key"])).toEqual(["k", "k", "k"]);
		busy = Number.POSITIVE_INFINITY;
		expect((await client.send("GET", "/")).status).toBe(503);
		expect(requests).toHaveLength(3 + 7);
		expect((await client.send("POST", "/", { body: {} })).status).toBe(503);
		expect(requests).toHaveLength(3 + 7 + 1);
		stub.close();
	});
});

describe("lines", () => {
	test("are the same however the file comes in pieces", async () => {
		const text = fc.array(fc.constantFrom("a", "é", "\n", "\r\n", " ", "😀", "{}", "\n\n"), { maxLength: 40 });
		const property = fc.asyncProperty(text, fc.array(fc.nat(9), { maxLength: 40 }), async (parts, cuts) => {
			const bytes = Buffer.from(parts.join(""));
			const chunks: Buffer[] = [];
			let at = 0;
			for (const cut of [...cuts, bytes.length]) {
				chunks.push(bytes.subarray(at, at + cut));
				at += cut;
			}
			const lines: (string | null)[] = [];
			let end = 0;
			for await (const line of readLines(
				(async function* () {
					yield* chunks;
				})(),
			)) {
				lines.push(`${line.number} ${line.text}`);
				end = line.end;
			}
			const expected = parts
				.join("")
				.split("\n")
				.map((line, index) => ({ number: index + 1, text: line.trim() }));
			expect(lines).toEqual(expected.filter(({ text }) => text).map(({ number, text }) => `${number} ${text}`));
			expect(end).toBeLessThanOrEqual(bytes.length);
		});
		await fc.assert(property);
	});
});
