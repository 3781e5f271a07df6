import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { Misuse, parseCommandLine } from "../dev/command-line.ts";
import { run } from "../dev/failure.ts";
import { git, packRelease } from "../dev/release.ts";
import { ROOT } from "../dev/settings.ts";

/** `npm run record:release -- COMMIT`: keeps that commit's bundle as the release before. test/fixtures/release-n-1/README.md says when. */

const FILE = "test/fixtures/release-n-1/release.br";

const COMMAND = {
	usage: "npm run record:release -- COMMIT",
	about: "Keeps the bundle of that commit as the release before, for the tests of two releases at once.",
	allowPositionals: true,
} as const;

await run(async () => {
	const [name, ...more] = parseCommandLine(COMMAND).positionals;
	if (name === undefined || more.length > 0) throw new Misuse("Say which commit.", COMMAND);
	const commit = git(["rev-parse", "--verify", `${name}^{commit}`]);
	const packed = await packRelease(commit);
	writeFileSync(join(ROOT, FILE), packed);
	console.log(`${FILE}: the Worker of ${commit}, ${Math.round(packed.byteLength / 1_000)} kB`);
});
