import { z } from "zod";
import type { Runtime } from "../lib/runtime.ts";

/** The V8 inspector of Marksheet's isolate, in which the Worker, the objects and the consumer all live. */

const TARGET = "/core:user:marksheet";
/** Finer costs more, and V8 gives hardly more samples then. */
const SAMPLING_INTERVAL_US = 200;
const ANSWER_MS_MAX = 30_000;

/** Zero-based place in a script; negative and without an address for what is no script. */
const callFrameSchema = z.object({
	functionName: z.string(),
	url: z.string(),
	lineNumber: z.int(),
	columnNumber: z.int(),
});
export type CallFrame = z.output<typeof callFrameSchema>;

const profileSchema = z.object({
	nodes: z.array(z.object({ id: z.int(), callFrame: callFrameSchema, children: z.array(z.int()).optional() })),
	/** The node that was running at each sample. */
	samples: z.array(z.int()),
	/** Microseconds from the sample before. */
	timeDeltas: z.array(z.int()),
});
export type CpuProfile = z.output<typeof profileSchema>;

/** Where there is no result, workerd gives the question back. */
const answerSchema = z.object({
	id: z.int(),
	result: z.unknown().optional(),
	error: z.object({ message: z.string() }).optional(),
});

/** Runs `work` and says what the isolate did meanwhile. The runtime must have been started with `inspectorPort`. */
export async function profileOf<T>(
	{ miniflare }: Pick<Runtime, "miniflare">,
	work: () => Promise<T>,
): Promise<{ value: T; profile: CpuProfile }> {
	const socket = new WebSocket(new URL(TARGET, await miniflare.getInspectorURL()).href);
	try {
		await opened(socket);
		const ask = asker(socket);
		await ask("Profiler.enable");
		await ask("Profiler.setSamplingInterval", { interval: SAMPLING_INTERVAL_US });
		await ask("Profiler.start");
		const value = await work();
		const { profile } = z.object({ profile: profileSchema }).parse(await ask("Profiler.stop"));
		return { value, profile };
	} finally {
		socket.close();
	}
}

function opened(socket: WebSocket): Promise<void> {
	return new Promise((resolve, reject) => {
		socket.addEventListener("open", () => resolve());
		socket.addEventListener("error", () => reject(new Error("the inspector of Marksheet's isolate cannot be reached")));
	});
}

/** Asks and waits for the answer, one question at a time. @throws for a refusal, and when no answer comes */
function asker(socket: WebSocket) {
	let asked = 0;
	return (method: string, params: object = {}): Promise<unknown> => {
		const id = ++asked;
		const answer = new Promise<unknown>((resolve, reject) => {
			const late = setTimeout(() => reject(new Error(`the inspector does not answer ${method}`)), ANSWER_MS_MAX);
			const listen = ({ data }: MessageEvent) => {
				// What it tells unasked has no such number.
				const said = answerSchema.safeParse(JSON.parse(String(data)));
				if (said.data?.id !== id) return;
				clearTimeout(late);
				socket.removeEventListener("message", listen);
				if (said.data.error) reject(new Error(`${method}: ${said.data.error.message}`));
				else resolve(said.data.result);
			};
			socket.addEventListener("message", listen);
		});
		socket.send(JSON.stringify({ id, method, params }));
		return answer;
	};
}
