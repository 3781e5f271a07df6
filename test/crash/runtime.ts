import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { createConnection } from "node:net";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { Failure } from "../../dev/failure.ts";
import type { Batching } from "../../dev/worker.ts";
import { CONTROL_PATH, type FaultPlan } from "./plan.ts";
import type { Borne } from "./worker/faults.ts";

const START_MS_MAX = 60_000;
const GONE_MS_MAX = 10_000;

/** The whole runtime as a process group of its own. */
export class Runtime {
	readonly url: string;
	readonly #child: ChildProcess;
	#killed = false;

	private constructor(child: ChildProcess, url: string) {
		this.#child = child;
		this.url = url;
	}

	/**
	 * @param batching how messages come together in batches; what wrangler.toml says, unless told
	 * @throws Failure if it does not come up
	 */
	static async start(folder: string, batching?: Batching): Promise<Runtime> {
		const args = [folder, ...(batching ? [JSON.stringify(batching)] : [])];
		const child = fork(join(import.meta.dirname, "child.ts"), args, {
			detached: true,
			stdio: ["ignore", "ignore", "pipe", "ipc"],
			execArgv: ["--disable-warning=ExperimentalWarning"],
		});
		let errors = "";
		child.stderr?.setEncoding("utf8").on("data", (text: string) => {
			errors += text;
		});
		const signal = AbortSignal.timeout(START_MS_MAX);
		try {
			const [said] = await Promise.race([once(child, "message", { signal }), once(child, "exit", { signal })]);
			if (typeof said === "string" && URL.canParse(said)) return new Runtime(child, said);
			throw new Error("it ended");
		} catch (error) {
			child.kill("SIGKILL");
			throw new Failure(`The runtime does not start: ${String(error)}\n${errors}`);
		}
	}

	/** Whether it is as it should be; it is not if it ended without having been killed. */
	get isUp(): boolean {
		return !this.#killed && this.#child.exitCode === null && this.#child.signalCode === null;
	}

	async begin(plan: FaultPlan): Promise<void> {
		await fetch(this.url + CONTROL_PATH, { method: "POST", body: JSON.stringify(plan) });
	}

	/** What the Worker has borne so far. */
	async borne(): Promise<Borne> {
		const response = await fetch(this.url + CONTROL_PATH);
		// The answer of the Worker around the product, which is of this very checkout.
		return (await response.json()) as Borne;
	}

	/** Kills Node and workerd at once, as a power cut would, and waits until neither is there. */
	async kill(): Promise<void> {
		if (!this.isUp) throw new Failure("The runtime has ended on its own.");
		this.#killed = true;
		const end = once(this.#child, "exit");
		process.kill(-(this.#child.pid ?? 0), "SIGKILL");
		await end;
		const deadline = performance.now() + GONE_MS_MAX;
		while (await listens(Number(new URL(this.url).port))) {
			if (performance.now() > deadline) throw new Failure("The runtime is still there after SIGKILL.");
			await pause(10);
		}
	}

	/** For the end, however it comes. */
	discard(): void {
		if (this.isUp) process.kill(-(this.#child.pid ?? 0), "SIGKILL");
		this.#killed = true;
	}
}

const listens = (port: number) =>
	new Promise<boolean>((resolve) => {
		const socket = createConnection({ host: "127.0.0.1", port });
		socket.once("error", () => resolve(false));
		socket.once("connect", () => {
			socket.destroy();
			resolve(true);
		});
	});
