import { REQUEST_BODY_BYTES_MAX } from "../src/domain/limits.ts";

const NEWLINE = 10;

/** One line that is not blank. */
export interface Line {
	/** From 1. */
	number: number;
	/** Where the line ends in the file, in bytes. */
	end: number;
	/** Null where it cannot be read; `fault` says why. */
	text: string | null;
	fault?: string;
}

/** Cuts bytes into lines as they come. A line that is too long is dropped while it is read, so memory stays bounded. */
export async function* readLines(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Line> {
	let pieces: Uint8Array[] = [];
	let length = 0;
	let number = 0;
	let end = 0;
	const finished = (): Line => {
		number++;
		const line = { number, end, ...decoded(pieces, length) };
		pieces = [];
		length = 0;
		return line;
	};
	const add = (piece: Uint8Array) => {
		length += piece.length;
		if (length > REQUEST_BODY_BYTES_MAX) pieces = [];
		else pieces.push(piece);
	};
	for await (const chunk of chunks) {
		let start = 0;
		for (let at = chunk.indexOf(NEWLINE); at >= 0; at = chunk.indexOf(NEWLINE, start)) {
			add(chunk.subarray(start, at));
			end += at + 1 - start;
			start = at + 1;
			const line = finished();
			if (line.text !== "") yield line;
		}
		add(chunk.subarray(start));
		end += chunk.length - start;
	}
	const last = finished();
	if (last.text !== "") yield last;
}

/** Without what surrounds a line in files from other systems: a byte order mark, a carriage return, blanks. */
function decoded(pieces: readonly Uint8Array[], length: number): Pick<Line, "text" | "fault"> {
	if (length > REQUEST_BODY_BYTES_MAX) {
		return { text: null, fault: `The line has ${length} bytes; a quiz has at most ${REQUEST_BODY_BYTES_MAX}.` };
	}
	try {
		return { text: new TextDecoder("utf-8", { fatal: true, ignoreBOM: false }).decode(Buffer.concat(pieces)).trim() };
	} catch {
		return { text: null, fault: "The line is not UTF-8." };
	}
}
