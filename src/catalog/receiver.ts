import { consume } from "./consumer.ts";
import { consumeDead } from "./dead-messages.ts";
import { Tally } from "./tally.ts";

const DEAD_LETTER_QUEUE = /-dead$/;
const tally = new Tally();

/** What the Worker does with a batch of either queue; one log line for each. */
export async function receive(db: D1Database, batch: MessageBatch, now: number): Promise<void> {
	const isDead = DEAD_LETTER_QUEUE.test(batch.queue);
	const report = isDead ? await consumeDead(db, batch, now) : await consume(db, batch, now);
	console.log(JSON.stringify({ at: "queue", queue: batch.queue, ...report }));
	if ("applied" in report) await tally.add(db, report, now);
}
