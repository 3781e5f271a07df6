import type { LogRow } from "../domain/chain.ts";
import { nextDue } from "../domain/due.ts";
import { entryOf, isEntry, type LogEvent, readEvent } from "../domain/events.ts";
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
import { changeOf } from "../domain/reactions.ts";
import { unreachable } from "../domain/unreachable.ts";
import type { Attempts } from "./attempts.ts";
import { Difference, readable, same, sameColumns, sameJson } from "./difference.ts";
import type { Heads } from "./log.ts";
import { MediaReplay } from "./media-verification.ts";
import { QuizReplay } from "./quiz-replay.ts";
import { SharingReplay } from "./replay-sharing.ts";

/** What the clock alone books; such an entry must be the one that was due. */
const IS_BY_CLOCK: Readonly<Record<EntryKind, boolean>> = {
	"credits.granted": false,
	"credits.activated": true,
	"credits.voided": false,
	"credits.lot_expired": true,
	"credits.expiring_soon": true,
	"credits.held": false,
	"credits.extended": false,
	"credits.settled": false,
	"credits.released": false,
	"credits.hold_expired": true,
	"credits.refunded": false,
	"credits.plan_set": false,
	// By command, and by the clock after that.
	"credits.plan_ended": false,
	"credits.plan_renewed": true,
	"credits.rolled_over": true,
	"credits.terms_set": false,
	// By the entry before it.
	"credits.low_balance": false,
};

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
	row({ ledger_head, attempt_head, ...row }: LogRow & Heads): void {
		const { seq } = row;
		this.seq = seq;
		const event = eventOf(row);
		if (isEntry(event)) {
			this.#ledgerHead = seq;
			this.#entry(event);
		} else this.#event(event);
		if (event.kind === "attempt.submitted") this.#attemptHead = seq;
		same("log", seq, "ledger_head", ledger_head, this.#ledgerHead);
		same("log", seq, "attempt_head", attempt_head, this.#attemptHead);
	}

	#entry(event: LogEvent<EntryKind>): void {
		const { kind, subject, body, seq, at } = event;
		const entry = entryOf(kind, subject, body);
		const reopened = lotsOf(entry).flatMap((lot) => this.closed.get(lot) ?? []);
		for (const { id } of reopened) this.closed.delete(id);
		const before = { ...this.account, lots: [...this.account.lots, ...reopened] };
		if (IS_BY_CLOCK[kind]) wasDue(this.account, entry, event);
		const after = book(before, entry, seq, at);
		same("log", seq, "previous", body.previous, before.last_entry);
		same("log", seq, "balance_before", body.balance_before, before.totals.available);
		same("log", seq, "balance_after", body.balance_after, after.totals.available);
		for (const lot of after.lots.filter(isClosed)) this.closed.set(lot.id, lot);
		this.account = { ...after, lots: after.lots.filter((lot) => !isClosed(lot)) };
		const record = recordAfter(this.holds.get(subject) ?? null, entry, at);
		if (record) this.holds.set(record.id, record);
	}

	#event(event: Exclude<LogEvent, LogEvent<EntryKind>>): void {
		const { seq, at } = event;
		switch (event.kind) {
			case "shard.opened": {
				const { user: user_id, tenant: tenant_id } = event.body;
				this.owner = { user_id, tenant_id, opened_at: at };
				break;
			}
			case "attempt.submitted": {
				this.attempts++;
				const stored = readable("attempts", seq, () => this.#stored.event(seq));
				sameColumns("attempts", seq, stored, { ...event.body, submitted_at: at });
				break;
			}
			case "quiz.favorited":
			case "quiz.unfavorited":
			case "quiz.liked":
			case "quiz.unliked": {
				const { reaction, by } = changeOf(event.kind);
				const key = `${reaction} ${event.body.quiz}`;
				if (by === 1) this.reactions.set(key, { seq, at });
				else this.reactions.delete(key);
				break;
			}
			case "quiz.created":
			case "quiz.revised":
			case "quiz.published":
			case "quiz.withdrawn":
			case "quiz.moved":
			case "quiz.archived":
			case "quiz.slug_claimed":
			case "quiz.deleted":
			case "quiz.undeleted":
			case "quiz.purged":
				this.authored.row(event);
				break;
			case "media.added":
			case "media.used":
			case "media.unused":
			case "media.removed":
				this.media.row(event);
				break;
			case "collection.saved":
			case "collection.deleted":
			case "share.created":
			case "share.redeemed":
			case "share.revoked":
			case "share.copied":
				this.sharing.row(event);
				break;
			default:
				unreachable(event);
		}
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

function wasDue(account: Account, entry: Entry, row: { seq: number; at: number }): void {
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
