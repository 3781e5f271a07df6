import { spawnSync } from "node:child_process";
import {
	closeSync,
	fsyncSync,
	mkdirSync,
	mkdtempSync,
	openSync,
	rmSync,
	statfsSync,
	writeFileSync,
	writeSync,
} from "node:fs";
import { cpus, tmpdir, totalmem } from "node:os";
import { join } from "node:path";
import { ROOT, shortPath } from "../../dev/settings.ts";
import { spread } from "./statistics.ts";

const FOLDER = join(ROOT, "bench/results");

export interface Circumstances {
	measured_at: string;
	commit: string | null;
	/** Files of what is measured, and of what measures, that are not as in the commit; null where git says nothing. */
	changed_sources: number | null;
	machine: { processors: number; model: string; memory_gb: number };
	/** Whether the databases are in memory, where waiting for the disk costs nothing: then peers and Marksheet are not durable. */
	state_in_memory?: boolean;
	/** What an fsync of a page takes there, median: a disk that waits for its medium takes some hundreds or more. */
	fsync_us?: number;
	node: string;
	note: string;
}

/** https://man7.org/linux/man-pages/man2/statfs.2.html: tmpfs and ramfs. */
const MEMORY_FILE_SYSTEMS = [0x01021994, 0x858458f6];
const SOURCES = ["src", "migrations", "do-migrations", "wrangler.toml", "bench", ":(exclude)bench/results"];

/** On what, and of what, the figures were measured. */
function circumstances(): Circumstances {
	const [cpu] = cpus();
	const changed = git("status", "--porcelain", "--untracked-files=no", "--", ...SOURCES);
	return {
		measured_at: new Date().toISOString(),
		commit: git("rev-parse", "--short=10", "HEAD"),
		changed_sources: changed === null ? null : changed.split("\n").filter(Boolean).length,
		machine: { processors: cpus().length, model: cpu?.model ?? "unknown", memory_gb: Math.round(totalmem() / 1e9) },
		state_in_memory: MEMORY_FILE_SYSTEMS.includes(statfsSync(tmpdir()).type),
		fsync_us: fsyncUs(),
		node: process.version,
		note: "The load generator shares the machine with what it measures.",
	};
}

const FSYNCS = 50;
const PAGE_BYTES = 4_096;

/** Median time of a page's write and fsync where the databases are, microseconds. */
function fsyncUs(): number {
	const folder = mkdtempSync(join(tmpdir(), "marksheet-bench-"));
	const file = openSync(join(folder, "pages"), "w");
	try {
		const times = Array.from({ length: FSYNCS }, () => {
			const begun = performance.now();
			writeSync(file, Buffer.alloc(PAGE_BYTES, 1));
			fsyncSync(file);
			return (performance.now() - begun) * 1_000;
		});
		return Math.round(spread(times).median);
	} finally {
		closeSync(file);
		rmSync(folder, { recursive: true });
	}
}

/** In one line, for the documents. */
export function circumstancesLine(name: string, circumstances: Circumstances): string {
	const { measured_at, commit, changed_sources, machine, state_in_memory, fsync_us, node, note } = circumstances;
	const { processors, model, memory_gb } = machine;
	return [
		`${name}: ${measured_at.slice(0, 16)}Z, commit ${commit ?? "unknown"}`,
		...(changed_sources ? [`with ${changed_sources} changed files`] : []),
		`${processors} × ${model}, ${memory_gb} GB, Node ${node}`,
		...(state_in_memory === undefined ? [] : [state_in_memory ? "STATE IN MEMORY: nothing waited" : "state on disk"]),
		...(fsync_us === undefined ? [] : [`an fsync takes ${fsync_us} µs`]),
	]
		.join(", ")
		.concat(`. ${note}`);
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
