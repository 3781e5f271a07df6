/** Puts the reference UI where the Worker serves it from: the page of assets/ and Swagger UI's files out of node_modules. */
import { copyFileSync, mkdirSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

const root = join(import.meta.dirname, "..");
const target = join(root, ".wrangler/assets");
const swagger = dirname(createRequire(import.meta.url).resolve("swagger-ui-dist/package.json"));

mkdirSync(join(target, "docs-assets"), { recursive: true });
for (const file of ["docs.html", "_headers"]) copyFileSync(join(root, "assets", file), join(target, file));
copyFileSync(join(root, "assets", "docs.js"), join(target, "docs-assets", "docs.js"));
for (const file of ["swagger-ui.css", "swagger-ui-bundle.js", "favicon-32x32.png"]) {
	copyFileSync(join(swagger, file), join(target, "docs-assets", file));
}
// The Worker has nothing at its root: who opens the server's address in a browser wants the reference.
writeFileSync(join(target, "_redirects"), "/ /docs 302\n");
