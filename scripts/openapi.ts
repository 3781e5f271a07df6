/** Writes docs/openapi.json from the routes' schemas; with --check, says whether it is what they say now. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { app } from "../src/api/app.ts";
import { openApiDocument } from "../src/api/openapi.ts";

const file = join(import.meta.dirname, "../docs/openapi.json");
const text = `${JSON.stringify(openApiDocument(app), null, 2)}\n`;

if (!process.argv.includes("--check")) writeFileSync(file, text);
else if (readFileSync(file, "utf8") !== text) {
	console.error("docs/openapi.json is not what the routes say. Run `npm run types` and commit the result.");
	process.exitCode = 1;
}
