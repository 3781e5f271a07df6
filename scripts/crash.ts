import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseCommandLine } from "../dev/command-line.ts";
import { Failure, run } from "../dev/failure.ts";
import { note } from "../dev/progress.ts";
import { wholeNumber } from "../dev/settings.ts";
import { reportTable, violationText } from "../test/crash/report.ts";

/**
 * `npm run test:crash`: kills the built Worker again and again under writers while its queue and its database fail, and
 * shows that nothing that was answered is lost and nothing happened twice. With the same seed the plan of faults and what
 * each writer wants are the same; the order in which the machine does it is not.
 */

const SEED_MAX = 2 ** 31 - 1;

await run(async () => {
	const { values } = parseCommandLine({
		usage: "npm run test:crash -- [OPTIONS]",
		about:
			"Kills the Worker again and again under writers while queue and database fail, and checks every answer; minutes.",
		options: {
			rounds: { type: "string", default: "20", about: "how often it is killed" },
			seed: {
				type: "string",
				default: String(Date.now() % SEED_MAX),
				value: "N",
				about: "of the plan of faults; of the clock, unless told",
			},
			users: { type: "string", default: "40", about: "whose shards are written to" },
			writers: { type: "string", default: "16", about: "that write at once" },
		},
	});
	const { crashRun } = await import("../test/crash/run.ts");
	const folder = mkdtempSync(join(tmpdir(), "marksheet-crash-"));
	const settings = {
		folder,
		rounds: wholeNumber("rounds", values.rounds, 1, 1_000),
		seed: wholeNumber("seed", values.seed, 0, SEED_MAX),
		users: wholeNumber("users", values.users, 2, 500),
		writers: wholeNumber("writers", values.writers, 1, 200),
	};
	note(`seed ${settings.seed}`);
	const began = performance.now();
	const report = await crashRun(settings, (text) => {
		note(`${((performance.now() - began) / 1_000).toFixed(0).padStart(4)} s  ${text}`);
	});
	console.log(reportTable(report));
	if (report.violations.length === 0) {
		rmSync(folder, { recursive: true, force: true });
		return;
	}
	throw new Failure(
		`${violationText(report)}\nViolations, every call and its answer, the state and the Worker's log: ${folder}`,
	);
});
