/** Types, lint and format, import boundaries, the API's document, and generated files. Runs all of them and names those that failed. */
import { spawnSync } from "node:child_process";
import { parseCommandLine } from "../dev/command-line.ts";
import { run } from "../dev/failure.ts";
import { GENERATED } from "../dev/generated.ts";

type Check = [name: string, command: string, ...args: string[]];

const DOCUMENT = "docs/openapi.json";
const FAIL_ON_HINTS = ["--fail-severity", "hint"];

/** Nothing here needs the network, and nobody is told that it ran. */
const env = { ...process.env, REDOCLY_TELEMETRY: "off", REDOCLY_SUPPRESS_UPDATE_NOTICE: "true" };

const CHECKS: Check[] = [
	["types of src and test", "tsc", "-p", "tsconfig.json"],
	["types of scripts", "tsc", "-p", "tsconfig.node.json"],
	["lint and format", "biome", "ci", "--error-on-warnings", "."],
	["the API's document, by Redocly", "redocly", "lint", DOCUMENT, "--extends=recommended-strict"],
	[
		"the API's document, by Spectral",
		"spectral",
		"lint",
		DOCUMENT,
		"--ruleset",
		"dev/lint/spectral.yaml",
		...FAIL_ON_HINTS,
	],
	...GENERATED.map(([name, command, ...args]): Check => [`generated ${name}`, command, ...args, "--check"]),
];

await run(async () => {
	parseCommandLine({
		usage: "npm run check",
		about:
			"Types, lint and format, import boundaries, the API's document and generated files: all of them, and which failed.",
	});
	const failed = CHECKS.filter(([name, command, ...args]) => {
		const { status, stdout, stderr } = spawnSync(command, args, { encoding: "utf8", env });
		console.log(`${status === 0 ? "ok    " : "FAILED"} ${name}`);
		if (status !== 0) console.log(`${stdout}${stderr}`);
		return status !== 0;
	});
	if (failed.length > 0) process.exitCode = 1;
});
