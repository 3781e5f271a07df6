import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { Misuse, parseCommandLine } from "../dev/command-line.ts";
import { run } from "../dev/failure.ts";

/** `npm run record -- NAME`: runs a recorder of test/record in the Workers runtime. test/fixtures/README.md says when. */
const RECORDERS = readdirSync("test/record")
	.map((name) => name.replace(".ts", ""))
	.filter((name) => /^((log|catalog)-v\d+|examples)$/.test(name));

const COMMAND = {
	usage: "npm run record -- NAME",
	about: `Records a fixture in the Workers runtime: ${RECORDERS.join(" or ")}. test/fixtures/README.md says when.`,
	allowPositionals: true,
} as const;

await run(async () => {
	const [name = ""] = parseCommandLine(COMMAND).positionals;
	if (!RECORDERS.includes(name)) throw new Misuse(`Say what to record: ${RECORDERS.join(" or ")}.`, COMMAND);
	const { status } = spawnSync("vitest", ["run"], { stdio: "inherit", env: { ...process.env, RECORD: name } });
	process.exitCode = status ?? 1;
});
