/**
 * Runs the test suites and closes with `N passed, M failed`, counted from the runner's own report.
 * `npm test` runs what needs only Node; `npm test -- --all` also what needs a browser, or root on Linux. `npm run test:long`
 * gives the random tests ten times as many rounds, and the crash harness twenty.
 */
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { parseCommandLine } from "../dev/command-line.ts";
import { Failure, run } from "../dev/failure.ts";

const REPORT = "test-results/report.json";

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
	const projects = ["together", "alone", "node", ...(values.all ? ["browser", "system"] : [])];
	const env = { ...process.env, ...(values.long && { TEST_LONG: "1" }) };
	rmSync("test-results", { recursive: true, force: true });
	const args = ["run", ...projects.flatMap((name) => ["--project", name])];
	const { status } = spawnSync("vitest", args, { stdio: "inherit", env });
	if (!existsSync(REPORT)) throw new Failure("The tests ended without a report.");
	const report: Report = JSON.parse(readFileSync(REPORT, "utf8"));
	const { numPassedTests: passed, numFailedTests: failed, numTotalTests: total } = report;
	const summary = `${passed} passed, ${failed} failed`;
	writeFileSync("test-results/summary.txt", `${summary}\n`);
	console.log(summary);
	// A test that was skipped or could not be collected is neither passed nor failed, and no reason to be content.
	if (status !== 0 || total !== passed || total === 0) process.exitCode = 1;
});
