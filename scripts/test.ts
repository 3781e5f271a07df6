/**
 * Runs the test suites and closes with `N passed, M failed`, counted from the runner's own reports.
 * `npm test` runs what needs only Node; `npm test -- --all` also what needs a browser, or root on Linux. `npm run test:long`
 * gives the random tests ten times as many rounds, and the crash harness twenty.
 */
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";

interface Report {
	numPassedTests: number;
	numFailedTests: number;
	numTotalTests: number;
}

const SUITES = [
	{ name: "workers", config: "vitest.config.ts" },
	{ name: "node", config: "vitest.node.config.ts" },
	...(process.argv.includes("--all")
		? ["browser", "system"].map((name) => ({ name, config: `vitest.${name}.config.ts` }))
		: []),
];

const env = { ...process.env, ...(process.argv.includes("--long") && { TEST_LONG: "1" }) };

let passed = 0;
let failed = 0;
let broken = false;
rmSync("test-results", { recursive: true, force: true });
for (const { name, config } of SUITES) {
	const { status } = spawnSync("vitest", ["run", "--config", config], { stdio: "inherit", env });
	const file = `test-results/${name}.json`;
	if (!existsSync(file)) {
		console.error(`The suite ${name} ended without a report.`);
		broken = true;
		continue;
	}
	const report: Report = JSON.parse(readFileSync(file, "utf8"));
	passed += report.numPassedTests;
	failed += report.numFailedTests;
	// A test that was skipped or could not be collected is neither passed nor failed, and no reason to be content.
	if (status !== 0 || report.numTotalTests !== report.numPassedTests || report.numTotalTests === 0) broken = true;
}
const summary = `${passed} passed, ${failed} failed`;
writeFileSync("test-results/summary.txt", `${summary}\n`);
console.log(summary);
if (broken || failed > 0) process.exitCode = 1;
