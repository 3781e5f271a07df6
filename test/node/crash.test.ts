import { afterAll, expect, test } from "vitest";
import { FAULTS } from "../crash/plan.ts";
import { countCalls, reportTable, violationText } from "../crash/report.ts";
import { crashRun } from "../crash/run.ts";
import { newStateFolder, removeFolder } from "./harness.ts";

/**
 * The short form of `npm run test:crash`: the whole runtime is killed at random moments under writers while its queue and
 * its database fail; what was answered is there, what was not is there wholly or not at all, and once.
 */

const ROUNDS = process.env.TEST_LONG ? 20 : 3;
const SEED = Number(process.env.TEST_SEED ?? Date.now() % 2 ** 31);

const folder = newStateFolder();
let isKept = false;
afterAll(() => {
	if (!isKept) removeFolder(folder);
});

test(`every answer holds after kill -9, lost messages and a failing database (seed ${SEED})`, {
	timeout: 60_000 * ROUNDS,
}, async () => {
	const report = await crashRun({ folder, seed: SEED, rounds: ROUNDS, users: 40, writers: 16 }, () => {});
	isKept = report.violations.length > 0;
	const found = `${violationText(report)}\n${reportTable(report)}\nViolations, calls and state: ${folder}`;
	expect(report.violations, found).toEqual([]);
	// A run in which nothing happened would prove nothing.
	const { calls, done, lost } = countCalls(report);
	expect(calls).toBeGreaterThan(500);
	expect(done).toBeGreaterThan(300);
	expect(lost).toBeGreaterThan(ROUNDS);
	expect(report.tally.kills).toBe(ROUNDS);
	expect(report.tally.looks.answered).toBeGreaterThan(50);
	expect(report.tally.lost_in_last_kill).toBeGreaterThan(0);
	for (const fault of FAULTS)
		expect({ fault, times: report.tally.faults[fault] }).toEqual({ fault, times: expect.any(Number) });
});
