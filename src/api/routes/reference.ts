import { createHash } from "node:crypto";
import type { Context } from "hono";
import type { HonoEnv } from "../../env.ts";
import { acceptsGzip } from "../accept-encoding.ts";
import { isKnown } from "../if-none-match.ts";
import { newApp } from "../route.ts";

interface ReferenceFile {
	type: string;
	/**
	 * The file under gzip, from where scripts/lib/reference.ts puts it. It is loaded when it is asked for, so that scripts/openapi.ts
	 * can read the routes on Node, which knows no modules of bytes.
	 */
	load(): Promise<{ default: ArrayBuffer }>;
}

const FILES: Record<string, ReferenceFile> = {
	"/docs": { type: "text/html; charset=utf-8", load: () => import("../../../reference/built/docs.html.bin") },
	"/docs-assets/docs.js": {
		type: "text/javascript; charset=utf-8",
		load: () => import("../../../reference/built/docs.js.bin"),
	},
	"/docs-assets/swagger-ui-bundle.js": {
		type: "text/javascript; charset=utf-8",
		load: () => import("../../../reference/built/swagger-ui-bundle.js.bin"),
	},
	"/docs-assets/swagger-ui.css": {
		type: "text/css; charset=utf-8",
		load: () => import("../../../reference/built/swagger-ui.css.bin"),
	},
	"/docs-assets/favicon-32x32.png": {
		type: "image/png",
		load: () => import("../../../reference/built/favicon-32x32.png.bin"),
	},
};

/** Nothing of another origin. Swagger UI sets styles by itself and holds small images in its own text. */
const POLICY = "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; frame-ancestors 'none'";

/** May be kept, and is asked for again each time, which costs a 304: the addresses stay the same when the files change. */
const CACHE_CONTROL = "public, max-age=0, must-revalidate";

/** The page that explains the API, with all that it needs. No part of the OpenAPI document, which it shows. */
export const reference = newApp();

for (const [path, file] of Object.entries(FILES)) reference.get(path, (c) => serve(c, file));

// The Worker has nothing at its root: who opens the server's address in a browser wants the reference.
for (const path of ["/", "/docs/"]) reference.get(path, (c) => c.redirect("/docs", 302));

async function serve(c: Context<HonoEnv>, file: ReferenceFile): Promise<Response> {
	const { default: bytes } = await file.load();
	const isGzip = acceptsGzip(clientsEncodings(c.req.raw));
	const etag = etagOf(bytes, isGzip ? "gzip" : "identity");
	c.header("Cache-Control", CACHE_CONTROL);
	c.header("Content-Security-Policy", POLICY);
	c.header("ETag", etag);
	c.header("Vary", "Accept-Encoding");
	if (isKnown(c.req.header("If-None-Match"), etag)) return c.body(null, 304);
	c.header("Content-Type", file.type);
	if (!isGzip) return c.body(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip")));
	c.header("Content-Encoding", "gzip");
	// Hono's answers cannot say that their body is compressed already; its headers are those that were set until here.
	return new Response(bytes, { headers: c.body(null).headers, encodeBody: "manual" });
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
