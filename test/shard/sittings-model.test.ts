import { evictDurableObject } from "cloudflare:test";
import fc from "fast-check";
import { expect, test } from "vitest";
import type { Change } from "../../src/domain/attempts/sittings.ts";
import { testEnv } from "../lib/harness.ts";
import { newShard, key as plainKey, START } from "../lib/shard-calls.ts";

/**
 * Property A1: no acknowledged answer of an open attempt is lost or replaced by an older one. Random histories of two tabs that answer, are offline, send batches
 * late, twice and out of order, and submit, while the clock goes to the deadline and its edges and the object is evicted between any two, against a model.
 */

const RUNS = testEnv.TEST_LONG ? 1_000 : 60;
const SEED = Number(testEnv.TEST_SEED ?? Date.now() % 2 ** 31);
const LIMIT_MS = 60_000;
const GRACE_MS = 5_000;
const QUESTIONS = ["a", "b", "c", "d"];

const key = {
	...plainKey,
	settings: { time_limit_s: LIMIT_MS / 1_000, grace_s: GRACE_MS / 1_000 },
	questions: QUESTIONS.map((id) => ({ id, options: 4, correct: 2, marks: 1 })),
};

const tab = fc.constantFrom(0, 1);
const command = fc.oneof(
	{
		weight: 8,
		arbitrary: fc.record({
			do: fc.constant("answer" as const),
			tab,
			question: fc.constantFrom(...QUESTIONS),
			response: fc.option(fc.nat({ max: 3 })),
		}),
	},
	// What arrives and is not known to have arrived is sent again.
	{
		weight: 8,
		arbitrary: fc.record({ do: fc.constant("send" as const), tab, take: fc.nat({ max: 9 }), lost: fc.boolean() }),
	},
	{ weight: 3, arbitrary: fc.record({ do: fc.constant("wait" as const), ms: fc.constantFrom(1, 999, 20_000) }) },
	{ weight: 2, arbitrary: fc.record({ do: fc.constant("edge" as const), by: fc.constantFrom(-1, 0, 1) }) },
	{ weight: 1, arbitrary: fc.record({ do: fc.constant("submit" as const) }) },
	{ weight: 2, arbitrary: fc.record({ do: fc.constant("evict" as const) }) },
);
type Command = typeof command extends fc.Arbitrary<infer C> ? C : never;

async function run(commands: readonly Command[]): Promise<void> {
	const { user, shard, call } = newShard();
	let now = START;
	let counter = 0;
	/** Made in a tab, and not known to be stored. */
	const waiting: Change[][] = [[], []];
	const stored = new Map<string, Change>();
	let ended: "taker" | "clock" | null = null;

	const opened = await shard.attempts.open(call(now, "open"), key.quiz, key);
	if (!opened.outcome.ok) throw new Error(JSON.stringify(opened.outcome));
	const { id, deadline } = opened.outcome.value;
	if (!("seq" in opened.outcome.value)) throw new Error("it is not under way");
	expect(deadline).toBe(START + LIMIT_MS);
	const last = START + LIMIT_MS + GRACE_MS;
	const isOpen = () => ended === null && now <= last;
	const clock = () => {
		if (ended === null && now > last) ended = "clock";
	};
	const refused = () => (ended === "taker" ? "attempt-already-submitted" : "deadline-passed");

	for (const step of commands) {
		switch (step.do) {
			case "answer":
				waiting[step.tab]?.push({ question: step.question, counter: ++counter, response: step.response });
				break;
			case "send": {
				const batch = waiting[step.tab] ?? [];
				const changes = batch.filter((_, place) => place <= step.take).toReversed();
				if (changes.length === 0) break;
				const kept = changes.map(({ response }) => response);
				const { outcome } = await shard.attempts.save(call(now), id, changes, key, kept);
				clock();
				expect(outcome.ok, JSON.stringify(outcome)).toBe(isOpen());
				if (!outcome.ok) {
					expect(outcome.refusal.code).toBe(refused());
					break;
				}
				for (const change of changes) {
					if (change.counter > (stored.get(change.question)?.counter ?? 0)) stored.set(change.question, change);
				}
				if (!step.lost) waiting[step.tab] = batch.filter((change) => !changes.includes(change));
				const counters = Object.entries(outcome.value.saved).map(([question, { counter }]) => [question, counter]);
				expect(new Map(counters as [string, number][])).toEqual(
					new Map([...stored].map(([question, { counter }]) => [question, counter])),
				);
				break;
			}
			case "wait":
				now += step.ms;
				break;
			case "edge":
				now = Math.max(now, last + step.by);
				break;
			case "submit": {
				const { outcome } = await shard.attempts.submitOpen(call(now), id);
				clock();
				expect(outcome.ok, JSON.stringify(outcome)).toBe(isOpen());
				if (outcome.ok) ended = "taker";
				else expect(outcome.refusal.code).toBe(refused());
				break;
			}
			case "evict":
				await evictDurableObject(testEnv.SHARDS.getByName(user) as never);
				// It reads what was written, and wakes up.
				expect((await shard.attempts.get(call(now), id))?.id).toBe(id);
				clock();
				break;
		}
	}
	now = Math.max(now, last + 1);
	clock();
	const attempt = await shard.attempts.get(call(now), id);
	const answers = [...stored].flatMap(([question, { response }]) => (response === null ? [] : [[question, response]]));
	expect(attempt).toMatchObject({
		status: "submitted",
		ended_by: ended,
		answers: Object.fromEntries(answers),
		score: answers.filter(([, response]) => response === 2).length,
	});
	expect(Object.keys((attempt as { answers: object }).answers)).toHaveLength(answers.length);
	const listed = await shard.attempts.list(call(now), {}, Number.MAX_SAFE_INTEGER, 10);
	expect(listed).toHaveLength(1);
	expect(await shard.log.verify(call(now), null)).toMatchObject({ ok: true, records: { first_difference: null } });
}

test(`no acknowledged answer is lost, one submission, deadlines to the millisecond (seed ${SEED})`, async () => {
	await fc.assert(fc.asyncProperty(fc.array(command, { minLength: 5, maxLength: 30 }), run), {
		numRuns: RUNS,
		seed: SEED,
	});
}, 600_000);
