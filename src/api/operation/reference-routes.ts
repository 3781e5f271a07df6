import type { Context } from "hono";
import type { HonoEnv } from "../../env.ts";
import { answerFile } from "../http/packed-file.ts";
import { newApp } from "../http/route.ts";

interface ReferenceFile {
	type: string;
	/**
	 * The file under gzip, from where dev/reference.ts puts it. It is loaded when it is asked for, so that scripts/openapi.ts
	 * can read the routes on Node, which knows no modules of bytes.
	 */
	load(): Promise<{ default: ArrayBuffer }>;
}

const FILES: Record<string, ReferenceFile> = {
	"/docs": { type: "text/html; charset=utf-8", load: () => import("./reference/built/docs.html.bin") },
	"/docs-assets/docs.js": {
		type: "text/javascript; charset=utf-8",
		load: () => import("./reference/built/docs.js.bin"),
	},
	"/docs-assets/swagger-ui-bundle.js": {
		type: "text/javascript; charset=utf-8",
		load: () => import("./reference/built/swagger-ui-bundle.js.bin"),
	},
	"/docs-assets/swagger-ui.css": {
		type: "text/css; charset=utf-8",
		load: () => import("./reference/built/swagger-ui.css.bin"),
	},
	"/docs-assets/favicon-32x32.png": {
		type: "image/png",
		load: () => import("./reference/built/favicon-32x32.png.bin"),
	},
};

/** Nothing of another origin. Swagger UI sets styles by itself and holds small images in its own text. */
const POLICY = "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; frame-ancestors 'none'";

/** The page that explains the API, with all that it needs. No part of the OpenAPI document, which it shows. */
export const referenceRoutes = newApp();

for (const [path, file] of Object.entries(FILES)) referenceRoutes.get(path, (c) => serve(c, file));

// The Worker has nothing at its root: who opens the server's address in a browser wants the reference.
for (const path of ["/", "/docs/"]) referenceRoutes.get(path, (c) => c.redirect("/docs", 302));

async function serve(c: Context<HonoEnv>, { type, load }: ReferenceFile): Promise<Response> {
	const { default: gzipped } = await load();
	c.header("Content-Security-Policy", POLICY);
	return answerFile(c, { type, gzipped });
}
