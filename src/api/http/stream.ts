const utf8 = new TextEncoder();

/** The body of an answer of any length: a piece is made when there is room for it, so that it takes the memory of a few. */
export function streamOf(pieces: AsyncIterable<string | Uint8Array>): ReadableStream<Uint8Array> {
	const reading = pieces[Symbol.asyncIterator]();
	return new ReadableStream({
		async pull(controller) {
			const { value, done } = await reading.next();
			if (done) controller.close();
			else controller.enqueue(typeof value === "string" ? utf8.encode(value) : value);
		},
		async cancel() {
			await reading.return?.();
		},
	});
}
