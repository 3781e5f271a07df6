/**
 * Do the checks check? Plants one bug after another in a copy of the project, runs the tests that must notice it, and demands
 * that they fail, while they pass on the copy as it is. `npm run test:planted -- --only NAME` plants one, or several, with commas between; `-- --crash` plants
 * those that the crash harness must notice, and runs its short form.
 */
import { availableParallelism } from "node:os";
import { parseCommandLine } from "../dev/command-line.ts";
import { Failure, run } from "../dev/failure.ts";
import type { NamedTest, PlantedBug } from "../dev/planted/bug.ts";
import { PLANTED_BUGS } from "../dev/planted/bugs.ts";
import { Copy } from "../dev/planted/copy.ts";
import { writeResult, writeRows } from "../dev/planted/document.ts";
import { endingsOf, type Trial, tryBug } from "../dev/planted/trial.ts";
import { wholeNumber } from "../dev/settings.ts";
import { shorten, table } from "../dev/table.ts";

const CRASH_TEST: NamedTest = { file: "test/node/crash.test.ts", test: "every answer holds after kill -9" };
const JOBS_MAX = 16;
const TITLE_CHARS_MAX = 70;

await run(async () => {
	const { only, crash, jobs } = options();
	const all = crash ? PLANTED_BUGS.filter((bug) => bug.crash).map(underCrashes) : PLANTED_BUGS;
	const unknown = only?.find((name) => !all.some((bug) => bug.name === name));
	if (unknown !== undefined)
		throw new Failure(`There is no bug "${unknown}". ${all.map(({ name }) => name).join(" ")}`);
	const bugs = all.filter(({ name }) => only?.includes(name) ?? true);
	const copies = Array.from({ length: Math.min(jobs, bugs.length) }, () => new Copy());
	process.once("exit", () => copies.forEach((copy) => void copy.remove()));
	for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(1));
	const [first] = copies;
	if (first) await expectSound(first, bugs);
	const trials = await tryAll(copies, bugs);
	console.log(`\n${tableOf(trials)}`);
	const missed = trials.filter(({ fault }) => fault !== null);
	console.log(`\n${trials.length - missed.length} of ${trials.length} planted bugs caught`);
	for (const { bug, fault } of missed) console.log(`NOT CAUGHT ${bug.name}: ${fault}`);
	const command = crash ? "npm run test:planted -- --crash" : "npm run test:planted";
	if (only) writeRows(command, trials);
	else writeResult(command, trials, new Date().toISOString().slice(0, 10));
	if (missed.length > 0) process.exitCode = 1;
});

function options(): { only: string[] | undefined; crash: boolean; jobs: number } {
	const { values } = parseCommandLine({
		usage: "npm run test:planted -- [OPTIONS]",
		about: "Plants one bug after another in a copy of the project, and demands that the tests notice each; minutes.",
		options: {
			only: { type: "string", value: "NAME,…", about: "plant these alone, and change their rows" },
			crash: { type: "boolean", default: false, about: "plant those that the crash harness must notice, and run it" },
			jobs: { type: "string", value: "N", about: "how many at once: as many as there are processors, unless told" },
		},
	});
	const { only, crash } = values;
	// The crash harness takes all of the machine by itself.
	const { jobs = String(crash ? 1 : Math.min(JOBS_MAX, availableParallelism())) } = values;
	return { only: only?.split(","), crash, jobs: wholeNumber("jobs", jobs, 1, JOBS_MAX) };
}

function underCrashes(bug: PlantedBug): PlantedBug {
	return { ...bug, caughtBy: [CRASH_TEST] };
}

/** On the project as it is every named test must be there and pass, or a failure would say nothing of the bug. */
async function expectSound(copy: Copy, bugs: readonly PlantedBug[]): Promise<void> {
	const named = new Map<string, NamedTest>();
	for (const test of bugs.flatMap((bug) => bug.caughtBy)) named.set(`${test.file} › ${test.test}`, test);
	const endings = await endingsOf(copy, [...named.values()]);
	const faults = endings.filter(({ status }) => status !== "passed");
	console.log(`without a bug: ${endings.length - faults.length} of ${endings.length} named tests pass`);
	if (faults.length === 0) return;
	const lines = faults.map(({ test, status, said }) => `${test.file} › ${test.test}: ${status} ${said}`);
	throw new Failure(`Without a bug these do not pass:\n${lines.join("\n")}`);
}

/** Each copy takes the next bug as soon as it is free. */
async function tryAll(copies: readonly Copy[], bugs: readonly PlantedBug[]): Promise<Trial[]> {
	const trials = new Map<PlantedBug, Trial>();
	const waiting = [...bugs];
	const work = async (copy: Copy) => {
		for (let bug = waiting.shift(); bug; bug = waiting.shift()) {
			const trial = await tryBug(copy, bug);
			trials.set(bug, trial);
			console.log(`${trial.fault === null ? "caught    " : "NOT CAUGHT"} ${bug.name} (${trial.seconds.toFixed(0)} s)`);
		}
	};
	await Promise.all(copies.map(work));
	return bugs.flatMap((bug) => trials.get(bug) ?? []);
}

function tableOf(trials: readonly Trial[]): string {
	const rows = trials.flatMap(({ bug, endings, seconds }) =>
		endings.map(({ test, status }, index) => [
			...(index === 0 ? [bug.name, bug.file] : ["", ""]),
			status === "failed" ? shorten(`${test.file} › ${test.test}`, TITLE_CHARS_MAX) : "nothing",
			index === 0 ? seconds.toFixed(1) : "",
		]),
	);
	return table(["bug", "file", "caught by", "s"], rows);
}
