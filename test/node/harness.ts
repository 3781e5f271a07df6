import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createConnection } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Client } from "../../dev/client.ts";
import { ROOT } from "../../dev/settings.ts";
import { readSigner, signToken } from "../../dev/signer.ts";

const START_MS_MAX = 45_000;
const COMMAND_MS_MAX = 45_000;

/** A folder for one test file's state. */
export const newStateFolder = () => mkdtempSync(join(tmpdir(), "marksheet-test-"));

export const removeFolder = (folder: string) => rmSync(folder, { recursive: true, force: true });

/** A state folder whose first start is over: the server comes up without seeds and tour. */
export function newQuietStateFolder(): string {
	const folder = newStateFolder();
	mkdirSync(folder, { recursive: true });
	for (const name of ["seeds.done", "tour.done"]) writeFileSync(join(folder, name), "");
	return folder;
}

export interface Ended {
	code: number | null;
	stdout: string;
	stderr: string;
}

/** Runs a command of scripts/ to its end. */
export function command(script: string, args: readonly string[], env: Record<string, string>): Promise<Ended> {
	return ended(spawnScript(script, args, env), COMMAND_MS_MAX);
}

/** Runs a line, or several, as a shell would. */
export const bash = (lines: string, within_ms = COMMAND_MS_MAX): Promise<Ended> =>
	ended(spawn("bash", ["-c", lines]), within_ms);

function spawnScript(script: string, args: readonly string[], env: Record<string, string>): ChildProcess {
	const { MARKSHEET_TOKEN: _, MARKSHEET_URL: __, ...inherited } = process.env;
	// In a group of its own, so that a test can send what Ctrl-C sends: a signal to the whole group.
	return spawn(process.execPath, [join(ROOT, "scripts", script), ...args], {
		cwd: ROOT,
		detached: true,
		env: { ...inherited, NO_COLOR: "1", ...env },
	});
}

function ended(child: ChildProcess, within_ms: number): Promise<Ended> {
	const output = collect(child);
	return new Promise((resolve, reject) => {
		const timer = setTimeout(() => {
			child.kill("SIGKILL");
			reject(new Error(`not over within ${within_ms} ms:\n${output.stdout}\n${output.stderr}`));
		}, within_ms);
		child.once("error", reject);
		child.once("close", (code) => {
			clearTimeout(timer);
			resolve({ code, ...output });
		});
	});
}

function collect(child: ChildProcess) {
	const output = { stdout: "", stderr: "" };
	child.stdout?.setEncoding("utf8").on("data", (text: string) => {
		output.stdout += text;
	});
	child.stderr?.setEncoding("utf8").on("data", (text: string) => {
		output.stderr += text;
	});
	return output;
}

export interface Server {
	url: string;
	port: number;
	pid: number;
	/** All that it printed until it was ready. */
	stdout: string;
	stderr: string;
	token: string;
	/** What it says to paste, where `TOKEN` is set. */
	curls: string[];
	/** Sends a signal, to the whole group where told so, and waits for the end. */
	stop(signal?: NodeJS.Signals, whole?: "group"): Promise<number | null>;
}

const running = new Set<ChildProcess>();

/** Ends the servers that a failed test has left behind. */
export function killServers(): void {
	for (const child of running) child.kill("SIGKILL");
}

/** `npm start` on a free port, once it says that it is ready. */
export async function startServer(folder: string, env: Record<string, string> = {}): Promise<Server> {
	const child = spawnScript("start.ts", [], { PORT: "0", STATE_DIR: folder, ...env });
	const output = collect(child);
	running.add(child);
	const end = new Promise<number | null>((resolve) => child.once("close", resolve));
	void end.then(() => running.delete(child));
	await new Promise<void>((resolve, reject) => {
		const failed = () => reject(new Error(`the server does not start:\n${output.stdout}\n${output.stderr}`));
		const timer = setTimeout(() => {
			child.kill("SIGKILL");
			failed();
		}, START_MS_MAX);
		child.once("close", failed);
		child.stdout?.on("data", () => {
			if (!output.stdout.includes("Ctrl-C stops it")) return;
			clearTimeout(timer);
			resolve();
		});
	});
	const { stdout, stderr } = output;
	const url = /http:\/\/127\.0\.0\.1:\d+/.exec(stdout)?.[0] ?? "";
	const pid = child.pid ?? 0;
	return {
		url,
		port: Number(new URL(url).port),
		pid,
		stdout,
		stderr,
		token: /^TOKEN=(eyJ\S+)$/m.exec(stdout)?.[1] ?? "",
		curls: stdout.split("\n").filter((line) => line.startsWith("curl ")),
		stop: (signal = "SIGTERM", whole) => {
			process.kill(whole === "group" ? -pid : pid, signal);
			return end;
		},
	};
}

/** Whether something listens at the port. */
export const listens = (port: number) =>
	new Promise<boolean>((resolve) => {
		const socket = createConnection({ host: "127.0.0.1", port });
		socket.once("error", () => resolve(false));
		socket.once("connect", () => {
			socket.destroy();
			resolve(true);
		});
	});

let serial = 0;
const freshUser = () => `usr_test_${Date.now().toString(36)}${(serial++).toString(36)}`;

/** A caller of the server; a new user, unless told who. */
export async function newClient(server: Server, folder: string, user = freshUser()) {
	const client = new Client(server.url, await signToken(readSigner(folder), { subject: user }));
	return { user, client };
}
