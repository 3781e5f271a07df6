import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Signer, signToken } from "../../dev/signer.ts";
import { newStateFolder, removeFolder } from "./harness.ts";
import { newAuthor, PRICE, settingsFor, TENANT } from "./lib/generations.ts";
import {
	answers,
	type Provider,
	question,
	questions,
	quizText,
	startProvider,
	streams,
	streamsInPieces,
} from "./lib/provider.ts";
import { prepare, type Runtime, startRuntime } from "./lib/two-workers.ts";

const folder = newStateFolder();
let provider: Provider;
let signer: Signer;
let runtime: Runtime;

beforeAll(async () => {
	provider = await startProvider();
	signer = await prepare(folder);
	runtime = await startRuntime({ folder, signer, bindings: settingsFor(provider.url) });
});
afterAll(async () => {
	await runtime?.stop();
	await provider?.close();
	removeFolder(folder);
});

const GOOD = quizText(questions(3));

/** What a provider answers that does not stream. */
const WHOLE = {
	choices: [{ index: 0, message: { role: "assistant", content: GOOD }, finish_reason: "stop" }],
	usage: { total_tokens: 123 },
};

describe("a quiz is made and its questions are paid for", () => {
	test("the hold becomes the record of it, and a retry answers the same without asking the provider", async () => {
		const author = await newAuthor(runtime, signer);
		provider.behave = streams(GOOD);
		const asked = provider.requests.length;
		const first = await author.generate(runtime);
		expect(first).toMatchObject({
			status: 201,
			replayed: false,
			body: { title: "The world", questions: 3, charged: 3 * PRICE, available: 94, dropped: 0 },
		});
		expect(first.body).toMatchObject({ tokens_used: 123, usage: "as reported" });
		expect(provider.requests[asked]).toMatchObject({
			model: "stand-in",
			stream: true,
			stream_options: { include_usage: true },
		});
		expect(provider.authorizations[asked]).toBe("Bearer sk-test");

		provider.behave = answers(500, {});
		expect(await author.generate(runtime)).toEqual({ ...first, replayed: true });
		expect(provider.requests.length).toBe(asked + 1);

		const { quizzes, holds, ...account } = await author.account(runtime);
		expect(account).toEqual({ available: 94, held: 0, consumed: 6 });
		expect(quizzes).toHaveLength(1);
		const quiz = quizzes[0]?.id;
		expect(first.body).toMatchObject({ quiz, hold: holds[0]?.id });
		expect(holds).toMatchObject([
			{ status: "settled", generation: "completed", settled: 6, units: 3, tokens_used: 123, quiz, model: "stand-in" },
		]);
		const made = await author.at(runtime).get<{ content: unknown }>(`/v1/users/me/quizzes/${quiz}`);
		expect(made.content).toMatchObject({
			title: "The world",
			source: "ai",
			subjects: [{ questions: questions(3).map((one, i) => ({ ...one, id: String(i + 1) })) }],
		});
	});

	test.each([
		["in pieces of 1 byte", streamsInPieces(GOOD, 1, "\n")],
		["in pieces of 7 bytes, with CRLF", streamsInPieces(GOOD, 7, "\r\n")],
		["in pieces of 1 byte, with CRLF", streamsInPieces(GOOD, 1, "\r\n")],
		["as one document", answers(200, WHOLE)],
		["in a code fence", streams(`Here you are:\n\`\`\`json\n${GOOD}\n\`\`\``)],
	])("however the provider sends it: %s", async (_, behaviour) => {
		const author = await newAuthor(runtime, signer);
		provider.behave = behaviour;
		expect(await author.generate(runtime)).toMatchObject({ status: 201, body: { questions: 3, tokens_used: 123 } });
		expect(await author.account(runtime)).toMatchObject({ available: 94, held: 0, consumed: 6 });
	});

	test("only for valid questions, and for no more than were asked", async () => {
		const author = await newAuthor(runtime, signer);
		const bad = [
			null,
			"text",
			{ ...question(7), correctAnswer: 4 },
			{ ...question(8), options: ["a", "a", "b", "c"] },
			{ ...question(9), options: ["a"] },
			{ ...question(9), question: "" },
			question(0),
		];
		provider.behave = streams(quizText([question(0), ...bad, { ...question(1), id: "x", mood: "good" }]));
		expect(await author.generate(runtime)).toMatchObject({
			status: 201,
			body: { questions: 2, dropped: 7, charged: 2 * PRICE },
		});
		provider.behave = streams(quizText(questions(5)));
		expect(await author.generate(runtime, {}, { "Idempotency-Key": "second" })).toMatchObject({
			status: 201,
			body: { questions: 3, dropped: 2, charged: 3 * PRICE },
		});
		expect(await author.account(runtime)).toMatchObject({ available: 90, held: 0, consumed: 10 });
	});

	test.each([
		[{ total_tokens: -5 }, null, "ignored"],
		[{ total_tokens: 1.5 }, null, "ignored"],
		[{ total_tokens: "12" }, null, "ignored"],
		[{}, null, "ignored"],
		[7, null, "ignored"],
		[{ total_tokens: 9e15 }, 1_000_000, "clamped"],
		[null, null, "missing"],
	])("whatever the provider claims to have used: %j", async (claim, tokens_used, usage) => {
		const author = await newAuthor(runtime, signer);
		provider.behave = streams(GOOD, claim);
		expect(await author.generate(runtime)).toMatchObject({ status: 201, body: { charged: 6, tokens_used, usage } });
		const { holds, consumed } = await author.account(runtime);
		expect({ consumed, tokens: holds[0]?.tokens_used }).toEqual({ consumed: 6, tokens: tokens_used });
	});

	test("once, by eight calls at once with one key", async () => {
		const author = await newAuthor(runtime, signer);
		const asked = provider.requests.length;
		const another = () => quizText([...questions(2), question(provider.requests.length + 10)]);
		provider.behave = (response) => streams(another())(response);
		const answers = await Promise.all(Array.from({ length: 8 }, () => author.generate(runtime)));
		expect(new Set(answers.map(({ status, body }) => JSON.stringify([status, body]))).size).toBe(1);
		expect(answers[0]).toMatchObject({ status: 201 });
		const account = await author.account(runtime);
		expect(account).toMatchObject({ available: 94, held: 0, consumed: 6 });
		expect([account.quizzes.length, account.holds.length]).toEqual([1, 1]);
		expect(provider.requests.length).toBe(asked + 1);
	});
});

describe("what Marksheet refuses is passed on, before anything is spent", () => {
	test("too few credits, another order with the key, a stranger, a token without the scope", async () => {
		const author = await newAuthor(runtime, signer, 5);
		provider.behave = streams(GOOD);
		const asked = provider.requests.length;
		expect(await author.generate(runtime)).toMatchObject({
			status: 402,
			body: { code: "insufficient-credits", available: 5, needed: 6, status: 402 },
		});
		expect(await author.generate(runtime, { questions: 2 })).toMatchObject({
			status: 422,
			body: { code: "idempotency-key-reused" },
		});
		const { user } = await newAuthor(runtime, signer);
		expect(await author.generate(runtime, { user })).toMatchObject({ status: 404, body: { code: "not-found" } });
		expect(await author.generate(runtime, { tenant: "ten_other" })).toMatchObject({ status: 404 });
		const scopes = ["credits:read", "credits:reserve"];
		const Authorization = `Bearer ${await signToken(signer, { subject: author.user, tenant: TENANT, scopes })}`;
		expect(await author.generate(runtime, {}, { Authorization })).toMatchObject({
			status: 403,
			body: { code: "forbidden", required_scope: "quizzes:write" },
		});
		expect(provider.requests.length).toBe(asked);
		expect(await author.account(runtime)).toMatchObject({ available: 5, held: 0, holds: [], quizzes: [] });
	});

	test("orders that are no orders", async () => {
		const author = await newAuthor(runtime, signer);
		for (const change of [{ questions: 0 }, { questions: 51 }, { questions: 1.5 }, { topic: " " }, { more: 1 }]) {
			const pointer = "more" in change ? "/" : `/${Object.keys(change)[0]}`;
			expect(await author.generate(runtime, change)).toMatchObject({ status: 400, body: { errors: [{ pointer }] } });
		}
		expect(await author.generate(runtime, { topic: "x".repeat(10_001) })).toMatchObject({ status: 413 });
		const { user, token } = author;
		const body = JSON.stringify({ user, tenant: TENANT, topic: "t", questions: 1 });
		const send = (headers: Record<string, string>) => runtime.generate({ headers, body });
		expect(await send({ Authorization: `Bearer ${token}` })).toMatchObject({
			status: 400,
			body: { code: "idempotency-key-required" },
		});
		expect(await send({ "Idempotency-Key": "k" })).toMatchObject({ status: 401 });
		expect(await send({ "Idempotency-Key": "k", Authorization: "Bearer x" })).toMatchObject({ status: 401 });
		expect(await author.account(runtime)).toMatchObject({ available: 100, held: 0, holds: [] });
	});
});
