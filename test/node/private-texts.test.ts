import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import type { Attempt, Hold, QuizHead } from "../../dev/contract.ts";
import { command, killServers, newClient, newQuietStateFolder, removeFolder, startServer } from "./harness.ts";

const folder = newQuietStateFolder();
afterAll(() => {
	killServers();
	removeFolder(folder);
});

const CANARY = "xylophone marmalade";

const QUIZ = {
	title: "A visible title",
	subjects: [{ name: "all", questions: [{ id: "w", type: "short_text", question: "Write.", accepted: ["else"] }] }],
};

const filesIn = (path: string): string[] =>
	statSync(path).isDirectory() ? readdirSync(path).flatMap((name) => filesIn(join(path, name))) : [path];

/** The files that have the text in them, as it is or as the letters of UTF-16, or in base64 at any offset. */
function filesWith(text: string): string[] {
	const base64 = [0, 1, 2].map((offset) =>
		Buffer.from(" ".repeat(offset) + text)
			.toString("base64url")
			.slice(4, -4),
	);
	const patterns = [Buffer.from(text), Buffer.from(text, "utf16le"), ...base64.map((each) => Buffer.from(each))];
	return filesIn(folder).filter((file) => {
		const bytes = readFileSync(file);
		return patterns.some((pattern) => bytes.includes(pattern));
	});
}

test("what users write in private is in no byte on the disk: databases, buckets, logs", {
	timeout: 120_000,
}, async () => {
	const server = await startServer(folder);
	const { client } = await newClient(server, folder);
	const quiz = await client.post<QuizHead>("/v1/users/me/quizzes", QUIZ);
	await client.send("PUT", `/v1/users/me/quizzes/${quiz.id}/publication`, { body: { visibility: "public" } });
	await client.caughtUp();
	const answers = { w: CANARY };
	const attempt = await client.post<Attempt>("/v1/users/me/attempts", { quiz: quiz.id, answers });
	await client.post("/v1/users/me/credits/grants", { amount: 10, kind: "purchase" });
	const texts = { prompt: CANARY, conversation: [{ role: "user", content: CANARY }] };
	const hold = await client.post<Hold>("/v1/users/me/credits/holds", { amount: 1, ...texts });
	const rotation = await command("ops.ts", ["rotate-master-key"], { PORT: String(server.port), STATE_DIR: folder });
	expect(rotation).toMatchObject({ code: 0, stdout: "1 keys of users, 0 of them wrapped anew or copied\n" });
	await client.caughtUp();
	expect(await client.get(`/v1/users/me/attempts/${attempt.id}`)).toMatchObject({ answers });
	expect(await client.get(`/v1/users/me/credits/holds/${hold.id}`)).toMatchObject(texts);
	expect(await server.stop()).toBe(0);
	expect(filesWith(QUIZ.title)).not.toEqual([]);
	expect(filesWith(CANARY)).toEqual([]);
});
