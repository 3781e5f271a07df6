import type { Generation } from "../../domain/credits/generations.ts";
import { seqOfId } from "../../domain/ids.ts";
import type { Bindable } from "../engine/sql.ts";

type Slices = { lot: string; amount: number }[];

/** A hold as clients read it: its record with the texts, slices as objects. */
export interface HoldRecord extends Omit<Generation, "slices" | "used"> {
	generation: "pending" | "completed" | "failed";
	slices: Slices;
	used: Slices;
	prompt: string | null;
	conversation: string | null;
}

type Column =
	| ("id" | "status" | "amount" | "settled" | "refunded" | "returned" | "lapsed" | "shortfall")
	| ("opened_at" | "expires_at" | "ended_at");

/** A row of `holds`: what SQL checks as columns, the rest of the record as JSON. */
export type HoldRow = Pick<Generation, Column> & {
	seq: number;
	record: string;
	prompt: string | null;
	conversation: string | null;
};

/** The columns of what the log determines, and of a whole row. */
export const RECORD_COLUMNS = `seq, id, status, amount, settled, refunded, returned, lapsed, shortfall, opened_at, expires_at,
	ended_at, record`;
export const HOLD_COLUMNS = `${RECORD_COLUMNS}, prompt, conversation`;

export function recordOf({ seq: _seq, record, prompt: _p, conversation: _c, ...columns }: HoldRow): Generation {
	return { ...JSON.parse(record), ...columns };
}

/** The values of RECORD_COLUMNS, in their order. */
export function recordColumns(generation: Generation): Bindable[] {
	const {
		id,
		status,
		amount,
		settled,
		refunded,
		returned,
		lapsed,
		shortfall,
		opened_at,
		expires_at,
		ended_at,
		...record
	} = generation;
	const columns = [id, status, amount, settled, refunded, returned, lapsed, shortfall, opened_at, expires_at, ended_at];
	return [seqOfId(id), ...columns, JSON.stringify(record)];
}
