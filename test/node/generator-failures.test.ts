import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Signer } from "../../dev/signer.ts";
import { newStateFolder, removeFolder } from "./harness.ts";
import { newAuthor, settingsFor } from "./lib/generations.ts";
import {
	answers,
	type Behaviour,
	eventsOf,
	type Provider,
	question,
	questions,
	quizText,
	startProvider,
	streams,
} from "./lib/provider.ts";
import { type At, prepare, type Runtime, startRuntime } from "./lib/two-workers.ts";

const folder = newStateFolder();
let provider: Provider;
let signer: Signer;
let runtime: Runtime;
let at: At = async () => undefined;

beforeAll(async () => {
	provider = await startProvider();
	signer = await prepare(folder);
	const bindings = settingsFor(provider.url);
	runtime = await startRuntime({ folder, signer, bindings, at: (point) => at(point) });
});
afterAll(async () => {
	await runtime?.stop();
	await provider?.close();
	removeFolder(folder);
});

const GOOD = quizText(questions(3));
const OTHER = { title: "Another", subjects: [{ name: "all", questions: [{ ...question(0), id: 1 }] }] };

describe("a failure gives everything back, says why, and stays what it is", () => {
	const events = eventsOf(GOOD).join("");
	const asEvents = (text: string) => answers(200, text, "text/event-stream");
	test.each<[string, Behaviour, number, string]>([
		["the provider fails", answers(500, "broken"), 502, "provider-failed"],
		["the provider is busy", answers(429, { error: "slow down" }), 502, "provider-failed"],
		["it redirects", (response) => void response.writeHead(307, { Location: "/x" }).end(), 502, "provider-failed"],
		["it hangs up", (response) => void response.destroy(), 502, "provider-failed"],
		["the stream ends early", asEvents(events.slice(0, 200)), 502, "provider-failed"],
		["no event at all", asEvents(""), 502, "provider-failed"],
		["an error in the stream", asEvents(`data: {"error":{"message":"overloaded"}}\n\n`), 502, "provider-failed"],
		["events of nonsense", asEvents("data: {{{\n\n"), 502, "provider-failed"],
		["prose", streams("I cannot do that."), 502, "answer-invalid"],
		["other JSON", streams(`{"questions": 3}`), 502, "answer-invalid"],
		["no valid question", streams(quizText([{ ...question(1), correctAnswer: 9 }])), 422, "no-valid-question"],
		["no question", streams(quizText([])), 422, "no-valid-question"],
	])("%s", async (_, behaviour, status, code) => {
		const author = await newAuthor(runtime, signer);
		provider.behave = behaviour;
		const failure = await author.generate(runtime);
		expect(failure).toMatchObject({ status, body: { status, code, title: expect.any(String) } });
		provider.behave = streams(GOOD);
		expect(await author.generate(runtime)).toEqual(failure);
		const { holds, quizzes, ...account } = await author.account(runtime);
		expect(account).toEqual({ available: 100, held: 0, consumed: 0 });
		expect({ holds, quizzes }).toMatchObject({ holds: [{ status: "released", reason: code }], quizzes: [] });
		expect(holds[0]?.error).toMatch(/\S/);
	});

	test("Marksheet has no place for the quiz: the provider is not asked", async () => {
		const author = await newAuthor(runtime, signer);
		provider.behave = streams(GOOD);
		const asked = provider.requests.length;
		at = async (point) => {
			if (point !== "before-draft") return undefined;
			const [hold] = (await author.account(runtime)).holds;
			await author.at(runtime).post("/v1/users/me/quizzes", { ...OTHER }, `draft:${hold?.id}`);
			return undefined;
		};
		const failure = await author.generate(runtime);
		const body = { code: "quiz-refused", detail: expect.stringContaining("idempotency-key-reused") };
		expect(failure).toMatchObject({ status: 422, body });
		at = async () => undefined;
		expect(await author.generate(runtime)).toEqual(failure);
		const { holds, quizzes, ...account } = await author.account(runtime);
		expect(account).toEqual({ available: 100, held: 0, consumed: 0 });
		expect({ holds, quizzes }).toMatchObject({
			holds: [{ status: "released", reason: "quiz-refused" }],
			quizzes: [{ title: OTHER.title }],
		});
		expect(provider.requests.length).toBe(asked);
	});

	test("Marksheet is down before there is a place for the quiz: a retry goes on from there", async () => {
		const author = await newAuthor(runtime, signer);
		provider.behave = streams(GOOD);
		at = async (point) => (point === "before-draft" ? "down" : undefined);
		expect(await author.generate(runtime)).toMatchObject({ status: 503, body: { code: "unavailable" } });
		expect(await author.account(runtime)).toMatchObject({ available: 94, held: 6, consumed: 0 });
		at = async () => undefined;
		expect(await author.generate(runtime)).toMatchObject({ status: 201, body: { charged: 6 } });
		expect(await author.account(runtime)).toMatchObject({ available: 94, held: 0, consumed: 6 });
	});

	test("Marksheet is down before the quiz is delivered: it is paid for, and a retry delivers it without the provider", async () => {
		const author = await newAuthor(runtime, signer);
		provider.behave = streams(GOOD);
		at = async (point) => (point === "before-fill" ? "down" : undefined);
		expect(await author.generate(runtime)).toMatchObject({ status: 503, body: { code: "unavailable" } });
		expect(await author.account(runtime)).toMatchObject({ available: 94, held: 0, consumed: 6 });
		at = async () => undefined;
		provider.behave = answers(500, {});
		expect(await author.generate(runtime)).toMatchObject({ status: 201, body: { charged: 6 } });
		expect(await author.account(runtime)).toMatchObject({ available: 94, held: 0, consumed: 6 });
	});
});
