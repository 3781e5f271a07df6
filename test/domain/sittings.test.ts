import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { arranged } from "../../src/domain/attempts/arrangement.ts";
import { OPEN_ATTEMPT_DAYS } from "../../src/domain/attempts/limits.ts";
import { type Change, closedTo, decideSave, marksOfSaved, type Sitting } from "../../src/domain/attempts/sittings.ts";
import { deadlineOf, lastInstant, NO_ALLOWANCE, notYetOrNoMore, overAt } from "../../src/domain/attempts/times.ts";
import type { QuestionKey } from "../../src/domain/quizzes/answer-keys.ts";
import { DAY_MS } from "../../src/domain/units.ts";

/** Attempts that are under way: their times, what is saved of them, and what they show. */

const OPENED = Date.UTC(2030, 5, 1, 9);
const KEYS: QuestionKey[] = ["a", "b", "c"].map((id) => ({ id, marks: 1, options: 4, correct: 2 }));

const sitting = (more: Partial<Sitting> = {}): Sitting => ({
	id: "att_x",
	quiz: "quz_x",
	version: "0".repeat(64),
	version_number: 1,
	title: null,
	number: 1,
	status: "in_progress",
	seq: 2,
	opened_at: OPENED,
	deadline: OPENED + 60_000,
	over_at: OPENED + 65_001,
	seed: 1,
	pass_percentage: 50,
	settings: { time_limit_s: 60, grace_s: 5 },
	is_authors: false,
	is_drawn: false,
	questions: KEYS.map(({ id }) => ({ id, max: 100, options: 4 })),
	shown: [0, 1, 2],
	saved: {},
	...more,
});

const save = (to: Sitting, changes: readonly Change[], now = OPENED) =>
	decideSave(
		to,
		{ questions: KEYS },
		changes,
		changes.map(({ response }) => response),
		now,
	);

describe("the time of an attempt", () => {
	it("ends at the earlier one of its limit and the closing time, each as the taker has it", () => {
		const limit = { time_limit_s: 60 };
		expect(deadlineOf({}, NO_ALLOWANCE, OPENED)).toBeNull();
		expect(deadlineOf(limit, NO_ALLOWANCE, OPENED)).toBe(OPENED + 60_000);
		expect(deadlineOf({ ...limit, closes_at: OPENED + 59_999 }, NO_ALLOWANCE, OPENED)).toBe(OPENED + 59_999);
		expect(deadlineOf({ ...limit, closes_at: OPENED + 60_001 }, NO_ALLOWANCE, OPENED)).toBe(OPENED + 60_000);
		expect(deadlineOf({ closes_at: OPENED + 7 }, NO_ALLOWANCE, OPENED)).toBe(OPENED + 7);
		const allowance = { time_factor: 1.25, extra_s: 10, closes_later_s: 20 };
		expect(deadlineOf(limit, allowance, OPENED)).toBe(OPENED + 85_000);
		expect(deadlineOf({ ...limit, closes_at: OPENED }, allowance, OPENED)).toBe(OPENED + 20_000);
		expect(deadlineOf({ time_limit_s: 1 }, { ...NO_ALLOWANCE, time_factor: 1.0005 }, OPENED)).toBe(OPENED + 1_001);
	});

	it.each([
		[0, [true, true, false, false]],
		[5, [true, true, true, true]],
	])("takes answers until the deadline and %s s of grace, to the millisecond", (grace_s, taken) => {
		const settings = { time_limit_s: 60, grace_s };
		const deadline = OPENED + 60_000;
		const own = sitting({ settings, over_at: overAt(settings, deadline, OPENED) });
		const at = (now: number) => closedTo(own, now) === null && save(own, [change("a", 1, 2)], now).ok;
		expect([-1, 0, 1, 5_000].map((after) => at(deadline + after))).toEqual(taken);
		const last = lastInstant(deadline, settings);
		expect([at(last), at(last + 1)]).toEqual([true, false]);
		expect(closedTo(own, last + 1)).toMatchObject({
			code: "deadline-passed",
			deadline,
			received_at: last + 1,
		});
	});

	it("without an end is over after OPEN_ATTEMPT_DAYS", () => {
		expect(overAt({}, null, OPENED)).toBe(OPENED + OPEN_ATTEMPT_DAYS * DAY_MS);
	});

	it("begins from the opening time on, until the closing time, and not before the delay is over", () => {
		const settings = { opens_at: OPENED, closes_at: OPENED + 10, delay_s: 1 };
		const at = (now: number, last: number | null = null) => notYetOrNoMore(settings, NO_ALLOWANCE, last, now);
		expect(at(OPENED - 1)).toMatchObject({ opens_at: OPENED });
		expect([at(OPENED), at(OPENED + 10)]).toEqual([null, null]);
		expect(at(OPENED + 11)).toMatchObject({ closes_at: OPENED + 10 });
		expect(at(OPENED + 3, OPENED - 996)).toMatchObject({ opens_at: OPENED + 4 });
		expect(at(OPENED + 4, OPENED - 996)).toBeNull();
	});
});

const change = (question: string, counter: number, response: Change["response"]): Change => ({
	question,
	counter,
	response,
});

describe("what is saved", () => {
	it("ends with each question's newest answer, whatever comes when, how often and in which batches", () => {
		const changes = fc.uniqueArray(
			fc.record({
				question: fc.constantFrom("a", "b", "c"),
				counter: fc.integer({ min: 1, max: 1_000 }),
				response: fc.option(fc.nat({ max: 3 })),
				flagged: fc.boolean(),
			}),
			{ selector: ({ question, counter }) => `${question} ${counter}`, minLength: 1, maxLength: 20 },
		);
		const batches = changes.chain((all) =>
			fc.tuple(
				fc.constant(all),
				// Each at least once, in any order and any batches, some again.
				fc.shuffledSubarray([...all], { minLength: all.length, maxLength: all.length }),
				fc.array(fc.constantFrom(...all), { maxLength: 10 }),
				fc.integer({ min: 1, max: 5 }),
			),
		);
		fc.assert(
			fc.property(batches, ([all, order, again, size]) => {
				let now = sitting();
				const sent = [...order, ...again];
				for (let at = 0; at < sent.length; at += size) {
					const saved = save(now, sent.slice(at, at + size));
					if (!saved.ok) throw new Error(JSON.stringify(saved.refusal));
					now = { ...now, saved: saved.value };
				}
				for (const id of ["a", "b", "c"]) {
					const newest = all
						.filter(({ question }) => question === id)
						.reduce<Change | null>((last, each) => (last && last.counter > each.counter ? last : each), null);
					const { counter, response, flagged } = now.saved[id] ?? {};
					expect([counter, response, flagged]).toEqual([newest?.counter, newest?.response, newest?.flagged]);
				}
				const right = Object.values(now.saved).filter(({ response }) => response === 2).length;
				expect(marksOfSaved(now)).toMatchObject({ score: right * 100, max_score: 300 });
			}),
		);
	});

	it("is all of a batch or nothing, and a fault is named by its place", () => {
		const refusal = (changes: Change[]) => {
			const outcome = save(sitting(), changes);
			return outcome.ok || outcome.refusal.code !== "invalid-request" ? null : outcome.refusal.errors;
		};
		expect(refusal([change("a", 1, 2), change("z", 2, 1), change("b", 3, 4)])).toMatchObject([
			{ pointer: "/changes/1/question" },
			{ pointer: "/changes/2/response" },
		]);
	});

	it("goes one way where the quiz says so, by the counters and not by when it arrives", () => {
		const shown = [2, 0, 1];
		const oneWay = sitting({ settings: { navigation: "one_way" }, shown, deadline: null });
		const first = save(oneWay, [change("c", 1, 0), change("a", 5, 1)]);
		if (!first.ok) throw new Error("refused");
		const gone = { ...oneWay, saved: first.value };
		expect(save(gone, [change("c", 6, 1)])).toMatchObject({ ok: false, refusal: { code: "conflict" } });
		// It was made before the taker went on, and only arrives late.
		expect(save(gone, [change("c", 4, 1)])).toMatchObject({ ok: true, value: { c: { counter: 4, response: 1 } } });
		expect(save(gone, [change("b", 7, 1)]).ok).toBe(true);
		expect(save({ ...gone, settings: {} }, [change("c", 6, 1)]).ok).toBe(true);
	});
});

describe("what an attempt shows", () => {
	const subjects = [
		{ name: "one", questions: ["a", "b", "c", "d"].map((id) => ({ id, options: 4 })) },
		{ name: "two", questions: ["e", "f"].map((id) => ({ id, options: 0 })) },
	];

	it("follows from its seed: as many questions of each subject as are drawn, each once, its options each once", () => {
		const settings = { draw: [{ from: "one", take: 2 }], shuffle: { questions: true, options: true } };
		const seen = new Set<string>();
		for (let seed = 0; seed < 200; seed++) {
			const { questions, option_order } = arranged({ subjects, settings }, seed);
			expect(arranged({ subjects, settings }, seed)).toEqual({ questions, option_order });
			expect(new Set(questions).size).toBe(2);
			expect([...option_order.keys()].sort()).toEqual([...questions].sort());
			for (const order of option_order.values()) expect(order.toSorted()).toEqual([0, 1, 2, 3]);
			seen.add(questions.join());
		}
		// Each of the twelve ordered pairs.
		expect(seen.size).toBe(12);
	});

	it("is the version as it stands where nothing is drawn and shuffled", () => {
		const { questions, option_order } = arranged({ subjects }, 7);
		expect([questions.join(""), option_order.size]).toEqual(["abcdef", 0]);
	});
});
