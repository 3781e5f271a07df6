import { createHash } from "node:crypto";
import type { Context } from "hono";
import type { HonoEnv } from "../../env.ts";
import { acceptsGzip } from "./accept-encoding.ts";
import { isKnown } from "./cacheable.ts";
import { refuseQuery } from "./query.ts";

/** A file that the Worker answers with, made once. */
export interface PackedFile {
	type: string;
	gzipped: ArrayBuffer;
	/** The same uncompressed, where it is at hand. */
	plain?: string;
}

/** May be kept, and is asked for again each time, which costs a 304: the addresses stay the same when the files change. */
const CACHE_CONTROL = "public, max-age=0, must-revalidate";

/** The file in the coding that the client takes, or 304 where it has that already. @throws ProblemError where there is a query */
export function answerFile(c: Context<HonoEnv>, { type, gzipped, plain }: PackedFile): Response {
	refuseQuery(c);
	const isGzip = acceptsGzip(clientsEncodings(c.req.raw));
	const etag = etagOf(gzipped, isGzip ? "gzip" : "identity");
	c.header("Cache-Control", CACHE_CONTROL);
	c.header("ETag", etag);
	c.header("Vary", "Accept-Encoding");
	if (isKnown(c.req.header("If-None-Match"), etag)) return c.body(null, 304);
	c.header("Content-Type", type);
	if (!isGzip) return c.body(plain ?? new Blob([gzipped]).stream().pipeThrough(new DecompressionStream("gzip")));
	c.header("Content-Encoding", "gzip");
	// Hono's answers cannot say that their body is compressed already; its headers are those that were set until here.
	return new Response(gzipped, { headers: c.body(null).headers, encodeBody: "manual" });
}

/** What the client accepts. The platform puts its own codings into the header, and what the client sent beside the request. */
const clientsEncodings = ({ cf, headers }: Request): string | undefined =>
	typeof cf?.clientAcceptEncoding === "string"
		? cf.clientAcceptEncoding
		: (headers.get("Accept-Encoding") ?? undefined);

const hashes = new WeakMap<ArrayBuffer, string>();

/** A strong tag: a file's two codings are not the same bytes, so they have not the same tag. */
function etagOf(bytes: ArrayBuffer, coding: "gzip" | "identity"): string {
	const hash = hashes.get(bytes) ?? createHash("sha256").update(new Uint8Array(bytes)).digest("hex").slice(0, 32);
	hashes.set(bytes, hash);
	return `"${hash}-${coding}"`;
}
