import { readFileSync, realpathSync } from "node:fs";
import { SourceMap, type SourceMapPayload } from "node:module";
import { join, relative, resolve, sep } from "node:path";
import type { CallFrame } from "./inspector.ts";

/** Where a function is from: our own code, a library's, or nothing that is in the bundle: the engine, the runtime. */
export type Place =
	| { kind: "own"; module: string; name: string }
	| { kind: "library"; module: string; name: string }
	| { kind: "engine"; name: string };

/** How the bundle's script is called in a profile. */
export const SCRIPT = "index.js";

/**
 * Finds the place of a frame with the source map beside the bundle.
 * @param folder of the bundle; the map names its sources relative to it
 * @param root of the repository
 */
export function placesIn(folder: string, root: string): (frame: CallFrame) => Place {
	const payload: SourceMapPayload = JSON.parse(readFileSync(join(folder, `${SCRIPT}.map`), "utf8"));
	return placesBy(payload, realpathSync(folder), realpathSync(root));
}

/** @param folder and `root` without symbolic links, as bundlers name sources */
export function placesBy(payload: SourceMapPayload, folder: string, root: string): (frame: CallFrame) => Place {
	const map = new SourceMap(payload);
	return (frame) => {
		const { functionName, url, lineNumber, columnNumber } = frame;
		if (url !== SCRIPT) return { kind: "engine", name: functionName || "(unnamed)" };
		const entry = map.findEntry(lineNumber, columnNumber);
		// The bundler's own few lines have no source.
		if (!("originalSource" in entry)) return { kind: "engine", name: functionName || "(unnamed)" };
		// Node gives the name that the source has there, where the map has one; its types do not say so.
		const { originalSource, name: original } = entry as typeof entry & { name?: string };
		const source = resolve(folder, originalSource);
		const name = originalName(functionName, original) || `line ${entry.originalLine + 1}`;
		const module = relative(root, source).split(sep).join("/");
		return module.startsWith("src/")
			? { kind: "own", module, name }
			: { kind: "library", module: packageOf(source), name };
	};
}

/** Bundlers number what has one name in two modules: `list2` is `list`. */
function originalName(name: string, original: string | undefined): string {
	if (original === undefined || !name.startsWith(original)) return name;
	return /^\d+$/.test(name.slice(original.length)) ? original : name;
}

/** The package of a file in node_modules, with its scope if it has one. */
function packageOf(source: string): string {
	const [, name = "(unknown)"] = /.*\bnode_modules\/((?:@[^/]+\/)?[^/]+)/.exec(source.split(sep).join("/")) ?? [];
	return name;
}
