/** A body had more bytes than allowed. */
export class TooLarge extends Error {}

/**
 * The lines of a body, wherever its chunks are cut: within a line, a line end or a character. CR, LF and CRLF end a line.
 * Cancels the body when the caller stops reading.
 * @throws TooLarge past `bytesMax`, so that nobody can fill the memory
 */
export async function* linesOf(body: ReadableStream<Uint8Array>, bytesMax: number): AsyncGenerator<string> {
	const reader = body.getReader();
	const decoder = new TextDecoder();
	let bytes = 0;
	let rest = "";
	try {
		for (;;) {
			const { done, value } = await reader.read();
			bytes += value?.byteLength ?? 0;
			if (bytes > bytesMax) throw new TooLarge(`more than ${bytesMax} bytes`);
			rest += done ? decoder.decode() : decoder.decode(value, { stream: true });
			// A CR at the end may be half of a CRLF, so it waits for what follows.
			const lines = rest.split(done ? /\r\n|\n|\r/ : /\r\n|\n|\r(?!$)/);
			rest = lines.pop() ?? "";
			yield* lines;
			if (done) break;
		}
		if (rest !== "") yield rest;
	} finally {
		await reader.cancel().catch(() => {});
	}
}
