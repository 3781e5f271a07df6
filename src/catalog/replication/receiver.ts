import { isSampled } from "../../domain/log-lines.ts";
import { logLine, stopwatch, word } from "../../log-line.ts";
import { consume } from "./consumer.ts";
import { consumeDead } from "./dead-messages.ts";
import { Tally } from "./tally.ts";

const DEAD_LETTER_QUEUE = /-dead$/;
const tally = new Tally();

/**
 * What the Worker does with a batch of either queue, with a log line.
 * @param successShare of the batches with which nothing was wrong, how many have a line
 */
export async function receive(db: D1Database, batch: MessageBatch, now: number, successShare: number): Promise<void> {
	const elapsed = stopwatch();
	const isDead = DEAD_LETTER_QUEUE.test(batch.queue);
	const report = isDead ? await consumeDead(db, batch, now) : await consume(db, batch, now);
	const isWell =
		"applied" in report && report.failed + report.poisoned + report.unreadable + report.ahead + report.deferred === 0;
	if (!isWell || isSampled(successShare)) {
		const line = { at: "queue", queue: word(batch.queue), duration_ms: elapsed() } as const;
		if ("applied" in report) logLine("log", { ...line, ...report, request_ids: report.request_ids.map(word) });
		else logLine("log", { ...line, ...report });
	}
	if ("applied" in report) await tally.add(db, report, now);
}
