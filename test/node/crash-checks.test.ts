import { describe, expect, test } from "vitest";
import type { Caller } from "../crash/caller.ts";
import { checkChanges } from "../crash/checks/changes.ts";
import { checkErrors } from "../crash/checks/errors.ts";
import { atEqualHeads } from "../crash/checks/heads.ts";
import { Violations } from "../crash/checks/violation.ts";
import { type Answer, type Call, History, REPEATER, type Request } from "../crash/history.ts";
import { Looks } from "../crash/looks.ts";

/** What the crash harness would notice: each of its checks is shown a lie, and the truth beside it. */

const QUIZ = "quz_0000000kfqm8x1secwjd7jbj";

function callOf(request: Partial<Request>, answer: Partial<Answer> | null, rest: Partial<Call> = {}): Call {
	const whole = { status: 200, seq: 7, replayed: false, waited: false, body: {}, ...answer };
	return {
		request: { operation: "attempt", user: "usr_a", method: "POST", path: "/attempts", body: {}, key: "k", ...request },
		round: 1,
		writer: 0,
		started: 0,
		ended: 1,
		answer: answer && whole,
		...rest,
	};
}

function historyOf(...calls: Call[]): History {
	const history = new History();
	for (const call of calls) history.add(call);
	return history;
}

const checksOf = ({ found }: Violations) => found.map(({ check }) => check);

describe("an acknowledged change that is in no log", () => {
	const totals = { granted: 0, available: 0, held: 0, consumed: 0, expired: 0, voided: 0 };
	const logs = new Map([["usr_a", { user: "usr_a", rows: [], available: [0], totals }]]);

	test.each(["draft", "review", "published"])("is noticed of a quiz that is %s", (status) => {
		const body = { id: QUIZ, status, revision: 2, title: "t" };
		const request = { operation: "revise", method: "PUT", path: `/quizzes/${QUIZ}`, key: null } as const;
		const violations = new Violations();
		checkChanges(historyOf(callOf(request, { body })), logs, violations);
		expect(checksOf(violations)).toEqual(["answer is not in the log"]);
	});

	test("is none where a draft was withdrawn that never was published", () => {
		const body = { id: QUIZ, status: "draft" };
		const request = {
			operation: "withdraw",
			method: "DELETE",
			path: `/quizzes/${QUIZ}/publication`,
			key: null,
		} as const;
		const violations = new Violations();
		checkChanges(historyOf(callOf(request, { body })), logs, violations);
		expect(checksOf(violations)).toEqual([]);
	});
});

describe("an answer of 5xx", () => {
	const failed = (operation: Request["operation"], where: Partial<Call>) => {
		const violations = new Violations();
		checkErrors(historyOf(callOf({ operation }, null, { server_error: 503, ...where })), violations);
		return checksOf(violations);
	};

	test("is a violation where the operation does not need the database that fails", () => {
		expect(failed("reserve", { round: 1 })).toEqual(["server error"]);
		expect(failed("attempt", { round: 1 })).toEqual([]);
	});

	test("is a violation where it is not 503, whatever fails", () => {
		expect(failed("attempt", { round: 1, server_error: 500 })).toEqual(["server error"]);
	});

	test("is a violation where there are no faults: before the first round, and when all is repeated", () => {
		expect(failed("attempt", { round: 0 })).toEqual(["server error"]);
		expect(failed("attempt", { round: 3, writer: REPEATER })).toEqual(["server error"]);
	});
});

describe("a look under faults", () => {
	const attempt = { id: "att_1", score: 3 };
	const row = { seq: 7, hash: "seven" };

	/** Looks at an answered attempt, with these answers to the reads. */
	async function looked(answers: Record<string, unknown>, waited = false, looks = new Violations()) {
		const look = async (_: string, path: string) => {
			const body = Object.entries(answers).find(([start]) => path.startsWith(start))?.[1];
			return body === undefined ? null : { status: 200, body: body as Record<string, unknown> };
		};
		const looker = new Looks(looks);
		const call = callOf({}, { status: 201, body: attempt, waited });
		await looker.at({ look }, call);
		return { found: checksOf(looks), looker, call };
	}

	test("finds nothing where all is as it was answered", async () => {
		const all = { "/log": { items: [row] }, "/attempts/att_1": attempt, "/sync": { applied_seq: 7 } };
		const { found, looker } = await looked(all, true);
		expect(found).toEqual([]);
		expect(looker.counts).toEqual({ answered: 3, waited: 1 });
	});

	test("finds an acknowledged attempt that is another, and one that is in no row", async () => {
		const other = { "/log": { items: [row] }, "/attempts/att_1": { ...attempt, score: 2 } };
		expect((await looked(other)).found).toEqual(["look"]);
		const gone = { "/log": { items: [] }, "/attempts/att_1": attempt };
		expect((await looked(gone)).found).toEqual(["look"]);
	});

	test("finds a wait that was over before the catalog had the change", async () => {
		const early = { "/log": { items: [row] }, "/attempts/att_1": attempt, "/sync": { applied_seq: 6 } };
		expect((await looked(early, true)).found).toEqual(["look"]);
	});

	test("finds a row that was another when it was seen before", async () => {
		const violations = new Violations();
		const { looker, call } = await looked({ "/log": { items: [row] } }, false, violations);
		const changed = { status: 200, body: { items: [{ ...row, hash: "another" }] } };
		await looker.at({ look: async (_, path) => (path.startsWith("/log") ? changed : null) }, call);
		expect(checksOf(violations)).toEqual(["look"]);
	});

	test("says nothing where no answer came", async () => {
		expect((await looked({})).found).toEqual([]);
	});
});

describe("a comparison of what is read at different moments", () => {
	/** A caller whose log ends at these rows, one after the other. */
	function callerWith(...heads: number[]): Caller {
		const caughtUp = async () => ({ head_seq: heads.shift() ?? 0 });
		// The comparison asks the caller for nothing else.
		return { reader: () => ({ caughtUp }) } as unknown as Caller;
	}

	test("counts only if no log has grown meanwhile", async () => {
		const violations = new Violations();
		let compared = 0;
		await atEqualHeads(callerWith(5, 6, 6, 6), ["usr_a"], violations, async (found) => {
			if (++compared === 1) found.add("usage", "what the clock has booked between the reads");
		});
		expect({ compared, found: violations.found }).toEqual({ compared: 2, found: [] });
	});

	test("keeps what it found where nothing moved", async () => {
		const violations = new Violations();
		await atEqualHeads(callerWith(5, 5), ["usr_a"], violations, async (found) => found.add("usage", "wrong"));
		expect(checksOf(violations)).toEqual(["usage"]);
	});

	test("is given up, and that is said, where the logs never stand still", async () => {
		const violations = new Violations();
		const growing = Array.from({ length: 20 }, (_, row) => row);
		await atEqualHeads(callerWith(...growing), ["usr_a"], violations, async () => {});
		expect(checksOf(violations)).toEqual(["heads"]);
	});
});
