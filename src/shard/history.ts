import type { EntryBody } from "../domain/events.ts";
import type { Totals } from "../domain/ledger.ts";
import type { Log } from "./log.ts";

/** One line of the ledger, as clients read it. */
interface LedgerLine {
	seq: number;
	at: number;
	actor: string;
	kind: string;
	subject: string;
	balance_before: number;
	balance_after: number;
	postings: { lot: string; from: string; to: string; amount: number }[];
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
		const row = log.row(seq);
		const body = entryBody(log, seq);
		// Only a forged cursor leads to a row that is no entry.
		if (!row || !body) return { items, next: null };
		const { balance_before, balance_after, postings, detail, previous } = body;
		items.push({
			seq,
			at: row.at,
			actor: row.actor,
			kind: row.kind,
			subject: row.subject,
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
	const body = entryBody(log, log.headAt("ledger_head", at));
	const [granted = 0, available = 0, held = 0, consumed = 0, expired = 0, voided = 0] = body?.totals ?? [];
	return { granted, available, held, consumed, expired, voided };
}

function entryBody(log: Log, seq: number): EntryBody | null {
	const row = log.row(seq);
	if (!row?.kind.startsWith("credits.")) return null;
	// Rows of these kinds have this body: the ledger wrote them.
	return JSON.parse(row.body) as EntryBody;
}
