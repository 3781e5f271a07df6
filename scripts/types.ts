import { spawnSync } from "node:child_process";
import { parseCommandLine } from "../dev/command-line.ts";
import { Failure, run } from "../dev/failure.ts";
import { GENERATED } from "../dev/generated.ts";

/** `npm run types`: writes the files that are generated, which `npm run check` compares. */
await run(async () => {
	parseCommandLine({
		usage: "npm run types",
		about: "Writes the generated files anew: bindings' types and documents.",
	});
	for (const [name, command, ...args] of GENERATED) {
		const { status, stdout, stderr } = spawnSync(command, args, { encoding: "utf8" });
		if (status !== 0) throw new Failure(`The ${name} cannot be made:\n${stdout}${stderr}`);
		console.log(`ok     ${name}`);
	}
});
