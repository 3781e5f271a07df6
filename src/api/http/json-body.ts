import type { HonoRequest } from "hono";
import { createMiddleware } from "hono/factory";
import { JSON_DEPTH_MAX, REQUEST_BODY_BYTES_MAX } from "../../domain/limits.ts";
import type { InputFault } from "../../domain/result.ts";
import type { HonoEnv } from "../../env.ts";
import { invalid, ProblemError } from "./problem.ts";

const METHODS = new Set(["POST", "PUT", "PATCH"]);

/** Takes an image or files; its route reads the body itself. */
const TAKES_BYTES = /^\/v1\/users\/[^/]+\/(?:media|quizzes\/imports\/files)$/;

/**
 * Reads a JSON body once, counting its bytes as they come, so that a body without Content-Length is stopped at the limit
 * too. Refuses what is not JSON before any handler sees it; handlers read the checked text through `c.req.json()`.
 */
export const jsonBody = createMiddleware<HonoEnv>(async function jsonBody(c, next) {
	const isBytes = c.req.method === "POST" && TAKES_BYTES.test(c.req.path);
	// What needs no credential has had its body read before one is asked for.
	const isRead = "text" in c.req.bodyCache;
	if (METHODS.has(c.req.method) && !isBytes && !isRead) {
		const announced = Number(c.req.header("Content-Length") ?? 0);
		const bytes = await readBody(c.req.raw, announced);
		const isEmpty = bytes.byteLength === 0;
		const type = c.req.header("Content-Type");
		if (!isEmpty || type !== undefined) requireJson(type, c.req.header("Content-Encoding"));
		// No body says as much as an empty object does; what is required of it is then missing by name. Where no type is
		// given either, as with a plain `Content-Length: 0`, the validators say so by themselves, and a text would need one.
		if (!isEmpty) replaceText(c.req, checkedText(bytes));
		else replaceText(c.req, type === undefined ? "" : "{}");
	}
	await next();
});

/** Hono reads bodies through this cache of promises; its type names the values and not the promises. */
function replaceText(request: HonoRequest, text: string): void {
	(request.bodyCache as unknown as { text: Promise<string> }).text = Promise.resolve(text);
}

/** No laxer than the validators behind it, which would take anything else for a fault of the server. */
const JSON_TYPE = /^application\/json(;\s*[a-z0-9-]+=[^;]+)*$/i;

function requireJson(type: string | undefined, encoding: string | undefined): void {
	if (!JSON_TYPE.test(type ?? "")) {
		const detail = type ? `The body's type is ${type}; it must be application/json.` : "The body has no Content-Type.";
		throw new ProblemError("unsupported-media-type", detail);
	}
	if (encoding && encoding !== "identity") {
		throw new ProblemError("unsupported-media-type", "Bodies are not decompressed; send it without Content-Encoding.");
	}
}

/**
 * The whole body. What announces its length is read in one piece. Over HTTP it is not longer than it says; another Worker may
 * say what it likes.
 */
async function readBody(request: Request, announced: number): Promise<Uint8Array> {
	const isAnnounced = announced > 0 && announced <= REQUEST_BODY_BYTES_MAX;
	if (!isAnnounced) return readLimited(request.body, announced, REQUEST_BODY_BYTES_MAX);
	const bytes = new Uint8Array(await request.arrayBuffer());
	if (bytes.byteLength > REQUEST_BODY_BYTES_MAX) throw tooLarge(REQUEST_BODY_BYTES_MAX);
	return bytes;
}

/** The whole body, counted as it comes. @throws ProblemError `payload-too-large` */
export async function readLimited(
	body: ReadableStream<Uint8Array> | null,
	announced: number,
	bytesMax: number,
): Promise<Uint8Array> {
	if (announced > bytesMax) throw tooLarge(bytesMax);
	if (!body) return new Uint8Array();
	const chunks: Uint8Array[] = [];
	let length = 0;
	for await (const chunk of body) {
		length += chunk.byteLength;
		if (length > bytesMax) throw tooLarge(bytesMax);
		chunks.push(chunk);
	}
	return Buffer.concat(chunks, length);
}

const tooLarge = (limit_bytes: number) =>
	new ProblemError("payload-too-large", `The body may have at most ${limit_bytes} bytes.`, { limit_bytes });

const UTF_8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: false });

function checkedText(bytes: Uint8Array): string {
	let text: string;
	try {
		text = UTF_8.decode(bytes);
	} catch {
		throw invalid("The body is not UTF-8.", [{ pointer: "", detail: "Not UTF-8." }]);
	}
	if (depthOf(text) > JSON_DEPTH_MAX) {
		const detail = `Nested deeper than ${JSON_DEPTH_MAX} levels.`;
		throw invalid("The body is nested too deep.", [{ pointer: "", detail }]);
	}
	const value = parsed(text);
	const fault = MAYBE_PROTO.test(text) || MAYBE_SURROGATE.test(text) ? firstFault(value) : null;
	if (fault !== null) throw invalid("The body holds what is not allowed.", [fault]);
	return text;
}

function parsed(text: string): unknown {
	try {
		return JSON.parse(text);
	} catch (error) {
		const detail = error instanceof SyntaxError ? error.message : "Not JSON.";
		throw invalid("The body is not JSON.", [{ pointer: "", detail }]);
	}
}

/** `__proto__`, or a letter of it written as an escape. */
const MAYBE_PROTO = /__proto__|\\u00(5f|6f|7[024])/i;

/** A surrogate written as an escape: the only way to write half a pair, since the bytes are UTF-8. */
const MAYBE_SURROGATE = /\\u[dD][89a-fA-F]/;

/**
 * The first member named `__proto__`, which validators drop without a word, or text with half a surrogate pair, which
 * would not come back as it went in, since UTF-8 cannot hold it.
 */
export function firstFault(value: unknown, pointer = ""): InputFault | null {
	if (typeof value === "string") return value.isWellFormed() ? null : { pointer, detail: HALF_PAIR };
	if (typeof value !== "object" || value === null) return null;
	for (const [name, member] of Object.entries(value)) {
		const here = `${pointer}/${name.replaceAll("~", "~0").replaceAll("/", "~1")}`;
		if (name === "__proto__") return { pointer: here, detail: "This name is not allowed." };
		const fault = name.isWellFormed() ? firstFault(member, here) : { pointer: here, detail: HALF_PAIR };
		if (fault !== null) return fault;
	}
	return null;
}

const HALF_PAIR = "Not well-formed Unicode: half of a surrogate pair stands alone.";

/** How deep brackets and braces nest, outside of strings; cheap enough to come before the parser. */
function depthOf(text: string): number {
	let depth = 0;
	let deepest = 0;
	let inString = false;
	for (let i = 0; i < text.length; i++) {
		const code = text.charCodeAt(i);
		if (inString) {
			if (code === 92 /* \ */) i++;
			else if (code === 34 /* " */) inString = false;
		} else if (code === 34) inString = true;
		else if (code === 91 || code === 123 /* [ { */) deepest = Math.max(deepest, ++depth);
		else if (code === 93 || code === 125 /* ] } */) depth--;
	}
	return deepest;
}
