import { expect, test } from "vitest";
import { attribute, type FunctionTime } from "../../bench/profile/attribution.ts";
import type { CallFrame, CpuProfile } from "../../bench/profile/inspector.ts";
import { type Place, placesBy, SCRIPT } from "../../bench/profile/places.ts";
import { functionsTable, partsTable } from "../../bench/profile/tables.ts";

/** What bench:profile makes of a profile whose answer is known. */

type Tree = { [call: string]: Tree };

/** A profile whose functions are named "module function", sampled in the stacks that are named by their paths. */
function profiled(tree: Tree, samples: readonly string[], gaps: Record<number, number> = {}): CpuProfile {
	const nodes: CpuProfile["nodes"] = [];
	const ids = new Map<string, number>();
	const add = (functionName: string, below: Tree, path: string): number => {
		const id = nodes.length + 1;
		const node: CpuProfile["nodes"][number] = {
			id,
			callFrame: { functionName, url: "", lineNumber: -1, columnNumber: -1 },
		};
		nodes.push(node);
		ids.set(path, id);
		node.children = Object.entries(below).map(([name, next]) =>
			add(name, next, path === "" ? name : `${path} > ${name}`),
		);
		return id;
	};
	add("(root)", tree, "");
	const ran = samples.map((path) => ids.get(path) ?? Number.NaN);
	return { nodes, samples: ran, timeDeltas: samples.map((_, index) => gaps[index] ?? 100) };
}

function place({ functionName }: CallFrame): Place {
	if (functionName.startsWith("(")) return { kind: "engine", name: functionName };
	const [module = "", name = ""] = functionName.split(" ");
	if (module.startsWith("src/")) return { kind: "own", module, name };
	return name === "" ? { kind: "engine", name: module } : { kind: "library", module, name };
}

const timeOf = (functions: readonly FunctionTime[], name: string) => functions.find((each) => each.name === name);

test("time in the engine and in libraries is the nearest caller's of src, and inclusive time is all callers'", () => {
	const tree = {
		"src/shard/engine/runner.ts command": {
			"src/shard/engine/log.ts append": { exec: {}, "zod parse": { charCodeAt: {} } },
		},
	};
	const append = "src/shard/engine/runner.ts command > src/shard/engine/log.ts append";
	const samples = [
		append,
		`${append} > exec`,
		`${append} > zod parse > charCodeAt`,
		"src/shard/engine/runner.ts command",
	];
	const { busy_us, functions } = attribute(profiled(tree, samples), place, 2);
	expect(busy_us).toBe(200);
	expect(functions).toEqual([
		{ module: "src/shard/engine/runner.ts", name: "command", own_us: 50, inclusive_us: 200 },
		{ module: "src/shard/engine/log.ts", name: "append", own_us: 150, inclusive_us: 150 },
	]);
});

test("a function that calls itself is counted once", () => {
	const tree = { "src/a.ts depthOf": { "src/a.ts depthOf": { "src/a.ts depthOf": {} } } };
	const deep = "src/a.ts depthOf > src/a.ts depthOf > src/a.ts depthOf";
	const { functions } = attribute(profiled(tree, [deep, deep]), place, 1);
	expect(functions).toEqual([{ module: "src/a.ts", name: "depthOf", own_us: 200, inclusive_us: 200 }]);
});

test("idle time is nobody's, and while another isolate runs nobody is charged", () => {
	const tree = { "src/api/app.ts handle": { fetch: {} }, "(idle)": {} };
	const fetching = "src/api/app.ts handle > fetch";
	const samples = [fetching, "(idle)", "(idle)", fetching, "src/api/app.ts handle", fetching];
	// After a fetch the thread does something else for 20 ms; the first distance is from the start of the profile.
	const { busy_us, functions } = attribute(profiled(tree, samples, { 0: 9_000, 4: 20_000 }), place, 1);
	expect(busy_us).toBe(400);
	expect(timeOf(functions, "handle")).toMatchObject({ own_us: 400, inclusive_us: 400 });
});

test("who was at work is told by the outermost function that tells", () => {
	const tree = {
		"src/index.ts queue": {
			"src/catalog/replication/receiver.ts receive": { "src/catalog/quizzes/quizzes.ts write": {} },
		},
		"hono dispatch": { "src/api/app.ts handle": { "src/catalog/quizzes/quizzes.ts readQuiz": {} } },
		"src/shard/engine/publisher.ts #sendAll": { "zod parse": { "src/domain/log/events.ts check": {} } },
		"src/catalog/quizzes/quizzes.ts readQuiz": {},
		"(garbage collector)": {},
		"(program)": {},
	};
	const samples = [
		"src/index.ts queue > src/catalog/replication/receiver.ts receive > src/catalog/quizzes/quizzes.ts write",
		"hono dispatch > src/api/app.ts handle > src/catalog/quizzes/quizzes.ts readQuiz",
		"hono dispatch",
		"src/catalog/quizzes/quizzes.ts readQuiz",
		"src/shard/engine/publisher.ts #sendAll > zod parse > src/domain/log/events.ts check",
		"src/shard/engine/publisher.ts #sendAll",
		"(garbage collector)",
		"(program)",
		"(program)",
	];
	const { parts, busy_us } = attribute(profiled(tree, samples), place, 1);
	expect(parts).toEqual({ Worker: 300, object: 200, consumer: 100, "garbage collection": 100, runtime: 200 });
	expect(busy_us).toBe(900);
});

test("a frame of the bundle is found in its source, one of the runtime is not looked up", () => {
	const sources = ["../repo/src/shard/engine/log.ts", "../repo/node_modules/@hono/zod-openapi/src/index.ts"];
	// The second line of the bundle begins log.ts with the name `append`, the third the library; the first is the bundler's own.
	const map = {
		version: 3,
		file: SCRIPT,
		sources,
		sourcesContent: [],
		names: ["append"],
		mappings: ";AAAAA;ACAA",
		sourceRoot: "",
	};
	const find = placesBy(map, "/bundle", "/repo");
	const at = (functionName: string, lineNumber: number, url = SCRIPT) =>
		find({ functionName, url, lineNumber, columnNumber: 4 });
	const module = "src/shard/engine/log.ts";
	expect(at("append", 1)).toEqual({ kind: "own", module, name: "append" });
	expect(at("append2", 1)).toEqual({ kind: "own", module, name: "append" });
	expect(at("appendAll", 1)).toEqual({ kind: "own", module, name: "appendAll" });
	expect(at("", 1)).toEqual({ kind: "own", module, name: "line 1" });
	expect(at("parse", 2)).toEqual({ kind: "library", module: "@hono/zod-openapi", name: "parse" });
	expect(at("__name", 0)).toEqual({ kind: "engine", name: "__name" });
	expect(at("batch", 1, "cloudflare-internal:d1-api")).toEqual({ kind: "engine", name: "batch" });
});

test("tables show shares of the busy time, and as many functions as are asked for", () => {
	const parts = { Worker: 300, object: 500, consumer: 100, "garbage collection": 60, runtime: 40 };
	const functions = [
		{ module: "src/shard/engine/runner.ts", name: "command", own_us: 50, inclusive_us: 500 },
		{ module: "src/shard/engine/log.ts", name: "append", own_us: 240, inclusive_us: 250 },
	];
	const run = { workload: "submit", users: 100, seconds: 3, operations: 1_000, per_second: 333, process_us: null };
	const all = { ...run, busy_us: 1_000, parts, functions };
	expect(partsTable(all)).toMatch(/object +50\.0 % +500\n/);
	expect(functionsTable(all, "inclusive_us", 1)).toMatch(/command +50\.0 % +500 +5\.0 % +50$/);
	expect(functionsTable(all, "own_us", 1)).toMatch(/src\/shard\/engine\/log\.ts append +25\.0 % +250 +24\.0 % +240$/);
});
