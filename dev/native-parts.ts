import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { Failure } from "./failure.ts";
import { ROOT } from "./settings.ts";

const CHECK_MS_MAX = 20_000;

/**
 * Runs the two native programs that the local server is made of. Do this before importing wrangler or miniflare: they
 * fail with a stack while they load.
 * @throws Failure saying which one cannot run and what to do
 */
export async function checkNativeParts(): Promise<void> {
	const folder = join(ROOT, "node_modules/.bin");
	const programs = {
		workerd: process.env.MINIFLARE_WORKERD_PATH ?? join(folder, "workerd"),
		esbuild: process.env.ESBUILD_BINARY_PATH ?? join(folder, "esbuild"),
	};
	await Promise.all(Object.entries(programs).map(([name, path]) => checkProgram(name, path)));
}

async function checkProgram(name: string, path: string): Promise<void> {
	try {
		await promisify(execFile)(path, ["--version"], { timeout: CHECK_MS_MAX, shell: process.platform === "win32" });
	} catch (error) {
		const missing = error instanceof Error && "code" in error && error.code === "ENOENT";
		const advice = "Run npm ci on this machine, with install scripts and optional dependencies allowed.";
		throw new Failure(`The native program ${name} ${missing ? "is missing" : "cannot run here"} (${path}). ${advice}`);
	}
}
