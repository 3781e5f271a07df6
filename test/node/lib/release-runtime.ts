import { join } from "node:path";
import { convertV4MiniflareOptions, Log, LogLevel, Miniflare } from "miniflare";
import { persistRoot } from "../../../dev/databases.ts";
import { filesIn, type PackedFile } from "../../../dev/pack.ts";
import { type Signer, secretsOf } from "../../../dev/signer.ts";
import { bundleIn, bundleWorker, workerOptions } from "../../../dev/worker.ts";

/** Any release's bundle on a state folder, which several take over from one another. */

export interface RunningRelease {
	url: string;
	/** What the platform's schedule brings every minute. */
	everyMinute(): Promise<void>;
	stop(): Promise<void>;
}

/** The modules of this checkout's Worker. */
export async function bundleOfNow(folder: string): Promise<PackedFile[]> {
	await bundleWorker(folder);
	return filesIn(bundleIn(folder)).filter(({ name }) => /\.(js|sql|bin)$/.test(name));
}

/** @param queue whether messages are consumed; without it they are lost, and their rows wait in the shards */
export async function startRelease(
	folder: string,
	signer: Signer,
	modules: readonly PackedFile[],
	{ queue = true } = {},
): Promise<RunningRelease> {
	const { options, vars } = workerOptions();
	const consumer = { maxBatchSize: 100, maxBatchTimeout: 0, maxRetries: 100, retryDelay: 1 };
	const root = join(folder, "release");
	const miniflare = new Miniflare(
		convertV4MiniflareOptions({
			...options,
			name: "marksheet",
			queueConsumers: queue ? { "marksheet-log": consumer, "marksheet-log-dead": consumer } : {},
			modulesRoot: root,
			// The first is what runs.
			modules: [...modules].sort(codeFirst).map((file) => moduleOf(root, file)),
			bindings: { ...vars, ...secretsOf(signer) },
			host: "127.0.0.1",
			port: 0,
			resourcePersistencePath: persistRoot(folder),
			cf: false,
			telemetry: { enabled: false },
			logRequests: false,
			log: new Log(LogLevel.NONE),
			handleStructuredLogs: () => {},
			unsafeTriggerHandlers: true,
		}),
	);
	const url = (await miniflare.ready).origin;
	return {
		url,
		everyMinute: async () => void (await (await miniflare.getWorker()).scheduled({ cron: "* * * * *" })),
		stop: () => miniflare.dispose(),
	};
}

const codeFirst = (a: PackedFile, b: PackedFile) => Number(b.name.endsWith(".js")) - Number(a.name.endsWith(".js"));

function moduleOf(root: string, { name, bytes }: PackedFile) {
	const path = join(root, name);
	if (name.endsWith(".bin")) return { type: "Data" as const, path, contents: bytes };
	const contents = Buffer.from(bytes).toString();
	return { type: name.endsWith(".sql") ? ("Text" as const) : ("ESModule" as const), path, contents };
}

/** The modules with one word of their code written otherwise wherever it stands, as a later release might have it. */
export function renamed(modules: readonly PackedFile[], from: string, to: string): PackedFile[] {
	return modules.map((file) => {
		if (!file.name.endsWith(".js")) return file;
		const code = Buffer.from(file.bytes).toString();
		if (!code.includes(from)) throw new Error(`${from} does not stand in the bundle`);
		return { ...file, bytes: Buffer.from(code.replaceAll(from, to)) };
	});
}
