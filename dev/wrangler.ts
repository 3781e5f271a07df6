import { spawn } from "node:child_process";
import { text } from "node:stream/consumers";
import { stripVTControlCharacters } from "node:util";
import { Failure } from "./failure.ts";
import { ROOT } from "./settings.ts";

/** Runs wrangler in this folder with what it prints kept aside; that is shown only if it fails, as one line. */
export async function quietWrangler(args: readonly string[], whatFailed: string, folder = ROOT): Promise<void> {
	const child = spawn(process.execPath, [CLI, ...args], {
		cwd: folder,
		stdio: ["ignore", "pipe", "pipe"],
		env: { ...process.env, WRANGLER_HIDE_BANNER: "true", WRANGLER_SEND_METRICS: "false", NO_COLOR: "1" },
	});
	const [, errors, code] = await Promise.all([text(child.stdout), text(child.stderr), exitOf(child)]);
	if (code === 0) return;
	throw new Failure(`${whatFailed}: ${firstError(errors)} For all of it: npx wrangler ${args.join(" ")}`);
}

/** Runs wrangler in the terminal, where it may ask and show. */
export async function wrangler(args: readonly string[], whatFailed: string): Promise<void> {
	const child = spawn(process.execPath, [CLI, ...args], { cwd: ROOT, stdio: "inherit" });
	const code = await exitOf(child);
	if (code !== 0) throw new Failure(`${whatFailed}: wrangler ended with exit code ${code}; its message is above.`);
}

const CLI = `${ROOT}/node_modules/wrangler/bin/wrangler.js`;

const exitOf = (child: ReturnType<typeof spawn>) =>
	new Promise<number | null>((resolve, reject) => {
		child.once("error", reject);
		child.once("close", resolve);
	});

function firstError(output: string): string {
	const lines = stripVTControlCharacters(output).split("\n");
	const line = lines.find((candidate) => /error/i.test(candidate)) ?? lines.find((candidate) => candidate.trim()) ?? "";
	return line.replace(/^\W*(\[?ERROR\]?)?\s*/, "").trim();
}
