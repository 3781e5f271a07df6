import { setTimeout } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Client } from "../../dev/client.ts";
import { type Signer, signToken } from "../../dev/signer.ts";
import { newStateFolder, removeFolder } from "./harness.ts";
import { type Author, newAuthor, settingsFor } from "./lib/generations.ts";
import { type Provider, question, questions, quizText, startProvider, streams } from "./lib/provider.ts";
import { type At, prepare, type Runtime, startRuntime } from "./lib/two-workers.ts";

/** What users do with what is theirs while a quiz is being made: they get nothing for nothing, and pay for nothing they cannot get. */

const folder = newStateFolder();
let provider: Provider;
let signer: Signer;
let runtime: Runtime;
let at: At = async () => undefined;

beforeAll(async () => {
	provider = await startProvider();
	signer = await prepare(folder);
	const bindings = { ...settingsFor(provider.url), TIMEOUT_MS: "1000", HOLD_MARGIN_S: "2" };
	runtime = await startRuntime({ folder, signer, bindings, at: (point) => at(point) });
});
afterAll(async () => {
	await runtime?.stop();
	await provider?.close();
	removeFolder(folder);
});

const GOOD = quizText(questions(3));
const WRITTEN = "The world";
const OTHER = { title: "Another", subjects: [{ name: "all", questions: [{ ...question(0), id: 1 }] }] };

/** Does it once, at this point of the next generation. */
function once(point: Parameters<At>[0], act: () => Promise<unknown>): void {
	at = async (reached) => {
		if (reached !== point) return undefined;
		at = async () => undefined;
		await act();
		return undefined;
	};
}

const holdOf = async (author: Author) => (await author.account(runtime)).holds[0]?.id ?? "";

describe("a user", () => {
	test.each(["before-draft", "before-settle", "before-fill"] as const)(
		"who burns the keys of the generation, %s, pays all the same",
		async (point) => {
			const author = await newAuthor(runtime, signer);
			const scopes = ["quizzes:write", "credits:read"];
			const weak = new Client(runtime.url, await signToken(signer, { subject: author.user, scopes }));
			provider.behave = streams(GOOD);
			once(point, async () => {
				const hold = await holdOf(author);
				for (const step of ["settle", "release", "refund", "generation"]) {
					await weak.post("/v1/users/me/quizzes", { ...OTHER }, `${step}:${hold}`);
				}
			});
			expect(await author.generate(runtime)).toMatchObject({ status: 201, body: { title: WRITTEN, charged: 6 } });
			expect(await author.account(runtime)).toMatchObject({ available: 94, held: 0, consumed: 6 });
		},
	);

	test("who deletes the draft before it is delivered has paid, and gets it once it is undeleted", async () => {
		const author = await newAuthor(runtime, signer);
		provider.behave = streams(GOOD);
		const asked = provider.requests.length;
		let draft = "";
		once("before-settle", async () => {
			draft = (await author.account(runtime)).quizzes[0]?.id ?? "";
			await author.at(runtime).send("DELETE", `/v1/users/me/quizzes/${draft}`);
		});
		for (let call = 0; call < 3; call++) {
			expect(await author.generate(runtime)).toMatchObject({ status: 409, body: { code: "draft-taken-away" } });
		}
		expect(await author.account(runtime)).toMatchObject({ available: 94, held: 0, consumed: 6, quizzes: [] });
		await author.at(runtime).post(`/v1/users/me/quizzes/${draft}/undeletion`, {}, "undelete");
		expect(await author.generate(runtime)).toMatchObject({ status: 201, body: { quiz: draft, charged: 6 } });
		expect(await author.account(runtime)).toMatchObject({ consumed: 6, quizzes: [{ id: draft, title: WRITTEN }] });
		expect(provider.requests.length).toBe(asked + 1);
	});

	test("who changes the delivered quiz keeps the change when the request is repeated", async () => {
		const author = await newAuthor(runtime, signer);
		provider.behave = streams(GOOD);
		const first = await author.generate(runtime);
		const [quiz] = (await author.account(runtime)).quizzes;
		const path = `/v1/users/me/quizzes/${quiz?.id}`;
		const headers = { Authorization: `Bearer ${author.token}`, "Content-Type": "application/json", "If-Match": "*" };
		const changed = await fetch(`${runtime.url}${path}`, { method: "PUT", headers, body: JSON.stringify(OTHER) });
		expect(changed.status).toBe(200);
		expect(await author.generate(runtime)).toEqual({ ...first, replayed: true });
		expect((await author.account(runtime)).quizzes).toMatchObject([{ title: OTHER.title }]);
	});

	test("who lets the hold run out and spends its credits elsewhere gets no quiz, and what was charged back", async () => {
		const author = await newAuthor(runtime, signer, 6);
		provider.behave = streams(GOOD);
		once("before-settle", async () => {
			// As long as it takes the hold to run out.
			while ((await author.account(runtime)).held > 0) await setTimeout(100);
			const credits = "/v1/users/me/credits/holds";
			const { id } = await author.at(runtime).post<{ id: string }>(credits, { amount: 4 }, "elsewhere");
			await author.at(runtime).post(`${credits}/${id}/settlement`, { amount: 4 }, "spent");
		});
		expect(await author.generate(runtime)).toMatchObject({ status: 402, body: { code: "not-paid" } });
		expect(await author.generate(runtime)).toMatchObject({ status: 402, body: { code: "not-paid" } });
		expect(await author.account(runtime)).toMatchObject({ available: 2, held: 0, consumed: 4, quizzes: [] });
	});
});
