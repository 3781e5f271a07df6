import { Connections } from "../lib/http.ts";
import { runAll } from "../lib/load.ts";
import { answersOf } from "../lib/marksheet.ts";
import { processorMs } from "../lib/processes.ts";
import { lean } from "../peers/all-d1/lean.ts";
import { naive } from "../peers/all-d1/naive.ts";
import { openAllD1 } from "../systems/all-d1.ts";
import { type Callee, GENERATION, generation, submission } from "../workloads/writes.ts";
import { type Kind, perOperation, sizeOf } from "./marksheet-usage.ts";
import { Meter } from "./meter.ts";
import type { Usage } from "./prices.ts";

const OPERATIONS = 200;
const USERS = 50;
/** Requests that a client makes for one of them. */
const REQUESTS: Record<Kind, number> = { attempt: 1, generation: 2 };

/** The same for the all-D1 forms, whose whole cost is in the Worker and in D1. */
export async function allD1Usage(form: "naive" | "lean", kind: Kind): Promise<{ usage: Usage; bytes: number }> {
	const { db, quiz, url, pid, stop } = await openAllD1(form, USERS);
	try {
		const meter = new Meter();
		const metered = meter.meterD1(db);
		const code = form === "lean" ? lean : naive;
		const run = async (index: number) => {
			const user = `user-${index % USERS}`;
			if (kind === "attempt") await code.submit(metered, user, { quiz, answers: answersOf(index), time_taken_s: 95 });
			else {
				const held = await code.reserve(metered, user, GENERATION.reserve);
				if (held === null) throw new Error(`${user} has no credits`);
				const { amount, tokens_used } = GENERATION.settle;
				await code.settle(metered, user, held.id, amount, tokens_used);
			}
		};
		for (let index = 0; index < USERS; index++) await run(index);
		const before = await sizeOf(db);
		meter.take();
		for (let index = 0; index < OPERATIONS; index++) await run(index);
		const bytes = ((await sizeOf(db)) - before) / OPERATIONS;
		const worker_cpu_ms = await processorTime({ url, pid, quiz }, kind);
		const usage = { ...meter.take(), worker_requests: REQUESTS[kind] * OPERATIONS, worker_cpu_ms };
		return { usage: perOperation(usage, OPERATIONS), bytes };
	} finally {
		await stop();
	}
}

/** Of as many operations over HTTP, counted as for Marksheet: the whole process, and so an upper bound. */
async function processorTime(server: { url: string; pid: number; quiz: string }, kind: Kind): Promise<number> {
	const connections = new Connections(server.url, 1);
	const callee: Callee = { quiz: server.quiz, headers: (n) => ({ Authorization: `user-${n}` }), settled_status: 200 };
	const operation = async (index: number) => {
		if (kind === "generation") await generation(callee, connections, index % USERS);
		else await connections.expect(201, submission(callee, index % USERS, index));
	};
	await runAll(1, OPERATIONS, operation);
	const before = processorMs([server.pid]);
	await runAll(1, OPERATIONS, operation);
	const after = processorMs([server.pid]);
	connections.close();
	return before === null || after === null ? 0 : after - before;
}
