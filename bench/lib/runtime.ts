import type { ChildProcess } from "node:child_process";
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { convertV4MiniflareOptions, Log, LogLevel, Miniflare } from "miniflare";
import { migrateLocal, persistRoot } from "../../dev/databases.ts";
import { HOST } from "../../dev/port.ts";
import { ensureSigner, type Signer, secretsOf } from "../../dev/signer.ts";
import { bundleIn, modulesBeside, UNLIMITED, workerOptions } from "../../dev/worker.ts";

/** What Miniflare takes, in the shape that wrangler gives a Worker's settings in. */
type Options = Parameters<typeof convertV4MiniflareOptions>[0];

/** A Worker in a workerd process of its own. */
export interface Runtime {
	url: string;
	miniflare: Miniflare;
	/** The process, whose memory and processor time can be read. */
	pid: number;
	stop(): Promise<void>;
}

const atExit: (() => void)[] = [];

/** Has something done when the benchmark ends, be it by a failure or a signal. */
export function whenDone(work: () => void): void {
	if (atExit.length === 0) {
		process.once("exit", () => atExit.reverse().map((each) => each()));
		for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.once(signal, () => process.exit(1));
	}
	atExit.push(work);
}

/** A folder that is gone when the benchmark ends. */
export function temporaryFolder(): string {
	const folder = mkdtempSync(join(tmpdir(), "marksheet-bench-"));
	whenDone(() => rmSync(folder, { recursive: true, force: true }));
	return folder;
}

/** Starts a Worker with its state in `folder`. What it logs goes to `onLog`. */
export async function startRuntime(
	options: Options,
	folder: string,
	onLog: (level: string, message: string) => void = logErrors,
): Promise<Runtime> {
	const pid = nextWorkerd();
	const miniflare = new Miniflare(
		convertV4MiniflareOptions({
			...options,
			host: HOST,
			port: 0,
			resourcePersistencePath: persistRoot(folder),
			cf: false,
			logRequests: false,
			telemetry: { enabled: false },
			log: new Log(LogLevel.NONE),
			handleStructuredLogs: ({ level, message }) => onLog(level, message),
		}),
	);
	const { origin } = await miniflare.ready;
	return { url: origin, miniflare, pid: pid(), stop: () => miniflare.dispose() };
}

/** A bundle's modules as Miniflare takes them. */
export function modulesOf(folder: string, main: string) {
	return [{ type: "ESModule" as const, path: join(folder, main) }, ...modulesBeside(folder)];
}

/** A benchmark whose Worker fails must not look like a fast one. */
export function logErrors(level: string, message: string): void {
	if (level === "error") console.error(`the Worker logged: ${message}`);
}

/** The number of the workerd process that is started next. */
function nextWorkerd(): () => number {
	let pid = 0;
	const listener = (message: unknown) => {
		// The channel's messages are untyped; node documents that they hold the new process.
		const { process: child } = message as { process: ChildProcess };
		child.once("spawn", () => {
			if (basename(child.spawnfile).startsWith("workerd")) pid = child.pid ?? 0;
		});
	};
	subscribe("child_process", listener);
	return () => {
		unsubscribe("child_process", listener);
		if (pid === 0) throw new Error("no workerd was started");
		return pid;
	};
}

export interface MarksheetSettings {
	/** Where bundleWorker() has put the bundle. */
	bundle: string;
	/** State; migrated here. */
	folder: string;
	onLog?: (level: string, message: string) => void;
	/** Changes to what wrangler.toml says, for instance no consumers. */
	changes?: Record<string, unknown>;
	/** The bundle's entry, where it is not that of Marksheet itself. */
	main?: string;
}

/** Marksheet as `npm start` runs it, with all that wrangler.toml says. */
export async function startMarksheet(settings: MarksheetSettings): Promise<Runtime & { signer: Signer }> {
	const { bundle, folder, onLog = logErrors, changes = {}, main = "index.js" } = settings;
	await migrateLocal(folder);
	const { options, vars } = workerOptions();
	const signer = await ensureSigner(folder, vars.TOKEN_ISSUER, vars.TOKEN_AUDIENCE);
	const worker = {
		...options,
		name: "marksheet",
		modulesRoot: bundleIn(bundle),
		modules: modulesOf(bundleIn(bundle), main),
		bindings: { ...vars, ...UNLIMITED, ...secretsOf(signer) },
		unsafeTriggerHandlers: true,
		...changes,
	};
	return { ...(await startRuntime(worker, folder, onLog)), signer };
}
