import { nextDue } from "../domain/due.ts";
import { EVENT_BODIES, entryOf, isEntryKind, needsOf } from "../domain/events.ts";
import { type Generation, recordAfter } from "../domain/generations.ts";
import {
	type Account,
	book,
	type Entry,
	type EntryKind,
	emptyAccount,
	isClosed,
	type Lot,
	lotsOf,
} from "../domain/ledger.ts";
import { changeOf, isReactionKind } from "../domain/reactions.ts";
import type { Attempts } from "./attempts.ts";
import { Difference, readable, same, sameColumns, sameJson } from "./difference.ts";
import type { FeedRow, Heads } from "./log.ts";
import { MediaReplay } from "./media-verification.ts";
import { QuizReplay } from "./quiz-replay.ts";
import { SharingReplay } from "./replay-sharing.ts";

/** What the clock alone books; such an entry must be the one that was due. */
const BY_CLOCK = new Set<EntryKind>([
	...["credits.activated", "credits.lot_expired", "credits.hold_expired", "credits.expiring_soon"],
	...["credits.plan_renewed", "credits.rolled_over"],
] as EntryKind[]);

type StoredAttempts = Pick<Attempts, "event">;

/** The state that the log gives: every entry is booked again. */
export class Replay {
	account: Account = emptyAccount();
	readonly closed = new Map<string, Lot>();
	readonly holds = new Map<string, Generation>();
	attempts = 0;
	readonly #stored: StoredAttempts;
	readonly authored = new QuizReplay();
	readonly sharing = new SharingReplay();
	/** By `kind quiz`. */
	readonly reactions = new Map<string, { seq: number; at: number }>();
	readonly media = new MediaReplay();
	owner: { user_id: string; tenant_id: string; opened_at: number } | null = null;
	seq = 0;
	#ledgerHead = 0;
	#attemptHead = 0;

	/** Attempts are compared as their rows come, so that they need not be kept. */
	constructor(stored: StoredAttempts) {
		this.#stored = stored;
	}

	/** @throws Difference if the row does not fit the rows before it */
	row(row: FeedRow & Heads): void {
		this.seq = row.seq;
		const needs = needsOf(row.kind, JSON.parse(row.body));
		if (needs !== null)
			throw new Difference("log", row.seq, `${needs}: only a release that reads it can verify this log`);
		if (isEntryKind(row.kind)) {
			this.#ledgerHead = row.seq;
			this.#entry(row, row.kind);
		} else this.#event(row);
		if (row.kind === "attempt.submitted") this.#attemptHead = row.seq;
		same("log", row.seq, "ledger_head", row.ledger_head, this.#ledgerHead);
		same("log", row.seq, "attempt_head", row.attempt_head, this.#attemptHead);
	}

	#entry(row: FeedRow, kind: EntryKind): void {
		const body = EVENT_BODIES[kind].parse(JSON.parse(row.body));
		const entry = entryOf(kind, row.subject, body);
		const reopened = lotsOf(entry).flatMap((lot) => this.closed.get(lot) ?? []);
		for (const { id } of reopened) this.closed.delete(id);
		const before = { ...this.account, lots: [...this.account.lots, ...reopened] };
		if (BY_CLOCK.has(kind)) wasDue(this.account, entry, row);
		const after = book(before, entry, row.seq, row.at);
		same("log", row.seq, "previous", body.previous, before.last_entry);
		same("log", row.seq, "balance_before", body.balance_before, before.totals.available);
		same("log", row.seq, "balance_after", body.balance_after, after.totals.available);
		for (const lot of after.lots.filter(isClosed)) this.closed.set(lot.id, lot);
		this.account = { ...after, lots: after.lots.filter((lot) => !isClosed(lot)) };
		const record = recordAfter(this.holds.get(row.subject) ?? null, entry, row.at);
		if (record) this.holds.set(record.id, record);
	}

	#event({ kind, at, seq, body: text }: FeedRow): void {
		const body = JSON.parse(text);
		if (kind === "shard.opened") this.owner = { user_id: body.user, tenant_id: body.tenant, opened_at: at };
		if (kind === "attempt.submitted") {
			this.attempts++;
			const stored = readable("attempts", seq, () => this.#stored.event(seq));
			sameColumns("attempts", seq, stored, { ...body, submitted_at: at });
		}
		if (isReactionKind(kind)) {
			const { reaction, by } = changeOf(kind);
			if (by === 1) this.reactions.set(`${reaction} ${body.quiz}`, { seq, at });
			else this.reactions.delete(`${reaction} ${body.quiz}`);
		} else if (kind.startsWith("quiz.")) this.authored.row(kind, body, at, seq);
		if (kind.startsWith("media.")) this.media.row(kind, body, seq, at);
		this.sharing.row(kind, body, seq, at);
	}
}

function wasDue(account: Account, entry: Entry, row: FeedRow): void {
	const due = nextDue(account);
	if (!due || due.at > row.at) throw new Difference("log", row.seq, `${entry.kind} was not due`);
	const { kind, subject, postings } = due.entry(entry.opensLot?.id ?? "");
	sameJson(
		"log",
		row.seq,
		{ kind: entry.kind, subject: entry.subject, postings: entry.postings },
		{ kind, subject, postings },
	);
}
