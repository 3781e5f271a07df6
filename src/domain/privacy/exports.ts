import { createHash, type Hash } from "node:crypto";

/** What an export of a user is made of: files, the last of which says what all the others are. */

export const EXPORT_FORMAT = "marksheet user export 1";
export const MANIFEST_NAME = "manifest.json";
export const LOG_NAME = "log.ndjson";

/** A file of an export, as it is written. */
export interface ExportFile {
	name: string;
	/** What it has, for whoever opens it. */
	about: string;
	/** It is made of lines of JSON, which the manifest counts; or of the bytes of an image, which are compressed already. */
	kind: "json" | "lines" | "image";
	chunks: AsyncIterable<Uint8Array>;
}

/** A file as the manifest has it. */
export interface FileEntry {
	name: string;
	about: string;
	bytes: number;
	/** Of its bytes, in hex. */
	sha256: string;
	/** Of one that has a row in each line. */
	rows?: number;
}

/** Something that is stored and not in the export. */
export interface Withheld {
	what: string;
	why: string;
}

export interface Manifest {
	format: typeof EXPORT_FORMAT;
	user: string;
	tenant: string;
	exported_at: number;
	/** The last row of the log, and its hash in the chain of the exported rows. */
	log: { rows: number; head_hash: string };
	files: FileEntry[];
	withheld: Withheld[];
}

/**
 * What the chain of the exported rows of a log builds on. The exported rows have no digests of secrets, so they are not those that the chain of the log
 * itself is over: it is another chain over what is there to be seen, by the same rule.
 */
export const exportGenesis = (user: string): Uint8Array =>
	createHash("sha256").update(`marksheet export 1 ${user}`).digest();

/** Counts a file as it goes by. */
export class Entry {
	readonly #file: Pick<ExportFile, "name" | "about" | "kind">;
	readonly #hash: Hash = createHash("sha256");
	#bytes = 0;
	#lines = 0;

	constructor(file: Pick<ExportFile, "name" | "about" | "kind">) {
		this.#file = file;
	}

	add(chunk: Uint8Array): void {
		this.#hash.update(chunk);
		this.#bytes += chunk.length;
		if (this.#file.kind === "lines") for (const byte of chunk) if (byte === LINE_END) this.#lines++;
	}

	end(): FileEntry {
		const { name, about, kind } = this.#file;
		const entry = { name, about, bytes: this.#bytes, sha256: this.#hash.digest("hex") };
		return kind === "lines" ? { ...entry, rows: this.#lines } : entry;
	}
}

const LINE_END = 10;
