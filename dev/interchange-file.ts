import { readdirSync, readFileSync, statSync } from "node:fs";
import { basename, join, relative } from "node:path";
import { type FileFormat, formatOf } from "../src/domain/interchange/formats.ts";
import { UPLOAD_BYTES_MAX, UPLOAD_FILES_MAX } from "../src/domain/interchange/limits.ts";
import type { SourceFile } from "../src/domain/interchange/read-files.ts";
import { decodedText } from "../src/domain/interchange/text-encoding.ts";
import { type ImportItem, type ImportPlan, importPlan } from "../src/service/interchange/import-items.ts";
import { problemText } from "./client.ts";
import { Failure } from "./failure.ts";
import type { Line } from "./json-lines.ts";

/** Endings of files in a folder that are not questions, and are not worth a word. */
const NO_QUESTIONS = /(?:^|\/)\.|\.(?:svg|css|js|html?|md|pdf|docx?|xsd|mp[34])$/i;

/** All files that are named, and those in the folders that are, in the order of their names. */
export function sourceFiles(paths: readonly string[]): SourceFile[] {
	const files: SourceFile[] = [];
	let bytes = 0;
	const add = (path: string, name: string) => {
		const size = statSync(path).size;
		bytes += size;
		if (size > UPLOAD_BYTES_MAX)
			throw new Failure(`${path} has ${size} bytes; a file has at most ${UPLOAD_BYTES_MAX}.`);
		if (files.length >= UPLOAD_FILES_MAX)
			throw new Failure(`More than ${UPLOAD_FILES_MAX} files; import them in parts.`);
		if (bytes > 4 * UPLOAD_BYTES_MAX)
			throw new Failure(`The files have more than ${4 * UPLOAD_BYTES_MAX} bytes; import them in parts.`);
		files.push({ name, bytes: readFileSync(path) });
	};
	for (const path of paths) {
		const found = statSync(path, { throwIfNoEntry: false });
		if (found?.isFile()) add(path, basename(path));
		else if (found?.isDirectory()) {
			const within = readdirSync(path, { recursive: true, withFileTypes: true })
				.filter((entry) => entry.isFile())
				.map((entry) => join(entry.parentPath, entry.name))
				.sort();
			for (const file of within) {
				const name = relative(path, file).replaceAll("\\", "/");
				if (!NO_QUESTIONS.test(name)) add(file, name);
			}
		} else throw new Failure(`There is no file ${path}.`);
	}
	return files;
}

/** Whether a file is one of JSON lines, which may be longer than any other and is read line by line. */
export function isJsonLines(path: string): boolean {
	if (!statSync(path, { throwIfNoEntry: false })?.isFile()) return false;
	if (/\.(?:jsonl|ndjson)$/i.test(path)) return true;
	const bytes = readFileSync(path);
	if (bytes.length === 0) return true;
	const decoded = decodedText(bytes);
	if (!decoded.ok || formatOf(decoded.text) !== "json") return false;
	const [first = ""] = decoded.text.trimStart().split("\n");
	try {
		JSON.parse(first);
		return !first.trimStart().startsWith("[");
	} catch {
		return false;
	}
}

/** The quizzes of the files with their images, as the server would make them. Made here, so that each is known by its content and a second run finds it. */
export function planOf(files: readonly SourceFile[], as: FileFormat | null, title: string | undefined): ImportPlan {
	const made = importPlan({ format: "files", files: [...files], as, ...(title !== undefined && { title }) });
	if (!made.ok) throw new Failure(problemText(made.refusal));
	return made.value;
}

/** Says what became of questions that lost something, with the file where there are several. */
export function sayReports(items: readonly ImportItem[]): void {
	const files = new Set(items.map(({ file }) => file));
	for (const { file, questions } of items) {
		for (const { status, id, place, name, reason } of questions) {
			if (status === "imported") continue;
			console.log(`${files.size > 1 ? `${file}: ` : ""}${place}: ${status}: ${name ?? id ?? "a question"}: ${reason}`);
		}
	}
}

/** Each quiz as the line that a file of JSON lines would have. */
export async function* interchangeLines(items: readonly ImportItem[]): AsyncGenerator<Line> {
	for (const [index, { content, errors }] of items.entries()) {
		const line = { number: index + 1, end: index + 1 };
		if (content) yield { ...line, text: JSON.stringify(content) };
		else
			yield {
				...line,
				text: null,
				fault: errors.map(({ pointer, detail }) => `${pointer && `${pointer} `}${detail}`).join(" "),
			};
	}
}
