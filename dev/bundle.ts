import { createHash } from "node:crypto";
import {
	cpSync,
	existsSync,
	mkdirSync,
	readdirSync,
	readFileSync,
	renameSync,
	rmSync,
	statSync,
	utimesSync,
} from "node:fs";
import { join } from "node:path";
import { ROOT } from "./settings.ts";
import { quietWrangler } from "./wrangler.ts";

/** All that a bundle is made of: sources, settings, and by the lockfile what is installed. */
const INPUTS = [
	"src",
	"do-migrations",
	"dev/reference.ts",
	"examples/generator",
	"wrangler.toml",
	"tsconfig.json",
	"package.json",
	"package-lock.json",
];
/** Made of the others. */
const BUILT = join("src", "api", "operation", "reference", "built");
const CACHE = join(ROOT, "node_modules/.cache/marksheet");
/** How many builds are kept, those used last: a few megabytes each. */
const KEPT_MAX = 8;

/**
 * Puts into `target` what `wrangler deploy` would upload for a configuration of this repository. Building takes seconds, so
 * what was built of the same inputs before is taken instead.
 * @throws Failure naming what wrangler said
 */
export async function bundle(config: string, target: string, whatFailed: string): Promise<void> {
	const kept = join(CACHE, createHash("sha256").update(`${config}\n${inputsHash()}`).digest("hex").slice(0, 32));
	if (!existsSync(kept)) {
		const part = `${kept}.${process.pid}`;
		mkdirSync(part, { recursive: true });
		try {
			await quietWrangler(["deploy", "--dry-run", "--env=", "--config", config, "--outdir", part], whatFailed);
			takeIn(part, kept);
		} finally {
			rmSync(part, { recursive: true, force: true });
		}
		forgetOld();
	}
	const now = new Date();
	utimesSync(kept, now, now);
	rmSync(target, { recursive: true, force: true });
	cpSync(kept, target, { recursive: true });
}

function takeIn(part: string, kept: string): void {
	try {
		renameSync(part, kept);
	} catch (error) {
		// Another process was faster; its bundle is the same.
		if (!existsSync(kept)) throw error;
	}
}

function inputsHash(): string {
	const hash = createHash("sha256").update(process.version);
	const add = (path: string) => {
		if (path === BUILT) return;
		const file = join(ROOT, path);
		if (statSync(file).isDirectory()) for (const name of readdirSync(file).sort()) add(join(path, name));
		else hash.update(`${path}\n`).update(readFileSync(file)).update("\n");
	};
	for (const path of INPUTS) add(path);
	return hash.digest("hex");
}

function forgetOld(): void {
	const found = readdirSync(CACHE, { withFileTypes: true }).filter((entry) => /^[0-9a-f]{32}$/.test(entry.name));
	const builds = found.map(({ name }) => ({ path: join(CACHE, name), at: statSync(join(CACHE, name)).mtimeMs }));
	for (const { path } of builds.sort((a, b) => b.at - a.at).slice(KEPT_MAX)) {
		rmSync(path, { recursive: true, force: true });
	}
}
