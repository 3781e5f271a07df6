import { spawnSync } from "node:child_process";
import { rmSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { unstable_getMiniflareWorkerOptions } from "wrangler";
import { Misuse, parseCommandLine } from "../dev/command-line.ts";
import { Failure, run } from "../dev/failure.ts";
import { guardAgainstOrphans } from "../dev/orphan-guard.ts";
import { step } from "../dev/progress.ts";
import { ROOT } from "../dev/settings.ts";
import { bundleIn } from "../dev/worker.ts";
import { quietWrangler } from "../dev/wrangler.ts";
import { type Change, changesTable } from "./changes/table.ts";
import { writeResults } from "./lib/results.ts";
import { temporaryFolder, whenDone } from "./lib/runtime.ts";
import { startFloor } from "./systems/floor.ts";
import { startMarksheetSystem } from "./systems/marksheet.ts";
import type { System } from "./systems/system.ts";
import { throughput } from "./workloads/throughput.ts";
import { writes } from "./workloads/writes.ts";

/**
 * What each change gave: builds Marksheet as it was at the commits that are named, and measures all of them and the floor in one
 * run, in turns. `npm run bench:changes -- COMMIT...`
 */

const SETTINGS = { rounds: 5, seconds: 2, users: 1 };

const COMMAND = {
	usage: "npm run bench:changes -- COMMIT...",
	about:
		"What each change gave: builds Marksheet as it was at each commit, and measures all of them and the floor in turns.",
	allowPositionals: true,
} as const;

await run(async () => {
	const commits = parseCommandLine(COMMAND).positionals;
	if (commits.length === 0) throw new Misuse("Say which commits to compare.", COMMAND);
	guardAgainstOrphans();
	const systems: System[] = [];
	const subjects = new Map<string, string>();
	try {
		for (const commit of commits) {
			subjects.set(commit, git("log", "-1", "--format=%s", commit));
			systems.push(
				await step(
					`starting ${commit}`,
					() => startAt(commit),
					() => commit,
				),
			);
		}
		const floor = await startFloor();
		systems.push(floor);
		const hot = writes(SETTINGS.users).slice(0, 2);
		const rows = await step(
			"throughput",
			() => throughput(systems, SETTINGS, hot),
			() => "throughput",
		);
		const changes: Change[] = systems.map(({ name }) => ({
			commit: name,
			subject: subjects.get(name) ?? "the floor",
			workloads: rows.filter((row) => row.system === name),
		}));
		console.log(`\n${changesTable(changes)}`);
		writeResults("changes", { settings: SETTINGS, changes });
	} finally {
		for (const system of systems) await system.stop();
	}
});

/** Marksheet as it was, with the settings that it had; its dependencies are those of now. */
async function startAt(commit: string): Promise<System> {
	const tree = temporaryFolder();
	rmSync(tree, { recursive: true });
	git("worktree", "add", "--detach", tree, commit);
	whenDone(() => git("worktree", "remove", "--force", tree));
	symlinkSync(join(ROOT, "node_modules"), join(tree, "node_modules"));
	const bundle = temporaryFolder();
	const build = ["deploy", "--dry-run", "--env=", "--outdir", bundleIn(bundle)];
	await quietWrangler(build, `${commit} cannot be built`, tree);
	const { assets } = unstable_getMiniflareWorkerOptions(join(tree, "wrangler.toml")).workerOptions;
	const system = await startMarksheetSystem(bundle, SETTINGS.users, assets ? { assets } : {});
	return Object.assign(system, { name: commit });
}

function git(...args: string[]): string {
	const { status, stdout, stderr } = spawnSync("git", args, { cwd: ROOT, encoding: "utf8" });
	if (status !== 0) throw new Failure(`git ${args.join(" ")}: ${stderr.trim()}`);
	return stdout.trim();
}
