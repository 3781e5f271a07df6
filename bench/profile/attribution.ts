import { quantile } from "../lib/statistics.ts";
import type { CallFrame, CpuProfile } from "./inspector.ts";
import type { Place } from "./places.ts";

/** What of the isolate's busy time each function of src/ is answerable for. */

/** Microseconds per operation. */
export interface FunctionTime {
	module: string;
	name: string;
	/** In itself and in what it calls of libraries and of the engine. */
	own_us: number;
	/** With what it calls of src/ too, up to its next `await`: what goes on after one has another stack. */
	inclusive_us: number;
}

export const PARTS = ["Worker", "object", "consumer", "garbage collection", "runtime"] as const;
/** Who was at work; `runtime` where no function on the stack tells. */
export type Part = (typeof PARTS)[number];

/** All in microseconds per operation. */
export interface Attribution {
	/** What is not idle. */
	busy_us: number;
	parts: Record<Part, number>;
	functions: FunctionTime[];
}

/**
 * Each sample counts the same, since a sample is taken every so many microseconds while the isolate runs, and none while another one
 * does (those of D1 and of the queue share its thread). So the time from one sample to the next is of no use: it may
 * be mostly of others. How long a sample stands for is their usual distance.
 * @param operations how many were done meanwhile
 */
export function attribute(profile: CpuProfile, placeOf: (frame: CallFrame) => Place, operations: number): Attribution {
	const stacks = stacksOf(profile, placeOf);
	const sample_us = usualDistance(profile) / operations;
	const functions = new Map<string, FunctionTime>();
	const parts: Record<Part, number> = { Worker: 0, object: 0, consumer: 0, "garbage collection": 0, runtime: 0 };
	let busy_us = 0;
	for (const id of profile.samples) {
		const stack = stacks.get(id) ?? [];
		if (isEngine(stack[0], "(idle)")) continue;
		busy_us += sample_us;
		parts[partOf(stack)] += sample_us;
		const own = stack.filter((place) => place.kind === "own");
		const [nearest] = own;
		if (nearest) entryOf(functions, nearest).own_us += sample_us;
		for (const entry of new Set(own.map((place) => entryOf(functions, place)))) entry.inclusive_us += sample_us;
	}
	return { busy_us, parts, functions: [...functions.values()].sort((a, b) => b.inclusive_us - a.inclusive_us) };
}

const usualDistance = ({ timeDeltas }: CpuProfile): number =>
	quantile(
		timeDeltas.slice(1).sort((a, b) => a - b),
		0.5,
	);

const isEngine = (place: Place | undefined, name: string) => place?.kind === "engine" && place.name === name;

/** The stack of each node, the innermost function first, without the root. */
function stacksOf({ nodes }: CpuProfile, placeOf: (frame: CallFrame) => Place): Map<number, Place[]> {
	const parents = new Map(nodes.flatMap(({ id, children = [] }) => children.map((child) => [child, id] as const)));
	const places = new Map(nodes.map(({ id, callFrame }) => [id, placeOf(callFrame)]));
	const stackOf = (id: number): Place[] => {
		const stack: Place[] = [];
		for (let at: number | undefined = id; at !== undefined; at = parents.get(at)) {
			const place = places.get(at);
			if (place && !isEngine(place, "(root)")) stack.push(place);
		}
		return stack;
	};
	return new Map(nodes.map(({ id }) => [id, stackOf(id)]));
}

function entryOf(functions: Map<string, FunctionTime>, { module, name }: Place & { kind: "own" }): FunctionTime {
	const key = `${module} ${name}`;
	const entry = functions.get(key) ?? { module, name, own_us: 0, inclusive_us: 0 };
	functions.set(key, entry);
	return entry;
}

/** Modules of the catalog that only the consumer goes on in after an `await`; in the others it is the Worker that reads. */
const CONSUMER = /^src\/catalog\/replication\/(receiver|consumer|apply|fold|tally|shards|dead-messages)\.ts$/;

/** By the outermost function that tells. Libraries are called from outside of src/ by the Worker only, Hono above all. */
function partOf(stack: readonly Place[]): Part {
	if (isEngine(stack[0], "(garbage collector)")) return "garbage collection";
	for (const place of stack.toReversed()) {
		if (place.kind === "library") return "Worker";
		if (place.kind === "engine") continue;
		if (place.module.startsWith("src/shard/")) return "object";
		if (CONSUMER.test(place.module)) return "consumer";
		// What is shared, and src/index.ts, through which all of them come in, tell nothing.
		if (/^src\/(api|catalog)\//.test(place.module)) return "Worker";
	}
	return stack.some(({ kind }) => kind === "own") ? "Worker" : "runtime";
}
