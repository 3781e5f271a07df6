import type { ChildProcess } from "node:child_process";
import { subscribe } from "node:diagnostics_channel";
import { basename, join } from "node:path";
import { convertV4MiniflareOptions, Log, LogLevel, Miniflare, Response } from "miniflare";
import { bundle } from "../../../dev/bundle.ts";
import { migrateLocal, persistRoot } from "../../../dev/databases.ts";
import { guardAgainstOrphans } from "../../../dev/orphan-guard.ts";
import { ensureSigner, type Signer, secretsOf } from "../../../dev/signer.ts";
import { bundleWorker, modulesBeside, workerOptions } from "../../../dev/worker.ts";

/** Marksheet and the example of a generator beside it, bound to each other as in production, under one runtime. */

const MARKSHEET = "bundle";
const GENERATOR = "generator-bundle";

/** Bundles both Workers, migrates the databases, and makes the issuer of tokens. */
export async function prepare(folder: string): Promise<Signer> {
	guardAgainstOrphans();
	const generator = bundle(
		"examples/generator/wrangler.toml",
		join(folder, GENERATOR),
		"The generator cannot be built",
	);
	await Promise.all([bundleWorker(folder), generator, migrateLocal(folder)]);
	const { vars } = workerOptions();
	return await ensureSigner(folder, vars.TOKEN_ISSUER, vars.TOKEN_AUDIENCE);
}

export interface Runtime {
	/** Where Marksheet listens. */
	url: string;
	/** Calls the generator. */
	generate(init: {
		headers: Record<string, string>;
		body: string;
	}): Promise<{ status: number; body: unknown; replayed: boolean }>;
	/** Ends the runtime as a power cut would. */
	kill(): Promise<void>;
	stop(): Promise<void>;
}

/** A point in the generator's work, as the wall between it and Marksheet sees it. */
export type Point = `${"before" | "after"}-${"reserve" | "draft" | "settle" | "fill" | "release"}`;

/** May say that Marksheet is down at this point, for the draft or its content. */
export type At = (point: Point) => Promise<"down" | undefined>;

export interface RuntimeSettings {
	folder: string;
	signer: Signer;
	/** Settings of the generator. */
	bindings: Record<string, string>;
	/** Called at each point of a request to the generator; the work goes on once it returns. */
	at?: At;
}

export async function startRuntime({ folder, signer, bindings, at }: RuntimeSettings): Promise<Runtime> {
	const { options, vars } = workerOptions();
	const behind = at ? "wall" : "marksheet";
	const miniflare = new Miniflare(
		convertV4MiniflareOptions({
			host: "127.0.0.1",
			port: 0,
			resourcePersistencePath: persistRoot(folder),
			cf: false,
			telemetry: { enabled: false },
			logRequests: false,
			log: new Log(LogLevel.NONE),
			handleStructuredLogs: () => {},
			workers: [
				{
					...options,
					name: "marksheet",
					bindings: { ...vars, ...secretsOf(signer) },
					// As in wrangler.toml, but without the second that a batch waits for company.
					queueConsumers: { "marksheet-log": { maxBatchSize: 100, maxBatchTimeout: 0, maxRetries: 10, retryDelay: 1 } },
					...modulesIn(join(folder, MARKSHEET)),
				},
				{
					name: "generator",
					bindings,
					r2Buckets: { JOURNAL: "marksheet-generations" },
					compatibilityDate: "2026-10-20",
					compatibilityFlags: ["nodejs_compat"],
					serviceBindings: { CREDITS: { name: behind, entrypoint: "Credits" }, MARKSHEET: { name: behind } },
					...modulesIn(join(folder, GENERATOR)),
				},
				...(at ? [wall(at)] : []),
			],
		}),
	);
	const url = (await miniflare.ready).origin;
	const generator = await miniflare.getWorker("generator");
	const { fetch } = generator;
	return {
		url,
		generate: async (init) => {
			const response = await fetch("http://generator.test/generations", { method: "POST", ...init });
			const replayed = response.headers.get("Idempotent-Replayed") === "true";
			return { status: response.status, body: await response.json(), replayed };
		},
		kill: async () => {
			for (const program of programs.splice(0)) program.kill("SIGKILL");
			await miniflare.dispose();
		},
		stop: () => miniflare.dispose(),
	};
}

/** The workerd processes of this test file, which has a process of its own. */
const programs: ChildProcess[] = [];
subscribe("child_process", (message) => {
	const { process: child } = message as { process: ChildProcess };
	child.once("spawn", () => {
		if (basename(child.spawnfile).startsWith("workerd")) programs.push(child);
	});
});

/** Passes on every call, and tells the test before and after those that change something. */
const wall = (at: At) => ({
	name: "wall",
	modules: true as const,
	compatibilityDate: "2026-10-20",
	script: `
		import { WorkerEntrypoint } from "cloudflare:workers";
		const within = async (env, name, call) => {
			const { ok } = await env.AT.fetch("http://at/before-" + name);
			if (!ok) return new Response("down", { status: 503 });
			const result = await call();
			await env.AT.fetch("http://at/after-" + name);
			return result;
		};
		export class Credits extends WorkerEntrypoint {
			reserve(...args) { return within(this.env, "reserve", () => this.env.CREDITS.reserve(...args)); }
			settle(...args) { return within(this.env, "settle", () => this.env.CREDITS.settle(...args)); }
			release(...args) { return within(this.env, "release", () => this.env.CREDITS.release(...args)); }
			extend(...args) { return this.env.CREDITS.extend(...args); }
			refund(...args) { return this.env.CREDITS.refund(...args); }
		}
		export default {
			fetch: (request, env) => {
				const point = { POST: "draft", PUT: "fill" }[request.method];
				const call = () => env.MARKSHEET.fetch(request);
				return point ? within(env, point, call) : call();
			},
		};`,
	serviceBindings: {
		CREDITS: { name: "marksheet", entrypoint: "Credits" },
		MARKSHEET: { name: "marksheet" },
		AT: async (request: { url: string }) => {
			const said = await at(new URL(request.url).pathname.slice(1) as Point);
			return new Response(null, { status: said === "down" ? 503 : 200 });
		},
	},
});

function modulesIn(folder: string) {
	return {
		modulesRoot: folder,
		modules: [{ type: "ESModule" as const, path: join(folder, "index.js") }, ...modulesBeside(folder)],
	};
}
