import type { HonoRequest } from "hono";
import { createMiddleware } from "hono/factory";
import { JSON_DEPTH_MAX, REQUEST_BODY_BYTES_MAX } from "../domain/limits.ts";
import type { HonoEnv } from "../env.ts";
import { invalid, ProblemError } from "./problem.ts";

const METHODS = new Set(["POST", "PUT", "PATCH"]);

/**
 * Reads a JSON body once, counting its bytes as they come, so that a body without Content-Length is stopped at the limit
 * too. Refuses what is not JSON before any handler sees it; handlers read the checked text through `c.req.json()`.
 */
export const jsonBody = createMiddleware<HonoEnv>(async function jsonBody(c, next) {
	if (METHODS.has(c.req.method)) {
		const bytes = await readLimited(c.req.raw.body, Number(c.req.header("Content-Length") ?? 0));
		const isEmpty = bytes.byteLength === 0;
		const type = c.req.header("Content-Type");
		if (!isEmpty || type !== undefined) requireJson(type, c.req.header("Content-Encoding"));
		// No body says as much as an empty object does; what is required of it is then missing by name.
		replaceText(c.req, isEmpty ? "{}" : checkedText(bytes));
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

async function readLimited(body: ReadableStream<Uint8Array> | null, announced: number): Promise<Uint8Array> {
	if (announced > REQUEST_BODY_BYTES_MAX) throw tooLarge();
	if (!body) return new Uint8Array();
	const chunks: Uint8Array[] = [];
	let length = 0;
	for await (const chunk of body) {
		length += chunk.byteLength;
		if (length > REQUEST_BODY_BYTES_MAX) throw tooLarge();
		chunks.push(chunk);
	}
	return Buffer.concat(chunks, length);
}

const tooLarge = () =>
	new ProblemError("payload-too-large", `A body has at most ${REQUEST_BODY_BYTES_MAX} bytes.`, {
		limit_bytes: REQUEST_BODY_BYTES_MAX,
	});

function checkedText(bytes: Uint8Array): string {
	let text: string;
	try {
		text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: false }).decode(bytes);
	} catch {
		throw invalid("The body is not UTF-8.", [{ pointer: "", detail: "Not UTF-8." }]);
	}
	if (depthOf(text) > JSON_DEPTH_MAX) {
		const detail = `Nested deeper than ${JSON_DEPTH_MAX} levels.`;
		throw invalid("The body is nested too deep.", [{ pointer: "", detail }]);
	}
	const value = parsed(text);
	const pointer = MAYBE_PROTO.test(text) ? protoPointer(value) : null;
	if (pointer !== null) {
		throw invalid("A member has a name that is not allowed.", [{ pointer, detail: "This name is not allowed." }]);
	}
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

/** Where a member is named `__proto__`, or null. Validators drop such members without a word, so they are refused here. */
function protoPointer(value: unknown, at = ""): string | null {
	if (typeof value !== "object" || value === null) return null;
	for (const [name, member] of Object.entries(value)) {
		const here = `${at}/${name.replaceAll("~", "~0").replaceAll("/", "~1")}`;
		const pointer = name === "__proto__" ? here : protoPointer(member, here);
		if (pointer !== null) return pointer;
	}
	return null;
}

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
