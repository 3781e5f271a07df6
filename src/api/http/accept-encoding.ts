/**
 * Whether the `Accept-Encoding` header takes gzip: by name or by `*`, with a weight above 0 (RFC 9110, 12.5.3). Without the
 * header any coding would be right, but such clients often know none.
 */
export function acceptsGzip(header: string | undefined): boolean {
	const weights = new Map((header ?? "").split(",").map(weighted));
	return (weights.get("gzip") ?? weights.get("x-gzip") ?? weights.get("*") ?? 0) > 0;
}

/** A coding and its weight, which is 1 where none is given. What is no number refuses the coding. */
function weighted(element: string): [coding: string, weight: number] {
	const [coding = "", ...parameters] = element
		.toLowerCase()
		.split(";")
		.map((part) => part.trim());
	const weight = parameters.find((parameter) => parameter.startsWith("q="));
	return [coding, weight === undefined ? 1 : Number(weight.slice("q=".length))];
}
