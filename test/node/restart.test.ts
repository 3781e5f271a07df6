import { afterAll, describe, expect, test } from "vitest";
import type { Attempt, CatalogQuiz, Page, QuizHead, QuizStatistics } from "../../dev/contract.ts";
import {
	command,
	killServers,
	listens,
	newClient,
	newQuietStateFolder,
	removeFolder,
	type Server,
	startServer,
} from "./harness.ts";

const folder = newQuietStateFolder();
const start = () => startServer(folder);
afterAll(() => {
	killServers();
	removeFolder(folder);
});

const QUIZ = {
	title: "Survival",
	subjects: [
		{ name: "all", questions: [{ id: 1, question: "Still there?", options: ["yes", "no"], correctAnswer: 0 }] },
	],
};

describe("what a user did is there after the server ends, however it ends", () => {
	test("SIGTERM, Ctrl-C and kill -9", { timeout: 180_000 }, async () => {
		const first = await start();
		const { client: author } = await newClient(first, folder);
		const quiz = await author.post<QuizHead>("/v1/users/me/quizzes", QUIZ);
		await author.send("PUT", `/v1/users/me/quizzes/${quiz.id}/publication`, { body: { visibility: "public" } });
		await author.caughtUp();
		const submit = async (server: Server) => {
			const { user, client } = await newClient(server, folder);
			const submission = { quiz: quiz.id, answers: { "1": 0 } };
			return { user, attempt: await client.post<Attempt>("/v1/users/me/attempts", submission) };
		};

		const beforeTerm = await submit(first);
		expect(await first.stop("SIGTERM")).toBe(0);
		expect(await listens(first.port)).toBe(false);

		const second = await start();
		const beforeInterrupt = await submit(second);
		expect(await second.stop("SIGINT", "group")).toBe(0);

		const third = await start();
		const beforeKill = await submit(third);
		await third.stop("SIGKILL");
		await expect.poll(() => listens(third.port), { timeout: 10_000 }).toBe(false);

		const fourth = await start();
		for (const { user, attempt } of [beforeTerm, beforeInterrupt, beforeKill]) {
			const { client } = await newClient(fourth, folder, user);
			expect(await client.get<Attempt>(`/v1/users/me/attempts/${attempt.id}`)).toEqual(attempt);
			await client.caughtUp();
		}
		const { client: reader } = await newClient(fourth, folder);
		const { items } = await reader.get<Page<CatalogQuiz>>("/v1/quizzes");
		expect(items.map(({ title }) => title)).toEqual(["Survival"]);
		const statistics = await reader.get<QuizStatistics>(`/v1/quizzes/${quiz.id}/statistics`);
		expect(statistics).toMatchObject({ attempts: 3, takers: 3, pass_rate: 1 });

		const busy = await command("db-migrate.ts", [], { STATE_DIR: folder });
		expect(busy).toMatchObject({ code: 1, stderr: expect.stringContaining("in use") });
		expect(await fourth.stop("SIGTERM")).toBe(0);
	});
});
