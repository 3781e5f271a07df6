import { spawn, spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { beforeAll, describe, expect, test } from "vitest";
import { type Edit, OMISSIONS } from "../../dev/planted/omissions.ts";
import { ROOT } from "../../dev/settings.ts";
import { NOTHING, PROJECTIONS } from "../../src/catalog/projections.ts";
import { EVENT_BODIES } from "../../src/domain/log/events.ts";

/** That what is added and not finished is refused, and that the compiler or the linter names every place where something is missing. */

const LINTER = join(ROOT, "node_modules/.bin/biome");
const COMPILER = join(ROOT, "node_modules/.bin/tsc");
const TYPES_MS_MAX = 60_000;
const COPIED = [
	"src",
	"test",
	"dev/lint",
	"do-migrations",
	"biome.json",
	".gitignore",
	"package.json",
	"tsconfig.json",
	"worker-configuration.d.ts",
];

/** What each says, of each error the file and the text, with everything planted at once: one run takes long enough. */
let errors: { by: "lint" | "types"; file: string | undefined; text: string }[];
const refusals = OMISSIONS.flatMap((omission) => omission.refusals);

beforeAll(async () => {
	const folder = mkdtempSync(join(tmpdir(), "marksheet-omissions-"));
	try {
		for (const part of COPIED) cpSync(join(ROOT, part), join(folder, part), { recursive: true });
		symlinkSync(join(ROOT, "node_modules"), join(folder, "node_modules"));
		for (const edit of OMISSIONS.flatMap(({ edits }) => edits)) plant(folder, edit);
		errors = [...(await compiled(folder)), ...linted(folder)];
	} finally {
		rmSync(folder, { recursive: true, force: true });
	}
}, TYPES_MS_MAX);

function plant(folder: string, { file, search, replace }: Edit): void {
	const parts = readFileSync(join(folder, file), "utf8").split(search);
	if (parts.length !== 2) throw new Error(`${search} stands ${parts.length - 1} times in ${file}`);
	writeFileSync(join(folder, file), parts.join(replace));
}

/** Looks at the files that are to be refused, and what they import. */
async function compiled(folder: string): Promise<typeof errors> {
	const files = refusals.flatMap(([file, _, by]) => (by === "lint" ? [] : [file]));
	const config = { extends: "./tsconfig.json", include: ["worker-configuration.d.ts"], files };
	writeFileSync(join(folder, "tsconfig.planted.json"), JSON.stringify(config));
	const child = spawn(COMPILER, ["-p", "tsconfig.planted.json", "--pretty", "false"], {
		cwd: folder,
		stdio: ["ignore", "pipe", "inherit"],
	});
	const output = await text(child.stdout);
	return output
		.split(/^(?=\S+\(\d+,\d+\): error )/m)
		.map((text) => ({ by: "types", file: text.split("(", 1)[0], text }));
}

function linted(folder: string): typeof errors {
	const files = refusals.flatMap(([file, _, by]) => (by === "lint" ? [file] : []));
	const { stdout } = spawnSync(LINTER, ["lint", "--reporter=json", ...files], { cwd: folder, encoding: "utf8" });
	const { diagnostics }: { diagnostics: { message: string; location: { path: string } }[] } = JSON.parse(stdout);
	return diagnostics.map(({ message, location }) => ({ by: "lint", file: location.path, text: message }));
}

describe.each(OMISSIONS)("$what", ({ refusals }) => {
	test.each(refusals)("is refused in %s", (file, says, by = "types") => {
		const own = errors.filter((error) => error.file === file && error.by === by).map(({ text }) => text);
		expect(own.join("\n")).toContain(says);
	});
});

test("projections list all the kinds that their types say they take, which is all that the compiler sees", () => {
	const kinds = new Set<string>(PROJECTIONS.flatMap((projection) => projection.kinds));
	expect([...kinds, ...Object.keys(NOTHING)].sort()).toEqual(Object.keys(EVENT_BODIES).sort());
});
