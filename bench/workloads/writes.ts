import type { Call, Connections } from "../lib/http.ts";
import { answersOf } from "../lib/marksheet.ts";
import type { System } from "../systems/system.ts";

/** One operation of a workload against one system; `index` counts them, so that each differs. */
export type Operation = (system: System, connections: Connections, index: number) => Promise<void>;

export interface Workload {
	name: string;
	users: number;
	operation: Operation;
}

/** What a generator asks for and what it says when it is done. */
export const GENERATION = {
	reserve: {
		amount: 5,
		model: "bench-model",
		prompt: "Ten questions on the history of the printing press, for adults, single choice, with explanations.",
	},
	settle: { amount: 3, tokens_used: 1_200 },
};

/** What a workload must know of the system that it calls. */
export type Callee = Pick<System, "quiz" | "headers" | "settled_status">;

let keys = 0;
const keyed = (headers: Record<string, string>) => ({ ...headers, "Idempotency-Key": `bench-${keys++}` });

const submit =
	(users: number): Operation =>
	async (system, connections, index) => {
		await connections.expect(201, submission(system, index % users, index));
	};

/** What submits an attempt of user `n`. */
export function submission(system: Callee, n: number, index: number): Call {
	const body = { quiz: system.quiz, answers: answersOf(index), time_taken_s: 95 };
	return { method: "POST", path: "/v1/users/me/attempts", headers: keyed(system.headers(n)), body };
}

/** Reserves credits of user `n` and settles the hold: two requests, as a generator makes them. */
export async function generation(system: Callee, connections: Connections, n: number): Promise<void> {
	const headers = system.headers(n);
	const path = "/v1/users/me/credits/holds";
	const reserve: Call = { method: "POST", path, headers: keyed(headers), body: GENERATION.reserve };
	const { id }: { id: string } = JSON.parse(await connections.expect(201, reserve));
	const settle: Call = {
		...reserve,
		path: `${path}/${id}/settlement`,
		headers: keyed(headers),
		body: GENERATION.settle,
	};
	await connections.expect(system.settled_status, settle);
}

/** What changes something: by one user whom everybody is, and by many. */
export const writes = (users: number): Workload[] =>
	[1, users].flatMap((n) => {
		const who = n === 1 ? "one hot user" : `${n.toLocaleString("en-US")} users`;
		return [
			{ name: `submit an attempt, ${who}`, users: n, operation: submit(n) },
			{
				name: `reserve + settle, ${who}`,
				users: n,
				operation: (system: System, connections: Connections, index: number) =>
					generation(system, connections, index % n),
			},
		];
	});
