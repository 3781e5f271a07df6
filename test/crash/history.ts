/** What a call does; each has one kind of effect on its user's log. */
export type Operation =
	| "grant"
	| "reserve"
	| "settle"
	| "release"
	| "extend"
	| "attempt"
	| "create"
	| "revise"
	| "publish"
	| "withdraw";

export interface Request {
	operation: Operation;
	user: string;
	method: "POST" | "PUT" | "DELETE";
	/** Below `/v1/users/me`. */
	path: string;
	body: Record<string, unknown> | null;
	/** Idempotency-Key; null where the method repeats safely by itself. */
	key: string | null;
	/** Condition of the change, for If-Match. */
	etag?: string;
	/** Seconds to wait for the catalog. */
	wait_s?: number;
}

export interface Answer {
	status: number;
	/** Sync-Seq; null where there was none. */
	seq: number | null;
	replayed: boolean;
	/** Whether it says that it waited for the catalog as long as was asked for, and that the catalog has it (Preference-Applied). */
	waited: boolean;
	body: Record<string, unknown>;
}

/** One request that was sent, and what came of it. Times are milliseconds of the harness's own clock. */
export interface Call {
	request: Request;
	round: number;
	writer: number;
	started: number;
	/** When the answer was there, or the wait for it over. */
	ended: number;
	/** Null if none came: killed, given up, or a 5xx, which leaves open what was done. */
	answer: Answer | null;
	/** How it ended where there is no answer. */
	lost?: string;
	/** The status, where it was a 5xx. */
	server_error?: number;
}

/** The number of whoever repeats everything at the end, when there are no faults any more. */
export const REPEATER = -1;

/** Round 0 furnishes the world, before there are faults. */
export const isUnderFaults = ({ round, writer }: Pick<Call, "round" | "writer">): boolean =>
	round > 0 && writer !== REPEATER;

/** Every call of a run with its answer, in the order in which they ended. */
export class History {
	readonly calls: Call[] = [];
	readonly #byKey = new Map<string, Call[]>();

	add(call: Call): void {
		this.calls.push(call);
		const { key } = call.request;
		if (key === null) return;
		const same = this.#byKey.get(key);
		if (same) same.push(call);
		else this.#byKey.set(key, [call]);
	}

	/** The calls of each key, first to last. */
	get keyed(): ReadonlyMap<string, readonly Call[]> {
		return this.#byKey;
	}

	/** The calls without a key. */
	get unkeyed(): Call[] {
		return this.calls.filter(({ request }) => request.key === null);
	}
}

/** A success that says that the thing was done. */
export const isDone = (answer: Answer | null): answer is Answer => answer !== null && answer.status < 300;
