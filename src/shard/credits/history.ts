import { ANY_ENTRY } from "../../domain/credits/events.ts";
import type { Bucket, Totals } from "../../domain/credits/ledger.ts";
import type { Log } from "../engine/log.ts";

/** One line of the ledger, as clients read it. */
interface LedgerLine {
	seq: number;
	at: number;
	actor: string;
	kind: string;
	subject: string;
	balance_before: number;
	balance_after: number;
	postings: { lot: string; from: Bucket | "granted"; to: Bucket; amount: number }[];
	/** JSON text: the type of a call's result cannot be a recursive one. */
	detail: string;
}

/** The ledger, newest first: follows the chain of entries back from row `from`, or from the latest. */
export function ledgerEntries(
	log: Log,
	from: number | null,
	limit: number,
): { items: LedgerLine[]; next: number | null } {
	const items: LedgerLine[] = [];
	let seq = from ?? log.head()?.ledger_head ?? 0;
	while (seq > 0 && items.length < limit) {
		const entry = entryAt(log, seq);
		// Only a forged cursor leads to a row that is no entry.
		if (!entry) return { items, next: null };
		const { at, actor, kind, subject, balance_before, balance_after, postings, detail, previous } = entry;
		items.push({
			seq,
			at,
			actor,
			kind,
			subject,
			balance_before,
			balance_after,
			postings: postings.map(([lot, from, to, amount]) => ({ lot, from, to, amount })),
			detail: JSON.stringify(detail),
		});
		seq = previous;
	}
	return { items, next: seq > 0 ? seq : null };
}

/**
 * What the user had at the instant `at`. The caller has advanced the shard to the present, so that all that was due by
 * then is booked, at the instant when it was due.
 */
export function totalsAsOf(log: Log, at: number): Totals {
	const entry = entryAt(log, log.headAt("ledger_head", at));
	const [granted = 0, available = 0, held = 0, consumed = 0, expired = 0, voided = 0] = entry?.totals ?? [];
	return { granted, available, held, consumed, expired, voided };
}

/** The entry of the ledger in row `seq`, with the columns of the row; null where none is. */
function entryAt(log: Log, seq: number) {
	const row = log.row(seq);
	const { success, data } = ANY_ENTRY.safeParse(row && JSON.parse(row.body));
	return row && success ? { ...row, ...data } : null;
}
