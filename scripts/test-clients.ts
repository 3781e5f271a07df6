import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parseCommandLine } from "../dev/command-line.ts";
import { Failure, run } from "../dev/failure.ts";

/**
 * `npm run test:clients`: generates a client from docs/openapi.json by each of two generators, compiles a journey through it, and drives
 * it against a server. The generators are in a folder of their own: their peer is TypeScript 5.
 */

const FOLDER = join(import.meta.dirname, "../test/clients");
const DOCUMENT = "../../docs/openapi.json";
const read = (file: string) => JSON.parse(readFileSync(join(FOLDER, file), "utf8"));
const bin = (name: string) => join(FOLDER, "node_modules/.bin", name);

const STEPS: [what: string, command: string, ...args: string[]][] = [
	// What a body may leave out has a default; without the last option it would be required.
	[
		"openapi-typescript generates its types",
		bin("openapi-typescript"),
		DOCUMENT,
		"-o",
		"generated/schema.ts",
		"--default-non-nullable=false",
	],
	[
		"hey-api generates its client",
		bin("openapi-ts"),
		"-i",
		DOCUMENT,
		"-o",
		"generated/hey-api",
		"-c",
		"@hey-api/client-fetch",
	],
	["the journeys compile", bin("tsc"), "-p", "."],
];

await run(async () => {
	parseCommandLine({
		usage: "npm run test:clients",
		about:
			"Generates typed clients, by openapi-typescript and hey-api, and drives a journey through each; installs them first.",
	});
	if (!isInstalled()) step("the generators are installed", "npm", "ci", "--ignore-scripts");
	for (const each of STEPS) step(...each);
	const { status } = spawnSync("vitest", ["run", "--project", "clients"], { stdio: "inherit" });
	process.exitCode = status ?? 1;
});

/** Whether each generator is there in the version that is wanted. */
function isInstalled(): boolean {
	const { devDependencies }: { devDependencies: Record<string, string> } = read("package.json");
	return Object.entries(devDependencies).every(([name, version]) => {
		const manifest = `node_modules/${name}/package.json`;
		return existsSync(join(FOLDER, manifest)) && read(manifest).version === version;
	});
}

/** @throws Failure with what it said */
function step(what: string, command: string, ...args: string[]): void {
	const { status, stdout, stderr } = spawnSync(command, args, { cwd: FOLDER, encoding: "utf8" });
	if (status !== 0) throw new Failure(`FAILED ${what}:\n${stdout}${stderr}`);
	console.log(`ok     ${what}`);
}
