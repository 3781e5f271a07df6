import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { constants, gzipSync } from "node:zlib";
import { ROOT } from "./settings.ts";

const PAGE = join(ROOT, "src/api/operation/reference");
const SWAGGER_UI = dirname(createRequire(import.meta.url).resolve("swagger-ui-dist/package.json"));
const TARGET = join(PAGE, "built");

const FILES: readonly (readonly [folder: string, name: string])[] = [
	[PAGE, "docs.html"],
	[PAGE, "docs.js"],
	[SWAGGER_UI, "swagger-ui.css"],
	[SWAGGER_UI, "swagger-ui-bundle.js"],
	[SWAGGER_UI, "favicon-32x32.png"],
];

/**
 * Compresses the reference page and Swagger UI's files into `built` beside the page, where src/api/operation/reference-routes.ts takes
 * them from: `NAME.bin` is NAME under gzip. The same file always gives the same bytes, and what has not changed is not touched, because
 * another process may be reading it.
 */
export function buildReference(): void {
	mkdirSync(TARGET, { recursive: true });
	for (const [folder, name] of FILES) {
		const target = join(TARGET, `${name}.bin`);
		// Node leaves the time in gzip's header empty.
		const bytes = gzipSync(readFileSync(join(folder, name)), { level: constants.Z_BEST_COMPRESSION });
		if (existsSync(target) && readFileSync(target).equals(bytes)) continue;
		const part = `${target}.${process.pid}`;
		writeFileSync(part, bytes);
		renameSync(part, target);
	}
}
