import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, relative, sep } from "node:path";
import { brotliCompressSync, brotliDecompressSync, constants } from "node:zlib";

/** Files in one compressed file: a line of JSON that names them with their sizes, and their bytes one after the other. */

export interface PackedFile {
	/** Relative, with slashes. */
	name: string;
	bytes: Uint8Array;
}

const WINDOW_BITS = 24;

export function pack(files: readonly PackedFile[]): Uint8Array {
	const head = JSON.stringify(files.map(({ name, bytes }) => ({ name, size: bytes.byteLength })));
	const whole = Buffer.concat([Buffer.from(`${head}\n`), ...files.map(({ bytes }) => bytes)]);
	const params = {
		[constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY,
		[constants.BROTLI_PARAM_LGWIN]: WINDOW_BITS,
		[constants.BROTLI_PARAM_SIZE_HINT]: whole.byteLength,
	};
	return brotliCompressSync(whole, { params });
}

export function unpack(packed: Uint8Array): PackedFile[] {
	const whole = brotliDecompressSync(packed);
	const end = whole.indexOf("\n");
	// What pack() wrote.
	const head = JSON.parse(whole.subarray(0, end).toString()) as { name: string; size: number }[];
	let at = end + 1;
	return head.map(({ name, size }) => {
		const bytes = whole.subarray(at, at + size);
		at += size;
		return { name, bytes };
	});
}

/** Every file in the folder and below. */
export function filesIn(folder: string): PackedFile[] {
	return readdirSync(folder, { recursive: true, withFileTypes: true })
		.filter((entry) => entry.isFile())
		.map((entry) => join(entry.parentPath, entry.name))
		.sort()
		.map((path) => ({ name: relative(folder, path).replaceAll(sep, "/"), bytes: readFileSync(path) }));
}

export function writeFiles(folder: string, files: readonly PackedFile[]): void {
	for (const { name, bytes } of files) {
		mkdirSync(dirname(join(folder, name)), { recursive: true });
		writeFileSync(join(folder, name), bytes);
	}
}
