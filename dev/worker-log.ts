import { appendFileSync, renameSync, statSync } from "node:fs";
import { join } from "node:path";
import { reasonOf } from "./failure.ts";
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

	/** Never throws: a log that cannot be written, as on a full disk, must not end the server. Its lines are lost then. */
	write(level: string, message: string): void {
		const line = `${new Date().toISOString()} ${level} ${message}\n`;
		try {
			this.#append(line);
			if (level === "error") this.#hint(`The Worker logged an error; see ${this.file}`);
		} catch (error) {
			this.#hint(`The Worker's log cannot be written: ${reasonOf(error)}`);
		}
	}

	#append(line: string): void {
		const bytes = Buffer.byteLength(line);
		if (this.#bytes + bytes > FILE_BYTES_MAX) {
			renameSync(this.file, `${this.file}.1`);
			this.#bytes = 0;
		}
		appendFileSync(this.file, line);
		this.#bytes += bytes;
	}

	#hint(text: string): void {
		if (performance.now() - this.#hinted_at <= HINT_PAUSE_MS) return;
		this.#hinted_at = performance.now();
		note(text);
	}
}
