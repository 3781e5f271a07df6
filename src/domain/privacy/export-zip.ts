import { Zip, ZipDeflate, ZipPassThrough } from "fflate";
import type { ExportFile } from "./exports.ts";

const NOTHING = new Uint8Array();

/** The files as a ZIP archive, in pieces: no more of it is ever in memory than one chunk of a file becomes. */
export async function* zipped(files: AsyncIterable<ExportFile>): AsyncGenerator<Uint8Array> {
	const made: Uint8Array[] = [];
	const zip = new Zip((error, chunk) => {
		if (error) throw error;
		made.push(chunk);
	});
	for await (const { name, kind, chunks } of files) {
		const entry = kind === "image" ? new ZipPassThrough(name) : new ZipDeflate(name);
		zip.add(entry);
		for await (const chunk of chunks) {
			entry.push(chunk);
			yield* made.splice(0);
		}
		entry.push(NOTHING, true);
		yield* made.splice(0);
	}
	zip.end();
	yield* made.splice(0);
}
