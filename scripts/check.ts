/** Types, lint and format, import boundaries, and generated files. Runs all of them and names those that failed. */
import { spawnSync } from "node:child_process";

const CHECKS: [name: string, command: string, ...args: string[]][] = [
	["types of src and test", "tsc", "-p", "tsconfig.json"],
	["types of scripts", "tsc", "-p", "tsconfig.node.json"],
	["lint and format", "biome", "ci", "--error-on-warnings", "."],
	["generated types of bindings", "wrangler", "types", "--include-runtime=false", "--check"],
	["generated OpenAPI document", "node", "scripts/openapi.ts", "--check"],
];

const failed = CHECKS.filter(([name, command, ...args]) => {
	const { status, stdout, stderr } = spawnSync(command, args, { encoding: "utf8" });
	console.log(`${status === 0 ? "ok    " : "FAILED"} ${name}`);
	if (status !== 0) console.log(`${stdout}${stderr}`);
	return status !== 0;
});
if (failed.length > 0) process.exitCode = 1;
