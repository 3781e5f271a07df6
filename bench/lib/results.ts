import { spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { cpus, totalmem } from "node:os";
import { join } from "node:path";
import { ROOT, shortPath } from "../../scripts/lib/settings.ts";

const FOLDER = join(ROOT, "bench/results");

export type Circumstances = ReturnType<typeof circumstances>;

/** On what, and of what, the figures were measured. */
function circumstances() {
	const [cpu] = cpus();
	const changed = git("status", "--porcelain", "--untracked-files=no", "--", "src", "migrations", "do-migrations");
	return {
		measured_at: new Date().toISOString(),
		commit: git("rev-parse", "--short=10", "HEAD"),
		changed_sources: changed === null ? null : changed.split("\n").filter(Boolean).length,
		machine: { processors: cpus().length, model: cpu?.model ?? "unknown", memory_gb: Math.round(totalmem() / 1e9) },
		node: process.version,
		note: "The load generator shares the machine with what it measures.",
	};
}

/** What git says; null where there is no git or no repository. */
function git(...args: string[]): string | null {
	const { status, stdout } = spawnSync("git", args, { cwd: ROOT, encoding: "utf8" });
	return status === 0 ? stdout.trim() : null;
}

/** Writes bench/results/NAME.json. */
export function writeResults(name: string, results: object): void {
	mkdirSync(FOLDER, { recursive: true });
	const file = join(FOLDER, `${name}.json`);
	writeFileSync(file, `${JSON.stringify({ ...circumstances(), ...results }, null, "\t")}\n`);
	console.log(`\nWritten to ${shortPath(file)}.`);
}
