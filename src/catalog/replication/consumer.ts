import { utf8Bytes } from "../../domain/canonical.ts";
import { type Message as LogMessage, readMessage } from "../../domain/log/events.ts";
import { PLANS_MAX, TRACES_MAX } from "../../domain/log/limits.ts";
import { keepDelayS, redeliveryDelayS } from "../../domain/log/redelivery.ts";
import { logLine, reason, word } from "../../log-line.ts";
import { holdAt } from "./ahead.ts";
import { type ApplyReport, applyAll, newApplyReport, type Work } from "./apply.ts";
import { keepMessages, type UnreadableMessage } from "./dead-messages.ts";
import { type Ahead, type LogPosition, type Run, runOf } from "./runs.ts";
import { readCursors } from "./shards.ts";

/** What became of a batch. */
export interface BatchReport extends ApplyReport {
	messages: number;
	duplicates: number;
	gaps: number;
	unreadable: number;
	/** Of messages whose shard is just being wiped by a rebuild, which reads the log itself afterwards. */
	held: number;
	/** Of messages with rows, or of a version, that this release cannot read yet, and of those behind them. */
	ahead: number;
	/** Of messages that were acknowledged although their rows are not in the catalog: their shards send those again. */
	deferred: number;
	/** The requests whose events are in the batch, as far as the shards still knew them. */
	request_ids: string[];
}

const newBatchReport = (messages: number): BatchReport => ({
	...newApplyReport(),
	messages,
	duplicates: 0,
	gaps: 0,
	unreadable: 0,
	held: 0,
	ahead: 0,
	deferred: 0,
	request_ids: [],
});

/**
 * The receiver's half of the protocol: keeps the rows that follow each shard's cursor without a gap and applies them and
 * the cursor in one transaction. Whatever the queue does, each row is applied exactly once and in order. Acknowledges or
 * retries every message and never throws.
 */
export async function consume(db: D1Database, batch: MessageBatch, now: number): Promise<BatchReport> {
	const report = newBatchReport(batch.messages.length);
	const { pairs, unreadable } = sorted(batch.messages, report);
	await keepUnreadable(db, unreadable, now, report);
	for (const { body } of pairs) addTraces(report, body);
	let open = pairs;
	try {
		for (let plans = 0; open.length > 0 && plans < PLANS_MAX; plans++) open = await applyOnce(db, open, now, report);
	} catch (error) {
		logLine("error", { at: "consumer", error: reason(error) });
	}
	report.failed += open.length;
	for (const { message } of open) again(message, report);
	return report;
}

type Pair = { message: Message; body: LogMessage };

function sorted(messages: readonly Message[], report: BatchReport) {
	const pairs: Pair[] = [];
	const unreadable: UnreadableMessage[] = [];
	for (const message of messages) {
		const reading = readMessage(message.body);
		if (reading.status === "read") pairs.push({ message, body: reading.message });
		else if (reading.status === "unreadable") unreadable.push({ message, reason: reading.error });
		else {
			report.ahead++;
			logLine("warn", { at: "ahead", needs: reason(reading.needs) });
			leave(message, report);
		}
	}
	return { pairs, unreadable };
}

/** A message that cannot be read is acknowledged once it is kept; its shard sends the rows again. */
async function keepUnreadable(
	db: D1Database,
	unreadable: readonly UnreadableMessage[],
	now: number,
	report: BatchReport,
): Promise<void> {
	if (unreadable.length === 0) return;
	report.unreadable = unreadable.length;
	try {
		await keepMessages(db, unreadable, now);
		for (const { message } of unreadable) message.ack();
	} catch (error) {
		logLine("error", { at: "consumer", step: word("unreadable"), error: reason(error) });
		for (const { message } of unreadable) {
			message.retry({ delaySeconds: keepDelayS(message.attempts, Math.random()) });
		}
	}
}

function addTraces(report: BatchReport, { request_ids = [] }: LogMessage): void {
	for (const id of request_ids) {
		if (report.request_ids.length < TRACES_MAX && !report.request_ids.includes(id)) report.request_ids.push(id);
	}
}

/** Acknowledges what is not applied: the shard, whose alarm is armed for those rows, sends them again. */
function leave(message: Message, report: BatchReport): void {
	report.deferred++;
	message.ack();
}

/** Has the queue deliver it again soon, or leaves it to its shard. */
function again(message: Message, report: BatchReport): void {
	const delaySeconds = redeliveryDelayS(message.attempts, Math.random());
	if (delaySeconds === null) leave(message, report);
	else message.retry({ delaySeconds });
}

/**
 * Plans by the cursors as they are now, and applies that.
 * @returns what must be planned anew, since others have moved its cursors meanwhile
 * @throws if the cursors cannot be read; nothing has happened to the messages then
 */
async function applyOnce(db: D1Database, pairs: readonly Pair[], now: number, report: BatchReport): Promise<Pair[]> {
	const byShard = Map.groupBy(pairs, ({ body }) => body.shard);
	const cursors = await readCursors(db, [...byShard.keys()]);
	const moved: Pair[] = [];
	const holds: (Ahead & { user: string })[] = [];
	const works = [...byShard].flatMap(([user, own]) => {
		const { held, ...cursor } = cursors.get(user) ?? { seq: 0, hash: "", held: false };
		if (held) return hold(own, report);
		const { works, ahead } = plan(own, cursor, moved, report);
		if (ahead) holds.push({ user, ...ahead });
		return works;
	});
	await applyAll(db, works, now, report);
	await holdAt(db, holds, now);
	return moved;
}

/** While a shard is wiped, nothing of it is applied. */
function hold(pairs: readonly Pair[], report: BatchReport): Work[] {
	report.held += pairs.length;
	for (const { message } of pairs) leave(message, report);
	return [];
}

/**
 * Sorts one shard's messages into duplicates, gaps, runs that follow the cursor and one another, and what comes behind a row
 * that cannot be read yet.
 * @param moved where messages go whose cursor another has moved
 */
function plan(pairs: readonly Pair[], cursor: LogPosition, moved: Pair[], report: BatchReport) {
	const works: (Work & { pairs: Pair[] })[] = [];
	let at = cursor;
	let ahead: Ahead | null = null;
	for (const pair of [...pairs].sort((a, b) => a.body.first - b.body.first)) {
		const { message, body } = pair;
		if (body.last <= at.seq) {
			report.duplicates++;
			// One that repeats rows of this very batch must wait for them: they may yet fail.
			const last = works.at(-1);
			if (body.last > cursor.seq && last) last.pairs.push(pair);
			else message.ack();
		} else if (ahead) {
			report.ahead++;
			leave(message, report);
		} else if (body.first > at.seq + 1) {
			report.gaps++;
			again(message, report);
		} else {
			const run = runOf(body, at);
			ahead = run.ahead;
			if (ahead) report.ahead++;
			if (run.to > at.seq) works.push(newWork(run, pair, moved, report));
			else leave(message, report);
			at = { seq: run.to, hash: run.hash };
		}
	}
	return { works, ahead };
}

/** The message's run, with the messages that wait for it: its own, and those that repeat its rows. */
function newWork(run: Run, pair: Pair, moved: Pair[], report: BatchReport): Work & { pairs: Pair[] } {
	const pairs = [pair];
	const done: Work["done"] = (outcome) => {
		if (outcome === "moved") moved.push(...pairs);
		else for (const { message } of pairs) outcome === "applied" ? message.ack() : again(message, report);
	};
	return { run, bytes: rowsBytes(pair.body), done, pairs };
}

/** What the rows take within a transaction, about. */
export const rowsBytes = ({ rows }: LogMessage): number => utf8Bytes(JSON.stringify(rows));
