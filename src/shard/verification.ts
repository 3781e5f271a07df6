import { sha256Hex } from "../domain/canonical.ts";
import { chainHash, genesisHash, hex } from "../domain/chain.ts";
import type { EventKind } from "../domain/events.ts";
import { seqOfId } from "../domain/ids.ts";
import { BUCKETS, conserves, type Lot, type Totals } from "../domain/ledger.ts";
import { Difference, readable, same, sameJson } from "./difference.ts";
import { HOLD_COLUMNS, type HoldRow, recordOf } from "./hold-rows.ts";
import type { Log } from "./log.ts";
import { compareMedia } from "./media-verification.ts";
import { compareQuizzes, compareVersions } from "./quiz-verification.ts";
import { Replay } from "./replay.ts";
import type { Requests } from "./requests.ts";
import { compareSharing } from "./sharing-verification.ts";
import type { Sql } from "./sql.ts";
import type { Unit } from "./unit.ts";

/** What the stored records say against what the log says. */
export interface Verification {
	ok: boolean;
	conservation: Totals & { ok: boolean; lots: number; holds: number };
	chain: {
		ok: boolean;
		rows: number;
		head_hash: string | null;
		first_bad_seq: number | null;
		/** The last row whose hash the catalog has, and agreed with. */
		anchored_seq: number | null;
	};
	records: { ok: boolean; first_difference: { table: string; key: string; detail: string } | null };
}

interface Stores extends Omit<Unit, "who" | "now"> {
	sql: Sql;
	requests: Requests;
}

/** What is compared, in this order: contents come before the media that they name. */
export const COMPARISONS = {
	ledger: compareLedger,
	holds: compareHolds,
	attempts: compareAttempts,
	quizzes: ({ sql }, { authored }) => compareQuizzes(sql, authored),
	versions: ({ sql }, { authored }) => compareVersions(sql, authored),
	sharing: ({ sql }, { sharing }) => compareSharing(sql, sharing),
	reactions: compareReactions,
	media: ({ sql }, { media }) => compareMedia({ sql }, media),
	owner: compareOwner,
} satisfies Record<string, (stores: Stores, replay: Replay) => void>;

/**
 * Which comparisons find a record that is not as the rows of a kind say, none for a kind that determines no record. One that is left out
 * does not compile.
 */
export const COMPARED: Readonly<Record<EventKind, readonly (keyof typeof COMPARISONS)[]>> = {
	"shard.opened": ["owner"],
	"attempt.submitted": ["attempts"],
	"quiz.created": ["quizzes"],
	"quiz.revised": ["quizzes"],
	"quiz.published": ["quizzes", "versions"],
	"quiz.withdrawn": ["quizzes"],
	"quiz.moved": ["quizzes"],
	"quiz.archived": ["quizzes"],
	"quiz.slug_claimed": ["quizzes"],
	"quiz.deleted": ["quizzes"],
	"quiz.undeleted": ["quizzes"],
	"quiz.purged": ["quizzes", "versions"],
	"quiz.favorited": ["reactions"],
	"quiz.unfavorited": ["reactions"],
	"quiz.liked": ["reactions"],
	"quiz.unliked": ["reactions"],
	"credits.granted": ["ledger"],
	"credits.activated": ["ledger"],
	"credits.voided": ["ledger"],
	"credits.lot_expired": ["ledger"],
	"credits.expiring_soon": ["ledger"],
	"credits.held": ["ledger", "holds"],
	"credits.extended": ["ledger", "holds"],
	"credits.settled": ["ledger", "holds"],
	"credits.released": ["ledger", "holds"],
	"credits.hold_expired": ["ledger", "holds"],
	"credits.refunded": ["ledger", "holds"],
	"credits.plan_set": ["ledger"],
	"credits.plan_ended": ["ledger"],
	"credits.plan_renewed": ["ledger"],
	"credits.rolled_over": ["ledger"],
	"credits.terms_set": ["ledger"],
	"credits.low_balance": ["ledger"],
	"collection.saved": ["sharing"],
	"collection.deleted": ["sharing"],
	"share.created": ["sharing"],
	"share.redeemed": ["sharing"],
	"share.revoked": ["sharing"],
	"share.copied": ["sharing"],
	"media.added": ["media"],
	"media.used": ["media"],
	"media.unused": ["media"],
	"media.removed": ["media"],
};

/**
 * Recomputes everything that the log determines: the hash chain; lots, holds, totals and balances, by booking every entry
 * again; attempts, quizzes and media; collections, shares, who used them, and copies; favourites and likes. Compares with
 * the stored rows and names the first that differs. Reads the whole log. What is no part of it: how the publisher stands,
 * idempotency records that are gone, the counts of visitors' changes, and the secret.
 * @param anchor what the catalog has of the chain: history that was rewritten whole does not have this hash any more
 */
export function verify(stores: Stores, anchor: Anchor | null): Verification {
	const chain = verifyChain(stores.log, anchor);
	const replay = new Replay(stores.attempts);
	let difference: Difference | null = null;
	try {
		for (const row of stores.log.everything()) replay.row(row);
		for (const compare of Object.values(COMPARISONS)) compare(stores, replay);
		compareRequests(stores);
	} catch (error) {
		difference = error instanceof Difference ? error : new Difference("log", replay.seq, String(error));
	}
	const { totals } = replay.account;
	const lots = [...replay.account.lots, ...replay.closed.values()];
	const isConserved = conserves(totals) && lots.every(conserves) && addUp(lots, totals);
	const records = {
		ok: difference === null,
		first_difference: difference && { table: difference.table, key: difference.key, detail: difference.message },
	};
	const conservation = { ...totals, ok: isConserved, lots: lots.length, holds: replay.holds.size };
	return { ok: chain.ok && records.ok && isConserved, conservation, chain, records };
}

const addUp = (lots: readonly Lot[], totals: Totals): boolean =>
	(["granted", ...BUCKETS] as const).every((side) => lots.reduce((sum, lot) => sum + lot[side], 0) === totals[side]);

/** The hash that the chain had at a row, kept elsewhere. */
export interface Anchor {
	seq: number;
	hash: string;
}

/** Recomputes every hash from the one before it, and compares with the anchor. */
function verifyChain(log: Log, anchor: Anchor | null): Verification["chain"] {
	let hash: Uint8Array | null = null;
	let seq = 0;
	const bad = (at: number) => ({ ok: false, rows: seq, head_hash: null, first_bad_seq: at, anchored_seq: null });
	for (const row of log.everything()) {
		hash = chainHash(hash ?? genesisHash(row.subject), row);
		if (row.seq !== seq + 1 || hex(hash) !== row.hash) return bad(row.seq);
		if (row.seq === anchor?.seq && row.hash !== anchor.hash) return bad(row.seq);
		seq = row.seq;
	}
	if (anchor && anchor.seq > seq) return bad(seq + 1);
	return { ok: true, rows: seq, head_hash: hash && hex(hash), first_bad_seq: null, anchored_seq: anchor?.seq ?? null };
}

/** Account and closed lots. */
function compareLedger({ sql, credits }: Stores, replay: Replay): void {
	sameJson(
		"account",
		1,
		readable("account", 1, () => credits.account()),
		replay.account,
	);
	const closed = sql.all<{ seq: number; id: string; lot: string }>("SELECT seq, id, lot FROM closed_lots ORDER BY seq");
	for (const { seq, id, lot } of closed) {
		same("closed_lots", id, "seq", seq, seqOfId(id));
		sameJson(
			"closed_lots",
			id,
			readable("closed_lots", id, () => JSON.parse(lot)),
			replay.closed.get(id),
		);
	}
	same("closed_lots", "all", "number of rows", closed.length, replay.closed.size);
}

function compareHolds({ sql }: Stores, replay: Replay): void {
	let rows = 0;
	for (const row of sql.each<HoldRow>(`SELECT ${HOLD_COLUMNS} FROM holds ORDER BY seq`)) {
		rows++;
		same("holds", row.id, "seq", row.seq, seqOfId(row.id));
		const record = readable("holds", row.id, () => recordOf(row));
		sameJson("holds", row.id, record, replay.holds.get(row.id));
		for (const text of ["prompt", "conversation"] as const) {
			const digest = row[text] === null ? null : sha256Hex(row[text]);
			same("holds", row.id, `digest of ${text}`, digest, record[`${text}_digest`]);
		}
	}
	same("holds", "all", "number of rows", rows, replay.holds.size);
}

function compareReactions({ sql }: Stores, replay: Replay): void {
	let rows = 0;
	const query = "SELECT kind, quiz, seq, at FROM reactions ORDER BY kind, quiz";
	for (const { kind, quiz, ...row } of sql.each<{ kind: string; quiz: string; seq: number; at: number }>(query)) {
		sameJson("reactions", `${kind} ${quiz}`, row, replay.reactions.get(`${kind} ${quiz}`));
		rows++;
	}
	same("reactions", "all", "number of rows", rows, replay.reactions.size);
}

function compareAttempts({ attempts }: Stores, replay: Replay): void {
	same("attempts", "all", "number of rows", attempts.count(), replay.attempts);
}

function compareOwner({ log }: Stores, replay: Replay): void {
	if (log.owner() || replay.owner) sameJson("shard", 1, log.owner(), replay.owner);
}

/** What was answered is in no log: a record is held against its own digest. */
function compareRequests({ requests }: Stores): void {
	const damaged = requests.firstDamaged();
	if (damaged !== null) throw new Difference("requests", damaged, "The record is not as it was written.");
}
