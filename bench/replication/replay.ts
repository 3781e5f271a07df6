import type { Miniflare } from "miniflare";
import type { Message } from "../../src/domain/log/events.ts";
import { ConsumerLog } from "../lib/consumer-log.ts";
import { startMarksheet, temporaryFolder } from "../lib/runtime.ts";
import { sum } from "../lib/statistics.ts";

export interface Replay {
	batch_size: number;
	batches: number;
	applied: number;
	/** Per batch that was applied in one transaction; those that open shards have one more. */
	statements_min: number;
	statements_max: number;
	rows_written: number;
	rows_read: number;
	applied_per_s: number;
}

const LOG_S_MAX = 60;
/** Of one batch; the platform's limit. */
const MESSAGES_MAX = 100;

/** What shards have to say: the authors', which publish the quizzes, and then everybody's attempts. */
export interface Story {
	authors: Message[];
	takers: Message[];
}

/** Gives the messages to the consumer of a fresh catalog, `size` at a time, one batch after the other. */
export async function replay(bundle: string, { authors, takers }: Story, size: number): Promise<Replay> {
	const log = new ConsumerLog();
	const changes = { queueConsumers: {} };
	const server = await startMarksheet({ bundle, folder: temporaryFolder(), onLog: log.read, changes });
	try {
		const worker = await server.miniflare.getWorker();
		await give(worker, authors, MESSAGES_MAX);
		await log.reaches(eventsIn(authors), LOG_S_MAX);
		log.clear();
		const started = performance.now();
		await give(worker, takers, size);
		const seconds = (performance.now() - started) / 1_000;
		await log.reaches(eventsIn(takers), LOG_S_MAX);
		const statements = log.batches.map((batch) => batch.statements / batch.transactions);
		return {
			batch_size: size,
			batches: log.batches.length,
			applied: log.applied,
			applied_per_s: log.applied / seconds,
			statements_min: Math.min(...statements),
			statements_max: Math.max(...statements),
			rows_written: sum(log.batches.map((batch) => batch.rows_written)),
			rows_read: sum(log.batches.map((batch) => batch.rows_read)),
		};
	} finally {
		await server.stop();
	}
}

type Consumer = Awaited<ReturnType<Miniflare["getWorker"]>>;

async function give(worker: Consumer, messages: readonly Message[], size: number): Promise<void> {
	for (let from = 0; from < messages.length; from += size) {
		const batch = messages.slice(from, from + size).map((body, index) => ({
			id: `${from + index}`,
			timestamp: new Date(),
			attempts: 1,
			body,
		}));
		const { outcome } = await worker.queue("marksheet-log", batch);
		if (outcome !== "ok") throw new Error(`the batch from message ${from} ended with ${outcome}`);
	}
}

const eventsIn = (messages: readonly Message[]) => sum(messages.map(({ rows }) => rows.length));
