import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseCommandLine } from "../dev/command-line.ts";
import { Failure, run } from "../dev/failure.ts";
import { schemaDocument } from "../dev/schema.ts";
import { ROOT } from "../dev/settings.ts";

const FILE = "docs/schema.md";

await run(async () => {
	const { values } = parseCommandLine({
		usage: "node scripts/schema.ts [--check]",
		about: `Writes ${FILE} from the migrations and from what src/ does with their tables.`,
		options: { check: { type: "boolean", default: false, about: "say instead whether it is what they say now" } },
	});
	const text = schemaDocument();
	if (!values.check) writeFileSync(join(ROOT, FILE), text);
	else if (readFileSync(join(ROOT, FILE), "utf8") !== text) {
		throw new Failure(
			`${FILE} is not what migrations and statements say. Run \`npm run types\` and commit the result.`,
		);
	}
});
