import { afterEach, expect, test, vi } from "vitest";
import type { Message } from "../../src/domain/log/events.ts";
import { type Answer, type Client, deliver, headSeq, interceptQueue, newClient } from "../lib/harness.ts";
import { at, CREDITS, DAY_MS, HOLDS, HOUR_MS, randomFrom, START } from "../lib/ledger-harness.ts";
import { keepFixture } from "./fixtures.ts";
import { EVENT_KINDS_V1 } from "./kinds-v1.ts";

/**
 * Records the messages of a random history in which every kind of event occurs, in the order in which the shards sent
 * them. test/fixtures/README.md says when to run this.
 */

afterEach(() => {
	vi.useRealTimers();
});

const SEED = 20301;
const STEPS = 400;
const BYTES_MAX = 300_000;

interface Actor {
	client: Client;
	messages: Message[];
	delivered: number;
	holds: string[];
	lots: string[];
	drafts: string[];
}

type Step = (actor: Actor, random: ReturnType<typeof randomFrom>) => Promise<Answer>;

const published: string[] = [];

const document = (random: ReturnType<typeof randomFrom>) => ({
	title: `Quiz ${random.below(1_000)} é`,
	description: "For the record.",
	tags: ["a", "b"].slice(random.below(3)),
	difficulty: random.pick(["beginner", "advanced"]),
	source: random.pick(["upload", "ai"]),
	subjects: [
		{
			name: "all",
			questions: Array.from({ length: 2 + random.below(4) }, (_, index) => ({
				id: index + 1,
				question: `${index}?`,
				options: ["a", "b", "c", "d"].slice(0, 2 + random.below(3)),
				correctAnswer: random.below(2),
			})),
		},
	],
});

const answersOf = (random: ReturnType<typeof randomFrom>) =>
	Object.fromEntries([1, 2].filter(() => random.below(5) > 0).map((id) => [id, random.below(2)]));

async function createQuiz({ client, drafts }: Actor, random: ReturnType<typeof randomFrom>): Promise<Answer> {
	const created = await client.post("/v1/users/me/quizzes", document(random));
	expect(created.status).toBe(201);
	drafts.push(created.body.id);
	published.push(created.body.id);
	const visibility = random.pick(["public", "public", "tenant", "private"]);
	return client.put(`/v1/users/me/quizzes/${created.body.id}/publication`, { visibility });
}

const reservation = (random: ReturnType<typeof randomFrom>) => ({
	amount: 1 + random.below(12),
	ttl_s: random.pick([60, 600, 3_600, 80_000]),
	prompt: "p",
	purpose: "quiz",
	late_settle: random.pick(["reject", "charge"]),
	over_capture: random.pick(["reject", "cap", { overdraft: 5 }]),
	...(random.below(3) > 0 && { model: random.pick(["m-1", "m-2"]) }),
});

const grantOf = (random: ReturnType<typeof randomFrom>) => ({
	amount: 5 + random.below(40),
	kind: random.pick(["plan", "purchase", "bonus"]),
	priority: random.below(100),
	...(random.below(2) === 0 && { expires_at: Date.now() + (1 + random.below(20)) * DAY_MS }),
	...(random.below(5) === 0 && { effective_at: Date.now() + HOUR_MS }),
});

/** What an actor may do, and how often of a hundred. */
const STEPS_OF: [weight: number, step: Step][] = [
	[6, createQuiz],
	[4, ({ client, drafts }, random) => revise(client, random.pick(drafts), document(random))],
	[5, ({ client, drafts }, random) => publish(client, random.pick(drafts), random.pick(["public", "tenant"]))],
	[2, ({ client, drafts }, random) => withdraw(client, random.pick(drafts))],
	[26, ({ client }, random) => attempt(client, random.pick(published), answersOf(random), random.below(90))],
	[9, async (actor, random) => keepId(actor.lots, await actor.client.post(`${CREDITS}/grants`, grantOf(random)))],
	[18, async (actor, random) => keepId(actor.holds, await actor.client.post(HOLDS, reservation(random)))],
	[18, ({ client, holds }, random) => settle(client, random.pick(holds.slice(-3)), random)],
	[5, ({ client, holds }, random) => client.post(`${HOLDS}/${random.pick(holds.slice(-2))}/release`, { reason: "r" })],
	[5, ({ client, holds }, random) => client.post(`${HOLDS}/${random.pick(holds.slice(-2))}/extension`, { amount: 1 })],
	[6, ({ client, holds }, random) => client.post(`${HOLDS}/${random.pick(holds.slice(-5))}/refund`, { amount: 1 })],
	[1, ({ client, lots }, random) => client.post(`${CREDITS}/lots/${random.pick(lots)}/void`, { reason: "v" })],
	[3, ({ client }, random) => plan(client, random)],
	[1, ({ client }, random) => client.put(`${CREDITS}/preferences`, { low_balance_at: random.below(30) })],
];

const keepId = (ids: string[], answer: Answer): Answer => {
	if (answer.status === 201) ids.push(answer.body.id);
	return answer;
};
const quizPath = (quiz: string) => `/v1/users/me/quizzes/${quiz}`;
const revise = (client: Client, quiz: string, body: object) => client.put(quizPath(quiz), body, { "If-Match": "*" });
const publish = (client: Client, quiz: string, visibility: string) =>
	client.put(`${quizPath(quiz)}/publication`, { visibility });
const withdraw = (client: Client, quiz: string) => client.request("DELETE", `${quizPath(quiz)}/publication`);
const attempt = (client: Client, quiz: string, answers: object, time_taken_s: number) =>
	client.post("/v1/users/me/attempts", { quiz, answers, ...(time_taken_s > 0 && { time_taken_s }) });
const settle = (client: Client, hold: string, random: ReturnType<typeof randomFrom>) =>
	client.post(`${HOLDS}/${hold}/settlement`, {
		amount: random.below(9),
		tokens_used: random.below(9_000),
		cost_cents: random.below(20),
		...(random.below(2) === 0 && { quiz: random.pick(published) }),
	});
const plan = (client: Client, random: ReturnType<typeof randomFrom>) =>
	random.below(4) === 0
		? client.request("DELETE", `${CREDITS}/plan`)
		: client.put(`${CREDITS}/plan`, { tier: "pro", amount: 30, anchor_day: 1 + random.below(31), rollover_cap: 9 });

/** Waits until the shard has sent its whole log, and gives what is new to the catalog, which the next steps look at. */
async function replicate(actor: Actor, recorded: Message[]): Promise<void> {
	const head = await headSeq(actor.client);
	await expect.poll(() => actor.messages.at(-1)?.last ?? 0).toBe(head);
	const sent = actor.messages.slice(actor.delivered);
	actor.delivered = actor.messages.length;
	recorded.push(...sent);
	expect((await deliver(sent)).acked.size).toBe(sent.length);
}

async function newActor(user: string, tenant: string, random: ReturnType<typeof randomFrom>): Promise<Actor> {
	const client = await newClient({ user, tenant });
	await client.get("/v1/users/me/sync");
	const { messages } = await interceptQueue(client);
	const actor = { client, messages, delivered: 0, holds: [], lots: [], drafts: [] };
	await createQuiz(actor, random);
	await startLedger(actor);
	return actor;
}

/** What chance alone would seldom bring about. */
async function startLedger({ client, lots, holds }: Actor): Promise<void> {
	await client.put(`${CREDITS}/preferences`, { low_balance_at: 10, expiring_notice_s: 86_400 });
	for (const amount of [60, 5]) keepId(lots, await client.post(`${CREDITS}/grants`, { amount, kind: "bonus" }));
	await client.post(`${CREDITS}/lots/${lots[1]}/void`);
	for (const amount of [58, 1, 1]) keepId(holds, await client.post(HOLDS, { amount, model: "m-1" }));
	await client.post(`${HOLDS}/${holds[0]}/release`, { error: "timeout" });
	await client.post(`${HOLDS}/${holds[1]}/extension`, { amount: 2 });
	await client.post(`${HOLDS}/${holds[2]}/settlement`, { amount: 1, tokens_used: 77, cost_cents: 3 });
	await client.post(`${HOLDS}/${holds[2]}/refund`);
	await client.put(`${CREDITS}/plan`, { tier: "free", amount: 12, anchor_day: 31 });
	await client.request("DELETE", `${CREDITS}/plan`);
}

test("the recorded log", { timeout: 120_000 }, async () => {
	const random = randomFrom(SEED);
	const recorded: Message[] = [];
	await at(START);
	const actors = [
		await newActor("usr_red_one", "ten_red", random),
		await newActor("usr_red_two", "ten_red", random),
		await newActor("usr_blue", "ten_blue", random),
	];
	for (const actor of actors) await replicate(actor, recorded);
	const weighted = STEPS_OF.flatMap(([weight, step]) => Array.from({ length: weight }, () => step));
	for (let steps = 0; steps < STEPS; steps++) {
		const pause_ms = random.pick([0, 0, 0, 0, 1_000, 1_000, 60_000, 60_000, HOUR_MS, 48 * HOUR_MS]);
		const actor = random.pick(actors);
		actor.client = await at(Date.now() + pause_ms, actor.client);
		expect((await random.pick(weighted)(actor, random)).status).toBeLessThan(500);
		await replicate(actor, recorded);
	}
	const kinds = new Set(recorded.flatMap(({ rows }) => rows.map((row) => (row as { kind: string }).kind)));
	expect([...kinds].sort()).toEqual(EVENT_KINDS_V1);
	const text = recorded.map((message) => `${JSON.stringify(message)}\n`).join("");
	expect(text.length).toBeLessThan(BYTES_MAX);
	await keepFixture("recorded-log-v1.jsonl", text);
});
