import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join, relative } from "node:path";
import { ROOT } from "../settings.ts";
import { type PlantedBug, plant } from "./bug.ts";

/** What a copy makes itself, shares, or has no use for. */
const LEFT_OUT = new Set(["node_modules", ".git", ".wrangler", "test-results", "dist", "coverage"]);

/** A copy of the project in a folder of its own, with the installed packages of the original, for one bug after another. */
export class Copy {
	readonly folder = mkdtempSync(join(tmpdir(), "marksheet-planted-"));

	constructor() {
		cpSync(ROOT, this.folder, {
			recursive: true,
			filter: (path) => relative(ROOT, path) === "" || !LEFT_OUT.has(basename(path)),
		});
		symlinkSync(join(ROOT, "node_modules"), join(this.folder, "node_modules"));
	}

	/** Runs `work` while the bug is in the copy. */
	async with<T>(bug: PlantedBug, work: () => Promise<T>): Promise<T> {
		const path = join(this.folder, bug.file);
		const text = readFileSync(path, "utf8");
		writeFileSync(path, plant(text, bug));
		try {
			return await work();
		} finally {
			writeFileSync(path, text);
		}
	}

	remove(): void {
		rmSync(this.folder, { recursive: true, force: true });
	}
}
