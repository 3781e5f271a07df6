import { z } from "zod";
import { utf8Bytes } from "../domain/canonical.ts";
import { type LogEvent, type Message as LogMessage, messageSchema, parseRow } from "../domain/events.ts";
import { FAILURE_RETRY_S, GAP_RETRY_S, TRACES_MAX } from "../domain/limits.ts";
import { type ApplyReport, applyAll, newApplyReport, type Work } from "./apply.ts";
import { keepMessages, type UnreadableMessage } from "./dead-messages.ts";
import type { Poison, Run } from "./fold.ts";
import { readCursors } from "./shards.ts";

/** What became of a batch. */
export interface BatchReport extends ApplyReport {
	messages: number;
	duplicates: number;
	gaps: number;
	unreadable: number;
	/** Of messages whose shard is just being wiped by a rebuild: they come again later. */
	held: number;
	/** The requests whose events are in the batch, as far as the shards still knew them. */
	request_ids: string[];
}

/**
 * The receiver's half of the protocol: keeps the rows that follow each shard's cursor without a gap and applies them and
 * the cursor in one transaction. Whatever the queue does, each row is applied exactly once and in order. Acknowledges or
 * retries every message and never throws.
 */
export async function consume(db: D1Database, batch: MessageBatch, now: number): Promise<BatchReport> {
	const counts = { messages: batch.messages.length, duplicates: 0, gaps: 0, unreadable: 0, held: 0, request_ids: [] };
	const report: BatchReport = { ...newApplyReport(), ...counts };
	const { byShard, unreadable } = sorted(batch.messages);
	await keepUnreadable(db, unreadable, report);
	for (const pairs of byShard.values()) for (const { body } of pairs) addTraces(report, body);
	try {
		const cursors = await readCursors(db, [...byShard.keys()]);
		const works = [...byShard].flatMap(([user, pairs]) => {
			const { seq, held } = cursors.get(user) ?? { seq: 0, held: false };
			return held ? hold(pairs, report) : plan(pairs, seq, report);
		});
		await applyAll(db, works, now, report);
	} catch (error) {
		report.failed = batch.messages.length;
		console.error(JSON.stringify({ at: "consumer", error: String(error) }));
		for (const { message } of [...byShard.values()].flat()) message.retry({ delaySeconds: FAILURE_RETRY_S });
	}
	return report;
}

type Pair = { message: Message; body: LogMessage };

function sorted(messages: readonly Message[]) {
	const byShard = new Map<string, Pair[]>();
	const unreadable: { message: Message; reason: string }[] = [];
	for (const message of messages) {
		const parsed = messageSchema.safeParse(message.body);
		if (parsed.success) {
			const pairs = byShard.get(parsed.data.shard) ?? [];
			byShard.set(parsed.data.shard, [...pairs, { message, body: parsed.data }]);
		} else unreadable.push({ message, reason: z.prettifyError(parsed.error) });
	}
	return { byShard, unreadable };
}

/** A message that cannot be read is acknowledged once it is kept; its shard sends the rows again. */
async function keepUnreadable(db: D1Database, unreadable: UnreadableMessage[], report: BatchReport): Promise<void> {
	if (unreadable.length === 0) return;
	report.unreadable = unreadable.length;
	try {
		await keepMessages(db, unreadable);
		for (const { message } of unreadable) message.ack();
	} catch (error) {
		console.error(JSON.stringify({ at: "consumer", step: "unreadable", error: String(error) }));
		for (const { message } of unreadable) message.retry({ delaySeconds: FAILURE_RETRY_S });
	}
}

function addTraces(report: BatchReport, { request_ids = [] }: LogMessage): void {
	for (const id of request_ids) {
		if (report.request_ids.length < TRACES_MAX && !report.request_ids.includes(id)) report.request_ids.push(id);
	}
}

function hold(pairs: readonly Pair[], report: BatchReport): Work[] {
	report.held += pairs.length;
	for (const { message } of pairs) message.retry({ delaySeconds: FAILURE_RETRY_S });
	return [];
}

/** Sorts one shard's messages into duplicates, gaps, and runs that follow the cursor and one another. */
function plan(pairs: Pair[], cursor: number, report: BatchReport): Work[] {
	const works: (Work & { messages: Message[] })[] = [];
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
			const messages = [message];
			const done = (applied: boolean) => {
				for (const each of messages) applied ? each.ack() : each.retry({ delaySeconds: FAILURE_RETRY_S });
			};
			works.push({ ...workOf(body, at, done), messages });
			at = body.last;
		}
	}
	return works;
}

/** The rows of a message that are past the cursor, which lies within it or right before it. */
export function workOf(body: LogMessage, cursor: number, done: Work["done"]): Work {
	return { run: runOf(body, cursor), bytes: utf8Bytes(JSON.stringify(body.rows)), done };
}

export function runOf(body: LogMessage, cursor: number): Run {
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
	return { user: body.shard, from: cursor, to: body.last, hash: body.hash, events, poison };
}
