import { describe, expect, it, vi } from "vitest";
import { readCurrentVersion } from "../src/catalog/current-versions.ts";
import { audiencesOf } from "../src/catalog/quizzes.ts";
import { PUBLISHED_CACHE_LIFE_MS } from "../src/domain/limits.ts";
import { type Client, newClient, publishedQuiz, quizDocument, testEnv } from "./harness.ts";

const NOW = 1_800_000_000_000;

const read = ({ tenant, user }: Client, quiz: string, now = NOW, bookmark: string | null = null) =>
	readCurrentVersion(testEnv, quiz, audiencesOf({ tenant, user }), { bookmark, now });

/** @returns the bookmark of the new version */
async function publishAgain(author: Client, quiz: string): Promise<string> {
	await author.put(`/v1/users/me/quizzes/${quiz}`, quizDocument("Second"), { "If-Match": "*" });
	const path = `/v1/users/me/quizzes/${quiz}/publication`;
	const { headers } = await author.put(path, { visibility: "public" }, { Prefer: "wait=20" });
	return headers.get("x-d1-bookmark") ?? "";
}

describe("the current version of a quiz, for attempts", () => {
	it("is read once while it is recent, and anew when it is not", async () => {
		const author = await newClient();
		const quiz = await publishedQuiz(author);
		const session = vi.spyOn(testEnv.CATALOG, "withSession");
		for (let n = 0; n < 10; n++) expect(await read(author, quiz)).toMatchObject({ version_number: 1 });
		expect(session).toHaveBeenCalledTimes(1);
		session.mockRestore();
		await publishAgain(author, quiz);
		expect(await read(author, quiz, NOW + PUBLISHED_CACHE_LIFE_MS - 1)).toMatchObject({ version_number: 1 });
		expect(await read(author, quiz, NOW + PUBLISHED_CACHE_LIFE_MS)).toMatchObject({ version_number: 2 });
	});

	it("is anew what the clock of another machine calls recent long before", async () => {
		const author = await newClient();
		const quiz = await publishedQuiz(author);
		await read(author, quiz);
		await publishAgain(author, quiz);
		expect(await read(author, quiz, NOW - PUBLISHED_CACHE_LIFE_MS)).toMatchObject({ version_number: 2 });
	});

	it("is read at the bookmark of a client who has seen more, and is then recent for all", async () => {
		const author = await newClient();
		const quiz = await publishedQuiz(author);
		await read(author, quiz);
		const bookmark = await publishAgain(author, quiz);
		expect(await read(author, quiz, NOW, bookmark)).toMatchObject({ version_number: 2 });
		expect(await read(author, quiz)).toMatchObject({ version_number: 2 });
	});

	it("is remembered for those only who may see the quiz", async () => {
		const [author, stranger] = [await newClient(), await newClient()];
		const quiz = await publishedQuiz(author, quizDocument(), "private");
		expect(await read(author, quiz)).toMatchObject({ id: quiz });
		expect(await read(stranger, quiz)).toBeNull();
		expect(await read(author, quiz)).toMatchObject({ id: quiz });
	});

	it("is found by those whom it was just opened to, though it is remembered as private", async () => {
		const [author, stranger] = [await newClient(), await newClient()];
		const quiz = await publishedQuiz(author, quizDocument(), "private");
		expect(await read(author, quiz)).toMatchObject({ version_number: 1 });
		await publishAgain(author, quiz);
		expect(await read(stranger, quiz)).toMatchObject({ version_number: 2 });
	});

	it("that is not there at an old bookmark is asked of the primary too", async () => {
		const author = await newClient();
		const bookmark = await publishAgain(author, await publishedQuiz(author));
		const session = vi.spyOn(testEnv.CATALOG, "withSession");
		expect(await read(author, "quz_none", NOW, bookmark)).toBeNull();
		expect(session.mock.calls).toEqual([[bookmark], ["first-primary"]]);
		session.mockRestore();
	});

	it("that is not there is asked of the primary each time, and found as soon as it is", async () => {
		const author = await newClient();
		const created = await author.post("/v1/users/me/quizzes", quizDocument());
		const quiz: string = created.body.id;
		const session = vi.spyOn(testEnv.CATALOG, "withSession");
		expect(await read(author, quiz)).toBeNull();
		expect(session.mock.calls).toEqual([["first-unconstrained"], ["first-primary"]]);
		session.mockRestore();
		await publishAgain(author, quiz);
		expect(await read(author, quiz)).toMatchObject({ version_number: 1 });
	});
});
