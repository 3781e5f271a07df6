import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseCommandLine } from "../dev/command-line.ts";
import { Failure, run } from "../dev/failure.ts";
import { ROOT } from "../dev/settings.ts";
import { app } from "../src/api/app.ts";
import { openApiDocument } from "../src/api/http/openapi.ts";

const FILE = "docs/openapi.json";

await run(async () => {
	const { values } = parseCommandLine({
		usage: "node scripts/openapi.ts [--check]",
		about: `Writes ${FILE} from the schemas of the routes.`,
		options: { check: { type: "boolean", default: false, about: "say instead whether it is what they say now" } },
	});
	const text = `${JSON.stringify(openApiDocument(app), null, 2)}\n`;
	if (!values.check) writeFileSync(join(ROOT, FILE), text);
	else if (readFileSync(join(ROOT, FILE), "utf8") !== text) {
		throw new Failure(`${FILE} is not what the routes say. Run \`npm run types\` and commit the result.`);
	}
});
