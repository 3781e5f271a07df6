import { spawn } from "node:child_process";
import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { stripVTControlCharacters } from "node:util";
import type { NamedTest, PlantedBug } from "./bug.ts";
import type { Copy } from "./copy.ts";

/** Longer than the named tests of one file may take; a run that is not over after as much for each of its files has hung. */
const FILE_MS_MAX = 240_000;
const COMPILE_MS_MAX = 240_000;
/** So that two runs draw the same. */
const TEST_SEED = "20261121";

const REPORT = "test-results/report.json";

/** The parts of vitest's JSON report that are read here. */
interface Report {
	testResults: {
		name: string;
		message: string;
		assertionResults: { fullName: string; status: string; failureMessages: string[] }[];
	}[];
}

/** A test that was not over in time has not said that anything is wrong: the machine may be slow. */
const TIMED_OUT = /^(Error: )?(Test|Hook) timed out/;

/** How a named test ended; `absent` where no test of that name ran, for instance because its file did not load. */
interface Ending {
	test: NamedTest;
	status: "passed" | "failed" | "timed out" | "absent";
	/** The first line of what a failed test said, or of why its file did not load. */
	said: string;
}

/** How a bug fared. */
export interface Trial {
	bug: PlantedBug;
	/** Null if every named test failed, or else what is wrong. */
	fault: string | null;
	endings: Ending[];
	seconds: number;
}

/** Runs the named tests on the copy as it is. */
export async function endingsOf(copy: Copy, tests: readonly NamedTest[]): Promise<Ending[]> {
	const report = join(copy.folder, REPORT);
	rmSync(report, { force: true });
	const files = new Set(tests.map(({ file }) => file));
	const pattern = tests.map(({ test }) => test.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&")).join("|");
	const args = ["run", ...files, "-t", pattern, "--reporter=json"];
	const output = await run(copy, "vitest", args, files.size * FILE_MS_MAX);
	if (!existsSync(report)) return tests.map((test) => ({ test, status: "absent", said: lastLine(output.text) }));
	const { testResults }: Report = JSON.parse(readFileSync(report, "utf8"));
	return tests.map((test) => endingOf(test, testResults));
}

function endingOf(test: NamedTest, results: Report["testResults"]): Ending {
	const file = results.find(({ name }) => name.endsWith(`/${test.file}`));
	const own = file?.assertionResults.filter(({ fullName }) => fullName.includes(test.test)) ?? [];
	const failed = own.find(({ status }) => status === "failed");
	if (failed) {
		const said = firstLine(failed.failureMessages[0] ?? "");
		return { test, status: TIMED_OUT.test(said) ? "timed out" : "failed", said };
	}
	const passed = own.some(({ status }) => status === "passed");
	return { test, status: passed ? "passed" : "absent", said: firstLine(file?.message ?? "") };
}

/**
 * Puts the bug into the copy, and says whether every test that it names fails. What does not compile counts as not caught:
 * such a mistake needs no test.
 */
export async function tryBug(copy: Copy, bug: PlantedBug): Promise<Trial> {
	const began = performance.now();
	const [endings, types] = await copy.with(bug, () =>
		Promise.all([
			endingsOf(copy, bug.caughtBy),
			run(copy, "tsc", ["-p", "tsconfig.json", ...UNUSED_IS_FINE], COMPILE_MS_MAX),
		]),
	);
	const seconds = (performance.now() - began) / 1_000;
	return { bug, endings, seconds, fault: types.code === 0 ? faultOf(endings) : `does not compile: ${types.text}` };
}

/** A bug may leave an import or a parameter without a use; that is for lint to find. */
const UNUSED_IS_FINE = ["--noUnusedLocals", "false", "--noUnusedParameters", "false"];

function faultOf(endings: readonly Ending[]): string | null {
	const faults = endings
		.filter(({ status }) => status !== "failed")
		.map(({ test, status, said }) => `${test.file} › ${test.test}: ${status} ${said}`.trim());
	return faults.length === 0 ? null : faults.join("; ");
}

async function run(
	copy: Copy,
	command: string,
	args: readonly string[],
	timeout: number,
): Promise<{ code: number | null; text: string }> {
	const child = spawn(command, args, {
		cwd: copy.folder,
		stdio: ["ignore", "pipe", "pipe"],
		timeout,
		env: { ...process.env, NO_COLOR: "1", CI: "1", TEST_SEED },
	});
	const code = new Promise<number | null>((resolve, reject) => {
		child.once("error", reject);
		child.once("close", resolve);
	});
	const [out, errors, ended] = await Promise.all([text(child.stdout), text(child.stderr), code]);
	return { code: ended, text: stripVTControlCharacters(out + errors).trim() };
}

const firstLine = (said: string): string => stripVTControlCharacters(said).split("\n", 1)[0] ?? "";
const lastLine = (output: string): string => output.split("\n").at(-1) ?? "";
