/** Types, lint and format, import boundaries, and generated files. Runs all of them and names those that failed. */
import { spawnSync } from "node:child_process";
import { parseCommandLine } from "./lib/command-line.ts";
import { run } from "./lib/failure.ts";
import { GENERATED } from "./lib/generated.ts";

type Check = [name: string, command: string, ...args: string[]];

const CHECKS: Check[] = [
	["types of src and test", "tsc", "-p", "tsconfig.json"],
	["types of scripts", "tsc", "-p", "tsconfig.node.json"],
	["lint and format", "biome", "ci", "--error-on-warnings", "."],
	...GENERATED.map(([name, command, ...args]): Check => [`generated ${name}`, command, ...args, "--check"]),
];

await run(async () => {
	parseCommandLine({
		usage: "npm run check",
		about: "Types, lint and format, import boundaries, and generated files: all of them, and which have failed.",
	});
	const failed = CHECKS.filter(([name, command, ...args]) => {
		const { status, stdout, stderr } = spawnSync(command, args, { encoding: "utf8" });
		console.log(`${status === 0 ? "ok    " : "FAILED"} ${name}`);
		if (status !== 0) console.log(`${stdout}${stderr}`);
		return status !== 0;
	});
	if (failed.length > 0) process.exitCode = 1;
});
