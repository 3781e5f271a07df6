import type { LogRow } from "../../domain/log/chain.ts";
import { type LogEvent, readEvent } from "../../domain/log/events.ts";
import { type Heads, headsAfter, NO_HEADS } from "../engine/log.ts";
import type { Replaying } from "../engine/part.ts";
import { Difference, same } from "./difference.ts";

/** The state that the log gives: each row, as the part that wrote it reads it. */
export class Replay {
	/** The last row. */
	seq = 0;
	readonly #parts: readonly Replaying<unknown>[];
	#heads: Heads = NO_HEADS;

	constructor(parts: readonly Replaying<unknown>[]) {
		this.#parts = parts;
	}

	/** @throws Difference if the row does not fit the rows before it */
	row({ ledger_head, attempt_head, ...row }: LogRow & Heads): void {
		const { seq } = row;
		this.seq = seq;
		const event = eventOf(row);
		for (const part of this.#parts) part.row(event);
		this.#heads = headsAfter(this.#heads, event.kind, seq);
		same("log", seq, "ledger_head", ledger_head, this.#heads.ledger_head);
		same("log", seq, "attempt_head", attempt_head, this.#heads.attempt_head);
	}
}

/** @throws Difference where this release cannot read the row, or none can */
function eventOf({ body, ...row }: LogRow): LogEvent {
	const reading = readEvent({ ...row, body: JSON.parse(body) });
	if (reading.status === "read") return reading.event;
	const fault =
		reading.status === "ahead" ? `${reading.needs}: only a release that reads it can verify this log` : reading.error;
	throw new Difference("log", row.seq, fault);
}
