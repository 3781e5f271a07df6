import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { z } from "zod";
import { Failure } from "./failure.ts";
import { filesIn, type PackedFile, pack, unpack } from "./pack.ts";
import { ROOT } from "./settings.ts";
import { quietWrangler } from "./wrangler.ts";

/** A release as it was deployed: its bundle, and what a test must know of the code that it was made of. */

const aboutSchema = z.object({
	commit: z.string(),
	/** Of each database, the migrations that it had. */
	migrations: z.record(z.string(), z.array(z.string())),
	/** The kinds of events that it knows. */
	kinds: z.array(z.string()),
});

export interface Release extends z.output<typeof aboutSchema> {
	/** Of the bundle; what the reference page is made of is empty, since nothing here looks at it. */
	modules: PackedFile[];
}

const ABOUT = "release.json";
const DATABASES = { CATALOG: "migrations/catalog", ACCOUNTS: "migrations/accounts" };

export function readRelease(file: string): Release {
	const files = unpack(readFileSync(file));
	const about = files.find(({ name }) => name === ABOUT);
	if (!about) throw new Failure(`${file} is no release: it says nothing of itself.`);
	const modules = files.filter(({ name }) => name !== ABOUT);
	return { ...aboutSchema.parse(JSON.parse(Buffer.from(about.bytes).toString())), modules };
}

/** Builds the Worker of a commit of this repository as `wrangler deploy` would upload it. */
export async function packRelease(commit: string): Promise<Uint8Array> {
	const folder = mkdtempSync(join(tmpdir(), "marksheet-release-"));
	try {
		const source = join(folder, "source");
		git(["worktree", "add", "--detach", source, commit]);
		// The release before was built with the dependencies that it had; those of one release ago are near enough to today's.
		symlinkSync(join(ROOT, "node_modules"), join(source, "node_modules"));
		const out = join(folder, "out");
		const args = ["deploy", "--dry-run", "--env=", "--minify", "--outdir", out];
		await quietWrangler(args, `The Worker of ${commit} cannot be built`, source);
		const modules = filesIn(out).filter(({ name }) => /\.(js|sql|bin)$/.test(name));
		const about = { commit, ...(await whatItKnows(source)) };
		return pack([
			{ name: ABOUT, bytes: Buffer.from(JSON.stringify(about)) },
			...modules.map((file) => (file.name.endsWith(".bin") ? { ...file, bytes: new Uint8Array() } : file)),
		]);
	} finally {
		git(["worktree", "remove", "--force", join(folder, "source")]);
		rmSync(folder, { recursive: true, force: true });
	}
}

async function whatItKnows(source: string): Promise<Omit<z.output<typeof aboutSchema>, "commit">> {
	const events: { EVENT_BODIES: object } = await import(pathToFileURL(join(source, "src/domain/log/events.ts")).href);
	const migrations = Object.entries(DATABASES).map(([binding, path]) => [
		binding,
		readdirSync(join(source, path)).sort(),
	]);
	return { migrations: Object.fromEntries(migrations), kinds: Object.keys(events.EVENT_BODIES) };
}

export function git(args: readonly string[]): string {
	const { status, stdout, stderr } = spawnSync("git", args, { cwd: ROOT, encoding: "utf8" });
	if (status !== 0) throw new Failure(`git ${args.join(" ")}: ${stderr.trim()}`);
	return stdout.trim();
}
