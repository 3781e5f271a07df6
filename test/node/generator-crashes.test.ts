import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Signer } from "../../dev/signer.ts";
import { newStateFolder, removeFolder } from "./harness.ts";
import { type Author, newAuthor, settingsFor } from "./lib/generations.ts";
import {
	answers,
	type Behaviour,
	eventsOf,
	type Provider,
	questions,
	quizText,
	startProvider,
	streams,
} from "./lib/provider.ts";
import { type Point, prepare, type Runtime, startRuntime } from "./lib/two-workers.ts";

const folder = newStateFolder();
let provider: Provider;
let signer: Signer;
let runtime: Runtime;

beforeAll(async () => {
	provider = await startProvider();
	signer = await prepare(folder);
});
afterAll(async () => {
	await runtime?.stop();
	await provider?.close();
	removeFolder(folder);
});

const GOOD = quizText(questions(3));

/** The point at which the next request crashes, and what to call there. */
let crash: { at: Point; reached: () => void } | null = null;

/** What the runtime was started with; null once it was killed. */
let running: string | null = null;

/** A runtime with these settings: the one that a test before has left, if it has them. */
async function start(settings: Record<string, string> = {}): Promise<void> {
	if (running !== JSON.stringify(settings)) await restart(settings);
}

async function restart(settings: Record<string, string> = {}): Promise<void> {
	await runtime?.stop();
	const at = async (point: Point) => {
		if (point !== crash?.at) return undefined;
		crash.reached();
		return await new Promise<never>(() => {});
	};
	runtime = await startRuntime({ folder, signer, bindings: { ...settingsFor(provider.url), ...settings }, at });
	running = JSON.stringify(settings);
}

/** Kills the runtime, with both Workers, at the moment that `reach` waits for in the work of a generation. */
async function crashWhen(author: Author, reach: (reached: () => void) => void): Promise<void> {
	const reached = new Promise<void>(reach);
	const lost = author.generate(runtime).then(
		(answer) => expect.unreachable(`answered ${JSON.stringify(answer)}`),
		() => "lost",
	);
	await reached;
	await runtime.kill();
	running = null;
	expect(await lost).toBe("lost");
	crash = null;
}

const crashAt = (author: Author, point: Point) =>
	crashWhen(author, (reached) => {
		crash = { at: point, reached };
	});

const crashInProvider = (author: Author) =>
	crashWhen(author, (reached) => {
		provider.behave = () => reached();
	});

describe("a crash in between, then a retry: one quiz, one charge", () => {
	test.each<Point>([
		...(["before-reserve", "after-reserve", "before-draft", "after-draft"] as const),
		...(["before-settle", "after-settle", "before-fill", "after-fill"] as const),
	])("%s", async (point) => {
		await start();
		const author = await newAuthor(runtime, signer);
		provider.behave = streams(GOOD);
		const asked = provider.requests.length;
		await crashAt(author, point);
		await restart();
		// What the provider would say now is something else: what was said before the crash must count.
		provider.behave = streams(quizText(questions(2)));
		const isAnswered = provider.requests.length > asked;
		const charged = isAnswered ? 6 : 4;
		const retried = await author.generate(runtime);
		expect(retried).toMatchObject({ status: 201, body: { charged, questions: charged / 2 } });
		expect(await author.generate(runtime)).toMatchObject({ status: 201, body: retried.body, replayed: true });
		expect(provider.requests.length).toBe(asked + 1);
		const { holds, quizzes, ...account } = await author.account(runtime);
		expect(account).toEqual({ available: 100 - charged, held: 0, consumed: charged });
		expect({ holds, quizzes }).toMatchObject({ holds: [{ status: "settled", quiz: quizzes[0]?.id }], quizzes: [{}] });
	});

	test("while the provider works: it is asked once more when that call's time is over, and then no more", async () => {
		const settings = { TIMEOUT_MS: "1500" };
		await start(settings);
		const author = await newAuthor(runtime, signer);
		await crashInProvider(author);
		await restart(settings);
		expect(await author.account(runtime)).toMatchObject({ available: 94, held: 6, consumed: 0 });
		provider.behave = streams(GOOD);
		expect(await author.generate(runtime)).toMatchObject({ status: 201, body: { charged: 6 } });
		const { holds, quizzes, ...account } = await author.account(runtime);
		expect(account).toEqual({ available: 94, held: 0, consumed: 6 });
		expect([holds.length, quizzes.length]).toEqual([1, 1]);
		const unlucky = await newAuthor(runtime, signer);
		await crashInProvider(unlucky);
		await restart(settings);
		await crashInProvider(unlucky);
		await restart(settings);
		provider.behave = streams(GOOD);
		expect(await unlucky.generate(runtime)).toMatchObject({ status: 502, body: { code: "provider-failed" } });
		expect(await unlucky.account(runtime)).toMatchObject({ available: 100, held: 0, consumed: 0, quizzes: [] });
	});

	test.each<Point>(["before-release", "after-release"])("%s: it stays a failure", async (point) => {
		await start();
		const author = await newAuthor(runtime, signer);
		provider.behave = answers(500, {});
		await crashAt(author, point);
		await restart();
		provider.behave = streams(GOOD);
		expect(await author.generate(runtime)).toMatchObject({ status: 502, body: { code: "provider-failed" } });
		const { holds, quizzes, ...account } = await author.account(runtime);
		expect(account).toEqual({ available: 100, held: 0, consumed: 0 });
		expect({ holds, quizzes }).toMatchObject({ holds: [{ status: "released" }], quizzes: [] });
	});
});

/** A hold lives two seconds: one for the provider and one more. */
const SHORT = { TIMEOUT_MS: "1000", HOLD_MARGIN_S: "1" };
const givenBack = (author: Author) =>
	expect.poll(() => author.account(runtime), { timeout: 20_000 }).toMatchObject({ available: 100, held: 0 });

describe("when time runs out", () => {
	test("a crash without a retry: the hold runs out and the credits are back", async () => {
		await start(SHORT);
		const author = await newAuthor(runtime, signer);
		await crashAt(author, "after-reserve");
		await restart(SHORT);
		await givenBack(author);
		provider.behave = streams(GOOD);
		const asked = provider.requests.length;
		expect(await author.generate(runtime)).toMatchObject({ status: 409, body: { code: "hold-expired" } });
		expect(provider.requests.length).toBe(asked);
		const { holds, quizzes, ...account } = await author.account(runtime);
		expect(account).toEqual({ available: 100, held: 0, consumed: 0 });
		expect({ holds, quizzes }).toMatchObject({ holds: [{ status: "expired" }], quizzes: [] });
	});

	test("a quiz that was written is paid for and delivered when the retry comes late, and once", async () => {
		await start(SHORT);
		const author = await newAuthor(runtime, signer);
		provider.behave = streams(GOOD);
		await crashAt(author, "before-settle");
		await restart(SHORT);
		await givenBack(author);
		const late = await author.generate(runtime);
		expect(late).toMatchObject({ status: 201, body: { charged: 6 } });
		expect(await author.generate(runtime)).toMatchObject({ status: 201, body: late.body });
		const { holds, quizzes, ...account } = await author.account(runtime);
		expect(account).toEqual({ available: 94, held: 0, consumed: 6 });
		expect({ holds, quizzes }).toMatchObject({ holds: [{ status: "settled", settled: 6 }], quizzes: [{}] });
	});

	test.each<[string, Behaviour]>([
		["without a word", () => {}],
		["in the middle of its answer", (response) => void response.writeHead(200).write(eventsOf(GOOD)[0])],
	])("a provider that hangs %s is left, and everything is given back", async (_, behaviour) => {
		await start({ TIMEOUT_MS: "300" });
		const author = await newAuthor(runtime, signer);
		provider.behave = behaviour;
		expect(await author.generate(runtime)).toMatchObject({ status: 504, body: { code: "provider-timeout" } });
		const { holds, quizzes, ...account } = await author.account(runtime);
		expect(account).toEqual({ available: 100, held: 0, consumed: 0 });
		const error = "No answer within 300 ms.";
		expect({ holds, quizzes }).toMatchObject({ holds: [{ reason: "provider-timeout", error }], quizzes: [] });
	});
});
