import { type Generation, type GenerationStatus, generationStatus } from "../../domain/credits/generations.ts";
import type { HoldStatus } from "../../domain/credits/holds.ts";
import { seqOfId } from "../../domain/ids.ts";
import { SCAN_ROWS_MAX } from "../../domain/limits.ts";
import type { Bindable, Sql } from "../engine/sql.ts";

type Slices = { lot: string; amount: number }[];

/** A hold as clients read it: its record with the texts, slices as objects. */
export interface HoldRecord extends Omit<Generation, "slices" | "used"> {
	generation: GenerationStatus;
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
const RECORD_COLUMNS = `seq, id, status, amount, settled, refunded, returned, lapsed, shortfall, opened_at, expires_at,
	ended_at, record`;
export const HOLD_COLUMNS = `${RECORD_COLUMNS}, prompt, conversation`;

export function recordOf({ seq: _seq, record, prompt: _p, conversation: _c, ...columns }: HoldRow): Generation {
	return { ...JSON.parse(record), ...columns };
}

/** The values of RECORD_COLUMNS, in their order. */
function recordColumns(generation: Generation): Bindable[] {
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

/** Texts of a generation; they stay in the shard's tables. */
export const TEXTS = ["prompt", "conversation"] as const;
export type GenerationTexts = { [T in (typeof TEXTS)[number]]?: string | undefined };

/** The SQL of holds, open and ended. */
export class Holds {
	readonly #sql: Sql;

	constructor(sql: Sql) {
		this.#sql = sql;
	}

	/** @returns the hold as clients read it; the texts that it had already come from its row */
	save(record: Generation, { prompt, conversation }: GenerationTexts): HoldRecord {
		const kept = this.#sql.one<Pick<HoldRow, "prompt" | "conversation">>(
			`INSERT INTO holds (${HOLD_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
			ON CONFLICT (seq) DO UPDATE SET status = excluded.status, amount = excluded.amount, settled = excluded.settled,
				refunded = excluded.refunded, returned = excluded.returned, lapsed = excluded.lapsed,
				shortfall = excluded.shortfall, expires_at = excluded.expires_at, ended_at = excluded.ended_at,
				record = excluded.record, conversation = coalesce(excluded.conversation, conversation)
			RETURNING prompt, conversation`,
			...recordColumns(record),
			prompt ?? null,
			conversation ?? null,
		);
		return viewOf(record, kept ?? { prompt: null, conversation: null });
	}

	/** The record without its texts. */
	get(id: string): Generation | null {
		const query = `SELECT ${WITHOUT_TEXTS} FROM holds WHERE seq = ?`;
		const row = this.#sql.one<HoldRow>(query, seqOfId(id));
		return row?.id === id ? recordOf(row) : null;
	}

	/** The record with its texts, as clients read it. */
	view(id: string): HoldRecord | null {
		const row = this.#sql.one<HoldRow>(`SELECT ${HOLD_COLUMNS} FROM holds WHERE seq = ?`, seqOfId(id));
		return row?.id === id ? viewOf(recordOf(row), row) : null;
	}

	/** Newest first and without their texts, those before row `before`. Looks at no more than SCAN_ROWS_MAX rows; `next` is null at the end. */
	list(status: HoldStatus | undefined, before: number, limit: number): { items: HoldSummary[]; next: number | null } {
		const query = `SELECT ${HOLD_COLUMNS} FROM (SELECT ${WITHOUT_TEXTS} FROM holds WHERE seq < ? ORDER BY seq DESC LIMIT ?)
			WHERE ?3 IS NULL OR status = ?3 LIMIT ?4`;
		const scan = status ? SCAN_ROWS_MAX : limit + 1;
		const rows = this.#sql.all<HoldRow>(query, before, scan, status ?? null, limit + 1);
		const items = rows.slice(0, limit).map((row) => summaryOf(viewOf(recordOf(row), row)));
		if (rows.length > limit) return { items, next: rows[limit - 1]?.seq ?? null };
		const oldest = this.#sql.one<{ seq: number }>(
			"SELECT seq FROM holds WHERE seq < ? ORDER BY seq DESC LIMIT 1 OFFSET ?",
			before,
			scan - 1,
		);
		return { items, next: oldest?.seq ?? null };
	}
}

function viewOf(
	{ slices, used, ...record }: Generation,
	{ prompt, conversation }: Pick<HoldRow, "prompt" | "conversation">,
): HoldRecord {
	const shown = (list: Generation["slices"]) => list.map(([lot, amount]) => ({ lot, amount }));
	const generation = generationStatus(record);
	return { ...record, generation, slices: shown(slices), used: shown(used), prompt, conversation };
}

const WITHOUT_TEXTS = `${RECORD_COLUMNS}, NULL AS prompt, NULL AS conversation`;

export type HoldSummary = Omit<HoldRecord, "prompt" | "conversation">;

const summaryOf = ({ prompt: _p, conversation: _c, ...summary }: HoldRecord): HoldSummary => summary;
