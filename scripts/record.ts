import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { Failure, run } from "./lib/failure.ts";

/** `npm run record -- NAME`: runs a recorder of test/record in the Workers runtime. test/fixtures/README.md says when. */
const RECORDERS = readdirSync("test/record")
	.map((name) => name.replace(".ts", ""))
	.filter((name) => /^(log|catalog)-v\d+$/.test(name));

await run(async () => {
	const [name = ""] = process.argv.slice(2);
	if (!RECORDERS.includes(name)) throw new Failure(`Say what to record: ${RECORDERS.join(" or ")}.`);
	const { status } = spawnSync("vitest", ["run"], { stdio: "inherit", env: { ...process.env, RECORD: name } });
	process.exitCode = status ?? 1;
});
