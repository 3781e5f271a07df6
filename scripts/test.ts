/**
 * Runs the test suites and closes with `N passed, M failed`, counted from the runner's own reports.
 * `npm test` runs what needs only Node; `npm test -- --all` also what needs a browser, or root on Linux. `npm run test:long`
 * gives the random tests ten times as many rounds, and the crash harness twenty.
 */
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { parseCommandLine } from "../dev/command-line.ts";
import { run } from "../dev/failure.ts";

interface Report {
	numPassedTests: number;
	numFailedTests: number;
	numTotalTests: number;
}

await run(async () => {
	const { values } = parseCommandLine({
		usage: "npm test [-- OPTIONS]",
		about: "Runs the test suites, and closes with how many tests passed and failed.",
		options: {
			all: { type: "boolean", default: false, about: "also what needs a browser, or root on Linux" },
			long: { type: "boolean", default: false, about: "ten times as many random rounds; an hour" },
		},
	});
	const suites = ["workers", "node", ...(values.all ? ["browser", "system"] : [])];
	const env = { ...process.env, ...(values.long && { TEST_LONG: "1" }) };
	rmSync("test-results", { recursive: true, force: true });
	const results = suites.map((name) => resultOf(name, env));
	const [passed, failed] = [sum(results.map((each) => each.passed)), sum(results.map((each) => each.failed))];
	const summary = `${passed} passed, ${failed} failed`;
	writeFileSync("test-results/summary.txt", `${summary}\n`);
	console.log(summary);
	if (!results.every(({ isWhole }) => isWhole)) process.exitCode = 1;
});

interface Result {
	passed: number;
	failed: number;
	/** A test that was skipped or could not be collected is neither passed nor failed, and no reason to be content. */
	isWhole: boolean;
}

function resultOf(suite: string, env: NodeJS.ProcessEnv): Result {
	const config = suite === "workers" ? "vitest.config.ts" : `vitest.${suite}.config.ts`;
	const { status } = spawnSync("vitest", ["run", "--config", config], { stdio: "inherit", env });
	const file = `test-results/${suite}.json`;
	if (!existsSync(file)) {
		console.error(`The suite ${suite} ended without a report.`);
		return { passed: 0, failed: 0, isWhole: false };
	}
	const report: Report = JSON.parse(readFileSync(file, "utf8"));
	const { numPassedTests: passed, numFailedTests: failed, numTotalTests: total } = report;
	return { passed, failed, isWhole: status === 0 && total === passed && total > 0 };
}

const sum = (numbers: readonly number[]) => numbers.reduce((total, each) => total + each, 0);
