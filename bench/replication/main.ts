import { parseCommandLine } from "../../dev/command-line.ts";
import { run } from "../../dev/failure.ts";
import { guardAgainstOrphans } from "../../dev/orphan-guard.ts";
import { step } from "../../dev/progress.ts";
import { wholeNumber } from "../../dev/settings.ts";
import { bundleWorker } from "../../dev/worker.ts";
import { writeResults } from "../lib/results.ts";
import { temporaryFolder } from "../lib/runtime.ts";
import { type Replay, replay } from "./replay.ts";
import { liveTable, replayTable } from "./tables.ts";
import { throughput } from "./throughput.ts";

/**
 * How fast the catalog follows the shards, and what that costs it: attempts over HTTP through the real queue and consumer;
 * then the messages of those shards' logs given to the consumer in batches of 1, 10 and 100.
 */

const BATCH_SIZES = [1, 10, 100];

await run(async () => {
	const { values } = parseCommandLine({
		usage: "npm run bench:replication [-- OPTIONS]",
		about:
			"How fast the catalog follows the shards under load, and how fast it takes their logs in batches of 1, 10 and 100.",
		options: {
			shards: { type: "string", default: "500", about: "how many users" },
			attempts: { type: "string", default: "20", about: "how many attempts each" },
			quizzes: { type: "string", default: "10", about: "at how many quizzes" },
		},
	});
	const size = {
		shards: wholeNumber("shards", values.shards, 1, 100_000),
		attempts: wholeNumber("attempts", values.attempts, 1, 10_000),
		quizzes: wholeNumber("quizzes", values.quizzes, 1, 1_000),
	};
	guardAgainstOrphans();
	const bundle = temporaryFolder();
	await step(
		"building the Worker",
		() => bundleWorker(bundle),
		() => "Worker built",
	);
	const events = `${size.shards} shards of ${size.attempts} attempts each`;
	const { measured: live, story } = await step(
		`submitting ${events}`,
		() => throughput(bundle, size),
		() => "live load measured",
	);
	const replays: Replay[] = [];
	for (const batch of BATCH_SIZES) {
		replays.push(
			await step(
				`replaying in batches of ${batch}`,
				() => replay(bundle, story, batch),
				() => `batches of ${batch} measured`,
			),
		);
	}
	console.log(`\n${liveTable(live)}\n\n${replayTable(replays)}`);
	writeResults("replication", { size, live, replays });
});
