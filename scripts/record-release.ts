import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { Failure, run } from "./lib/failure.ts";
import { git, packRelease } from "./lib/release.ts";
import { ROOT } from "./lib/settings.ts";

/** `npm run record:release -- COMMIT`: keeps that commit's bundle as the release before. test/fixtures/release-n-1/README.md says when. */

const FILE = "test/fixtures/release-n-1/release.br";

await run(async () => {
	const [name, ...more] = process.argv.slice(2);
	if (name === undefined || more.length > 0) throw new Failure("Say which commit: npm run record:release -- COMMIT");
	const commit = git(["rev-parse", "--verify", `${name}^{commit}`]);
	const packed = await packRelease(commit);
	writeFileSync(join(ROOT, FILE), packed);
	console.log(`${FILE}: the Worker of ${commit}, ${Math.round(packed.byteLength / 1_000)} kB`);
});
