import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { ROOT } from "../../dev/settings.ts";
import { bash, command } from "./harness.ts";

/** Every command of package.json says what it does, and takes nothing that it does not know. */

const { scripts }: { scripts: Record<string, string> } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));
/** These have a help of their own. */
const TOOLS = /^(vitest|biome|wrangler) /;
const programs = new Map<string, string[]>();
for (const [name, line] of Object.entries(scripts)) {
	const [program] = /^node \S+\.ts\b/.exec(line) ?? [];
	if (program) programs.set(program, [...(programs.get(program) ?? []), name]);
	else if (!TOOLS.test(line)) throw new Error(`${name} is neither a tool nor a program of this repository: ${line}`);
}

test.each([...programs])("%s says with --help what it does, and does nothing", async (program, names) => {
	const { code, stdout, stderr } = await bash(
		`cd ${ROOT} && exec ${process.execPath}${program.slice("node".length)} --help`,
	);
	expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
	const [usage = "", , about = ""] = stdout.split("\n");
	const [, name] = /^Usage: npm (?:run (?:-s )?)?([\w:]+)/.exec(usage) ?? [];
	expect(names).toContain(name);
	expect(about).toMatch(/^[A-Z].{20}/);
	expect(stdout).toMatch(/^ {2}--help {2}/m);
});

test.each([
	["token.ts", ["--no-such-option"], /^Unknown option '--no-such-option'/],
	["import.ts", ["file.jsonl", "--no-such-option"], /^Unknown option '--no-such-option'/],
	["tour.ts", ["more"], /^Unexpected argument 'more'/],
	["ops.ts", ["no-such-command"], /^Say which command/],
])("%s answers %j with its help", async (script, args, reason) => {
	const { code, stdout, stderr } = await command(script, args, {});
	expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
	expect(stderr).toMatch(reason);
	expect(stderr).toMatch(/\n\nUsage: npm run .+\n\n[A-Z]/);
	expect(stderr).toMatch(/\n {2}--help {2,}print this\n$/);
});
