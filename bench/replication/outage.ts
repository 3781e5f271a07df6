import { ConsumerLog } from "../lib/consumer-log.ts";
import { Connections } from "../lib/http.ts";
import { runAll } from "../lib/load.ts";
import { attemptCall, publishQuizzes, userHeaders } from "../lib/marksheet.ts";
import { startMarksheet, temporaryFolder } from "../lib/runtime.ts";
import type { Size } from "./throughput.ts";

export interface Outage {
	/** Events that were written while the queue lost everything and nothing was applied. */
	events: number;
	/** From the start of the runtime until the catalog had them all; the shards' alarms find out that they are behind. */
	catch_up_s: number;
	/** From the first batch applied to the last. */
	applied_per_s: number;
}

const CLIENTS = 32;
const CATCH_UP_S_MAX = 300;

/** The worst outage: no consumer, every message lost, the process stopped. Then all comes back. */
export async function outage(bundle: string, { shards, attempts }: Size): Promise<Outage> {
	const folder = temporaryFolder();
	const before = await startMarksheet({ bundle, folder });
	const [quiz = ""] = await publishQuizzes(before.url, before.signer, 1);
	await before.stop();
	const lossy = await startMarksheet({ bundle, folder, changes: { queueConsumers: {} } });
	const users = await Promise.all(
		Array.from({ length: shards }, (_, index) => userHeaders(lossy.signer, `usr_lost${index}`)),
	);
	const connections = new Connections(lossy.url, CLIENTS);
	await runAll(CLIENTS, shards * attempts, async (index) => {
		await connections.expect(201, attemptCall(users[index % shards] ?? {}, quiz, index));
	});
	connections.close();
	await lossy.stop();
	const log = new ConsumerLog();
	const started = performance.now();
	const after = await startMarksheet({ bundle, folder, onLog: log.read });
	const events = shards * (attempts + 1);
	try {
		await log.reaches(1, CATCH_UP_S_MAX);
		const [first_at, first] = [log.last_at, log.applied];
		await log.reaches(events, CATCH_UP_S_MAX);
		const seconds = (log.last_at - first_at) / 1_000;
		return { events, catch_up_s: (log.last_at - started) / 1_000, applied_per_s: (events - first) / seconds };
	} finally {
		await after.stop();
	}
}
