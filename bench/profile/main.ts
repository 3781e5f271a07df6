import { Misuse, parseCommandLine } from "../../dev/command-line.ts";
import { run } from "../../dev/failure.ts";
import { guardAgainstOrphans } from "../../dev/orphan-guard.ts";
import { step } from "../../dev/progress.ts";
import { ROOT, wholeNumber } from "../../dev/settings.ts";
import { bundleIn, bundleWorker } from "../../dev/worker.ts";
import { Connections } from "../lib/http.ts";
import { runAll, runFor } from "../lib/load.ts";
import { processorMs } from "../lib/processes.ts";
import { writeResults } from "../lib/results.ts";
import { temporaryFolder } from "../lib/runtime.ts";
import { type MarksheetSystem, startMarksheetSystem } from "../systems/marksheet.ts";
import { generation, type Operation, submission } from "../workloads/writes.ts";
import { attribute } from "./attribution.ts";
import { profileOf } from "./inspector.ts";
import { placesIn } from "./places.ts";
import { functionsTable, type Profiled, partsTable } from "./tables.ts";

/** Where the processor time of a command goes, by function of src/: a CPU profile of Marksheet's isolate under load. */

const CLIENTS = 16;
const WARM_UP_S = 2;
/** Any free one. */
const INSPECTOR_PORT = 0;
const FUNCTIONS_SHOWN = 30;

const workloads = new Map<string, (users: number) => Operation>([
	[
		"submit",
		(users) => async (system, connections, index) => {
			await connections.expect(201, submission(system, index % users, index));
		},
	],
	["generation", (users) => (system, connections, index) => generation(system, connections, index % users)],
]);

const COMMAND = {
	usage: "npm run bench:profile [-- OPTIONS]",
	about:
		"Where the processor time of a command goes, by function of src/: a CPU profile of Marksheet's isolate under load.",
	options: {
		workload: { type: "string", default: "submit", about: `one of ${[...workloads.keys()].join(", ")}` },
		users: { type: "string", default: "1", about: "whose shards are written to, up to 1000" },
		seconds: { type: "string", default: "5", about: "how long, up to 60" },
	},
} as const;

interface Settings {
	workload: string;
	users: number;
	seconds: number;
	operation: Operation;
}

function settings(): Settings {
	const { values } = parseCommandLine(COMMAND);
	const { workload } = values;
	const users = wholeNumber("users", values.users, 1, 1_000);
	const seconds = wholeNumber("seconds", values.seconds, 1, 60);
	const operation = workloads.get(workload)?.(users);
	if (!operation) throw new Misuse(`--workload is "${workload}".`, COMMAND);
	return { workload, users, seconds, operation };
}

await run(async () => {
	const chosen = settings();
	guardAgainstOrphans();
	const bundle = temporaryFolder();
	await step(
		"building the Worker",
		() => bundleWorker(bundle),
		() => "Worker built",
	);
	const system = await startMarksheetSystem(bundle, chosen.users, { inspectorPort: INSPECTOR_PORT });
	try {
		const profiled = await step(
			`profiling ${chosen.workload}`,
			() => profile(system, bundleIn(bundle), chosen),
			({ operations }) => `${operations} operations profiled`,
		);
		console.log(`\n${partsTable(profiled)}`);
		for (const by of ["inclusive_us", "own_us"] as const) {
			console.log(`\n${functionsTable(profiled, by, FUNCTIONS_SHOWN)}`);
		}
		console.log("\nThe profiler itself costs time: shares count, microseconds do not.");
		writeResults("profile", profiled);
	} finally {
		await system.stop();
	}
});

async function profile(system: MarksheetSystem, folder: string, settings: Settings): Promise<Profiled> {
	const { workload, users, seconds, operation } = settings;
	const connections = new Connections(system.url, CLIENTS);
	try {
		const submit = (index: number) => operation(system, connections, index);
		await runAll(CLIENTS, users, submit);
		await runFor(CLIENTS, WARM_UP_S, submit);
		const { value, profile } = await profileOf(system, async () => {
			const before = processorMs(system.processes);
			const done = await runFor(CLIENTS, seconds, submit);
			const after = processorMs(system.processes);
			return { ...done, processor_ms: before === null || after === null ? null : after - before };
		});
		const { operations, per_second, processor_ms } = value;
		const process_us = processor_ms === null ? null : (processor_ms * 1_000) / operations;
		const times = attribute(profile, placesIn(folder, ROOT), operations);
		return { workload, users, seconds, operations, per_second, process_us, ...times };
	} finally {
		connections.close();
	}
}
