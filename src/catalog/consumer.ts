import { z } from "zod";
import { utf8Bytes } from "../domain/canonical.ts";
import { type LogEvent, type Message as LogMessage, messageSchema, parseRow } from "../domain/events.ts";
import { APPLY_BYTES_MAX, FAILURE_RETRY_S, GAP_RETRY_S } from "../domain/limits.ts";
import { fold, type Poison, type Run } from "./fold.ts";
import { readCursors } from "./shards.ts";

/** What became of a batch, for the log and for tests. */
export interface BatchReport {
	messages: number;
	applied: number;
	duplicates: number;
	gaps: number;
	unreadable: number;
	failed: number;
	transactions: number;
	statements: number;
	rows_read: number;
	rows_written: number;
}

/** A run with the messages that brought it. They are acknowledged once the run is in the catalog, never before. */
interface Work {
	run: Run;
	bytes: number;
	messages: Message[];
}

/**
 * The receiver's half of the protocol: keeps the rows that follow each shard's cursor without a gap and applies them and
 * the cursor in one transaction. Whatever the queue does, each row is applied exactly once and in order. Acknowledges or
 * retries every message and never throws.
 */
export async function consume(db: D1Database, batch: MessageBatch, now: number): Promise<BatchReport> {
	const report: BatchReport = {
		...{ messages: batch.messages.length, applied: 0, duplicates: 0, gaps: 0, unreadable: 0, failed: 0 },
		...{ transactions: 0, statements: 0, rows_read: 0, rows_written: 0 },
	};
	const byShard = readable(batch.messages, report);
	try {
		const cursors = await readCursors(db, [...byShard.keys()]);
		const works = [...byShard].flatMap(([user, messages]) => plan(user, messages, cursors.get(user) ?? 0, report));
		for (const chunk of chunksOf(works)) await apply(db, chunk, now, report);
	} catch (error) {
		report.failed = batch.messages.length;
		console.error(JSON.stringify({ at: "consumer", error: String(error) }));
		for (const message of batch.messages) message.retry({ delaySeconds: FAILURE_RETRY_S });
	}
	return report;
}

type Pair = { message: Message; body: LogMessage };

function readable(messages: readonly Message[], report: BatchReport): Map<string, Pair[]> {
	const byShard = new Map<string, Pair[]>();
	for (const message of messages) {
		const parsed = messageSchema.safeParse(message.body);
		if (parsed.success) {
			const pairs = byShard.get(parsed.data.shard) ?? [];
			byShard.set(parsed.data.shard, [...pairs, { message, body: parsed.data }]);
		} else {
			report.unreadable++;
			console.error(JSON.stringify({ at: "consumer", unreadable: message.id, error: z.prettifyError(parsed.error) }));
			message.ack();
		}
	}
	return byShard;
}

/** Sorts one shard's messages into duplicates, gaps, and runs that follow the cursor and one another. */
function plan(user: string, pairs: Pair[], cursor: number, report: BatchReport): Work[] {
	const works: Work[] = [];
	let at = cursor;
	for (const { message, body } of pairs.sort((a, b) => a.body.first - b.body.first)) {
		if (body.last <= at) {
			report.duplicates++;
			// One that repeats rows of this very batch must wait for them: they may yet fail.
			const last = works.at(-1);
			if (body.last > cursor && last) last.messages.push(message);
			else message.ack();
		} else if (body.first > at + 1) {
			report.gaps++;
			message.retry({ delaySeconds: GAP_RETRY_S });
		} else {
			works.push({ run: runOf(user, body, at), bytes: utf8Bytes(JSON.stringify(body.rows)), messages: [message] });
			at = body.last;
		}
	}
	return works;
}

function runOf(user: string, body: LogMessage, cursor: number): Run {
	const events: LogEvent[] = [];
	const poison: Poison[] = [];
	body.rows.forEach((row, index) => {
		const seq = body.first + index;
		if (seq <= cursor) return;
		try {
			events.push(parseRow(row, seq));
		} catch (error) {
			poison.push({ seq, error: String(error), row: JSON.stringify(row) });
		}
	});
	return { user, from: cursor, to: body.last, hash: body.hash, events, poison };
}

/** Works in order, cut so that one transaction's parameters stay within the platform's bounds. */
function* chunksOf(works: readonly Work[]): Generator<Work[]> {
	let chunk: Work[] = [];
	let bytes = 0;
	for (const work of works) {
		if (chunk.length > 0 && bytes + work.bytes > APPLY_BYTES_MAX) {
			yield chunk;
			chunk = [];
			bytes = 0;
		}
		chunk.push(work);
		bytes += work.bytes;
	}
	if (chunk.length > 0) yield chunk;
}

/** The runs of one shard as one run, since a cursor moves only once in a transaction. */
function joined(works: readonly Work[]): Run[] {
	const runs = new Map<string, Run>();
	for (const { run } of works) {
		const earlier = runs.get(run.user);
		if (!earlier) runs.set(run.user, run);
		else {
			const events = [...earlier.events, ...run.events];
			runs.set(run.user, { ...run, from: earlier.from, events, poison: [...earlier.poison, ...run.poison] });
		}
	}
	return [...runs.values()];
}

/** What has nothing to do with the runs: the database is not there for the moment. */
const TRANSIENT = /network|overloaded|timeout|timed out|reset|unavailable/i;

/** One transaction. If it fails, it is tried in halves, so that one bad run does not stop the others. */
async function apply(db: D1Database, works: Work[], now: number, report: BatchReport): Promise<void> {
	try {
		const statements = fold(db, joined(works), now);
		report.transactions++;
		report.statements += statements.length;
		for (const { meta } of await db.batch(statements)) {
			report.rows_read += meta.rows_read;
			report.rows_written += meta.rows_written;
		}
		for (const { run, messages } of works) {
			report.applied += run.to - run.from;
			for (const message of messages) message.ack();
		}
	} catch (error) {
		const users = [...new Set(works.map((work) => work.run.user))];
		if (works.length > 1 && !TRANSIENT.test(String(error))) {
			const half = Math.ceil(works.length / 2);
			await apply(db, works.slice(0, half), now, report);
			await apply(db, works.slice(half), now, report);
			return;
		}
		report.failed += works.length;
		console.error(JSON.stringify({ at: "consumer", users: users.slice(0, 10), error: String(error) }));
		for (const { messages } of works) {
			for (const message of messages) message.retry({ delaySeconds: FAILURE_RETRY_S });
		}
	}
}
