import { canonicalJson, type Json, sha256Hex } from "../domain/canonical.ts";
import { chainHash, genesisHash, hex } from "../domain/chain.ts";
import { EVENT_BODIES, entryOf, isEntryKind } from "../domain/events.ts";
import { type Generation, recordAfter } from "../domain/generations.ts";
import {
	type Account,
	BUCKETS,
	book,
	conserves,
	emptyAccount,
	isClosed,
	type Lot,
	type Totals,
} from "../domain/ledger.ts";
import type { Attempts } from "./attempts.ts";
import type { Credits } from "./credits.ts";
import { type HoldRow, recordOf } from "./hold-rows.ts";
import type { FeedRow, Log } from "./log.ts";
import type { Requests } from "./requests.ts";
import type { Sql } from "./sql.ts";

/** What the stored records say against what the log says. */
export interface Verification {
	ok: boolean;
	conservation: Totals & { ok: boolean; lots: number; holds: number };
	chain: { ok: boolean; rows: number; head_hash: string | null; first_bad_seq: number | null };
	records: { ok: boolean; first_difference: { table: string; key: string; detail: string } | null };
}

interface Stores {
	sql: Sql;
	log: Log;
	credits: Credits;
	attempts: Attempts;
	requests: Requests;
}

class Difference extends Error {
	readonly table: string;
	readonly key: string;

	constructor(table: string, key: string | number, detail: string) {
		super(detail);
		this.table = table;
		this.key = String(key);
	}
}

/**
 * Recomputes everything that the log determines: the hash chain; lots, holds, totals and balances, by booking every entry
 * again; attempts. Compares them with the stored rows and names the first that differs. Reads the whole log.
 */
export function verify(stores: Stores): Verification {
	const chain = verifyChain(stores.log);
	const replay = new Replay(stores);
	let difference: Difference | null = null;
	try {
		replay.run();
		compareLedger(stores, replay);
		compareRequests(stores);
	} catch (error) {
		difference = error instanceof Difference ? error : new Difference("log", replay.seq, String(error));
	}
	const totals = stores.credits.account().totals;
	const lots = [...replay.account.lots, ...replay.closed.values()];
	const isConserved = conserves(totals) && lots.every(conserves) && sumsOf(lots, totals);
	const records = {
		ok: difference === null,
		first_difference: difference && { table: difference.table, key: difference.key, detail: difference.message },
	};
	const conservation = { ...totals, ok: isConserved, lots: lots.length, holds: replay.holds.size };
	return { ok: chain.ok && records.ok && isConserved, conservation, chain, records };
}

const sumsOf = (lots: readonly Lot[], totals: Totals): boolean =>
	(["granted", ...BUCKETS] as const).every((side) => lots.reduce((sum, lot) => sum + lot[side], 0) === totals[side]);

/** Recomputes every hash from the one before it. */
function verifyChain(log: Log): Verification["chain"] {
	let hash = genesisHash(log.owner()?.user_id ?? "");
	let seq = 0;
	for (const row of log.everything()) {
		hash = chainHash(hash, row);
		if (row.seq !== seq + 1 || hex(hash) !== row.hash) {
			return { ok: false, rows: seq, head_hash: null, first_bad_seq: row.seq };
		}
		seq = row.seq;
	}
	return { ok: true, rows: seq, head_hash: seq === 0 ? null : hex(hash), first_bad_seq: null };
}

/** The state that the log gives. */
class Replay {
	account: Account = emptyAccount();
	readonly closed = new Map<string, Lot>();
	readonly holds = new Map<string, Generation>();
	seq = 0;
	readonly #stores: Stores;

	constructor(stores: Stores) {
		this.#stores = stores;
	}

	run(): void {
		let ledgerHead = 0;
		for (const row of this.#stores.log.everything()) {
			this.seq = row.seq;
			if (isEntryKind(row.kind)) {
				ledgerHead = row.seq;
				this.#entry(row, row.kind);
			} else this.#event(row);
			same("log", row.seq, "ledger_head", row.ledger_head, ledgerHead);
		}
	}

	#entry(row: FeedRow, kind: Parameters<typeof entryOf>[0]): void {
		const body = EVENT_BODIES[kind].parse(JSON.parse(row.body));
		const entry = entryOf(kind, row.subject, body);
		const reopened = entry.postings.flatMap(([lot]) => this.closed.get(lot) ?? []);
		for (const { id } of reopened) this.closed.delete(id);
		const before = { ...this.account, lots: [...this.account.lots, ...reopened] };
		const after = book(before, entry, row.seq, row.at);
		same("log", row.seq, "previous", body.previous, before.last_entry);
		same("log", row.seq, "balance_before", body.balance_before, before.totals.available);
		same("log", row.seq, "balance_after", body.balance_after, after.totals.available);
		for (const lot of after.lots.filter(isClosed)) this.closed.set(lot.id, lot);
		this.account = { ...after, lots: after.lots.filter((lot) => !isClosed(lot)) };
		const record = recordAfter(this.holds.get(row.subject) ?? null, entry, row.at);
		if (record) this.holds.set(record.id, record);
	}

	#event(row: FeedRow): void {
		const body = JSON.parse(row.body);
		if (row.kind === "shard.opened") {
			const owner = this.#stores.log.owner();
			const expected = { user_id: body.user, tenant_id: body.tenant, opened_at: row.at };
			sameJson("shard", 1, { ...owner }, expected);
		}
		if (row.kind === "attempt.submitted") {
			const stored = this.#stores.attempts.event(row.seq);
			const { answers_digest: _, ...expected } = body;
			sameJson("attempts", row.seq, stored, { ...expected, submitted_at: row.at });
		}
	}
}

/** Account, closed lots and holds, row by row, in both directions. */
function compareLedger({ sql, credits }: Stores, replay: Replay): void {
	sameJson("account", 1, json(credits.account()), json(replay.account));
	const closed = sql.all<{ id: string; lot: string }>("SELECT id, lot FROM closed_lots ORDER BY seq");
	for (const { id, lot } of closed) sameJson("closed_lots", id, JSON.parse(lot), json(replay.closed.get(id)));
	same("closed_lots", "all", "number of rows", closed.length, replay.closed.size);
	const holds = sql.all<HoldRow>("SELECT * FROM holds ORDER BY seq");
	for (const row of holds) {
		const record = recordOf(row);
		sameJson("holds", row.id, json(record), json(replay.holds.get(row.id)));
		for (const text of ["prompt", "conversation"] as const) {
			const digest = row[text] === null ? null : sha256Hex(row[text]);
			same("holds", row.id, `digest of ${text}`, digest, record[`${text}_digest`]);
		}
	}
	same("holds", "all", "number of rows", holds.length, replay.holds.size);
}

function compareRequests({ requests }: Stores): void {
	const damaged = requests.firstDamaged();
	if (damaged !== null) throw new Difference("requests", damaged, "The record is not as it was written.");
}

function same(table: string, key: string | number, what: string, stored: unknown, expected: unknown): void {
	if (stored !== expected) throw new Difference(table, key, `${what} is ${stored}, and ${expected} by the log`);
}

function sameJson(table: string, key: string | number, stored: Json | undefined, expected: Json | undefined): void {
	if (expected === undefined) throw new Difference(table, key, "The log does not know of this row.");
	if (stored === undefined) throw new Difference(table, key, "The row is missing.");
	const names = new Set([...Object.keys(Object(stored)), ...Object.keys(Object(expected))]);
	for (const name of names) {
		const [is, should] = [stored, expected].map((side) => canonicalJson(Object(side)[name] ?? null));
		if (is !== should) throw new Difference(table, key, `${name} is ${is}, and ${should} by the log`);
	}
}

/** A value as JSON gives it back: without what is undefined. */
const json = (value: unknown): Json | undefined =>
	value === undefined ? undefined : JSON.parse(JSON.stringify(value));
