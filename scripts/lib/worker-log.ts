import { appendFileSync, renameSync, statSync } from "node:fs";
import { join } from "node:path";
import { note } from "./progress.ts";

const FILE_BYTES_MAX = 5_000_000;
const HINT_PAUSE_MS = 60_000;

/** What the Worker logs, kept in a file and its predecessor so that the terminal stays quiet and the disk is not filled. */
export class WorkerLog {
	readonly file: string;
	#bytes: number;
	#hinted_at = Number.NEGATIVE_INFINITY;

	constructor(folder: string) {
		this.file = join(folder, "worker.log");
		this.#bytes = statSync(this.file, { throwIfNoEntry: false })?.size ?? 0;
	}

	write(level: string, message: string): void {
		const line = `${new Date().toISOString()} ${level} ${message}\n`;
		if (this.#bytes + line.length > FILE_BYTES_MAX) {
			renameSync(this.file, `${this.file}.1`);
			this.#bytes = 0;
		}
		appendFileSync(this.file, line);
		this.#bytes += Buffer.byteLength(line);
		if (level === "error" && performance.now() - this.#hinted_at > HINT_PAUSE_MS) {
			this.#hinted_at = performance.now();
			note(`The Worker logged an error; see ${this.file}`);
		}
	}
}
