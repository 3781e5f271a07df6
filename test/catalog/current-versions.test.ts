import { afterEach, describe, expect, it, vi } from "vitest";
import { keepCurrentVersion, readCurrentVersion } from "../../src/catalog/quizzes/current-versions.ts";
import { audiencesOf } from "../../src/catalog/quizzes/quizzes.ts";
import { KV_WRITE_INTERVAL_MS, PUBLISHED_CACHE_LIFE_MS } from "../../src/domain/quizzes/limits.ts";
import { type Client, newClient, publishedQuiz, quizDocument, testEnv } from "../lib/harness.ts";

const NOW = 1_800_000_000_000;

const read = ({ tenant, user }: Client, quiz: string, now = NOW, bookmark: string | null = null) =>
	readCurrentVersion(watched, quiz, audiencesOf({ tenant, user }), { bookmark, now });

/** The catalog as these reads see it: shards' alarms read the other one at the same time. */
const withSession = vi.fn((constraint?: string) => testEnv.CATALOG.withSession(constraint));
const watched = { ...testEnv, CATALOG: { withSession } as unknown as D1Database };

afterEach(() => {
	vi.useRealTimers();
	vi.restoreAllMocks();
	withSession.mockClear();
});

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
		for (let n = 0; n < 10; n++) expect(await read(author, quiz)).toMatchObject({ version_number: 1 });
		expect(withSession).toHaveBeenCalledTimes(1);
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
		expect(await read(author, "quz_none", NOW, bookmark)).toBeNull();
		expect(withSession.mock.calls).toEqual([[bookmark], ["first-primary"]]);
	});

	it("that is not there is asked of the primary each time, and found as soon as it is", async () => {
		const author = await newClient();
		const created = await author.post("/v1/users/me/quizzes", quizDocument());
		const quiz: string = created.body.id;
		expect(await read(author, quiz)).toBeNull();
		expect(withSession.mock.calls).toEqual([["first-unconstrained"], ["first-primary"]]);
		await publishAgain(author, quiz);
		expect(await read(author, quiz)).toMatchObject({ version_number: 1 });
	});
});

describe("the current version of a quiz near the readers", () => {
	const row = (version_number: number) => ({ version: "0".repeat(64), version_number, audience: "public" });

	/** A store of one key that refuses the first `refusals` writes. */
	function storeThatRefuses(refusals: number) {
		const kept: { row: unknown } = { row: null };
		const write = (next: unknown) => {
			if (refusals-- > 0) throw new Error("KV PUT failed: 429 Too Many Requests");
			kept.row = next;
		};
		const store = { put: async (_: string, text: string) => write(JSON.parse(text)), delete: async () => write(null) };
		return { kept, store: store as unknown as KVNamespace };
	}

	it("is put there again where the store refused it, unless something later was put there meanwhile", async () => {
		vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
		vi.spyOn(console, "warn").mockImplementation(() => undefined);
		for (const [name, later, end] of [
			["quz_again", undefined, row(1)],
			["quz_anew", row(2), row(2)],
			["quz_withdrawn", null, null],
		] as const) {
			const { kept, store } = storeThatRefuses(1);
			const work: Promise<void>[] = [];
			const keep = (next: ReturnType<typeof row> | null) =>
				keepCurrentVersion(store, name, next, (again) => work.push(again));
			await keep(row(1));
			expect(kept.row).toBeNull();
			if (later !== undefined) await keep(later);
			await vi.advanceTimersByTimeAsync(KV_WRITE_INTERVAL_MS);
			await Promise.all(work);
			expect([name, kept.row]).toEqual([name, end]);
		}
	});
});
