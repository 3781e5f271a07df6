import { chainHash, genesisHash, hex } from "../../domain/log/chain.ts";
import type { Log } from "../engine/log.ts";
import type { Replaying } from "../engine/part.ts";
import type { Requests } from "../engine/requests.ts";
import { Difference } from "./difference.ts";
import { Replay } from "./replay.ts";

/** What the stored records say against what the log says. */
export interface Findings {
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

/**
 * Recomputes everything that the log determines: the hash chain, and what each part has in its tables. Compares with the stored
 * rows and names the first that differs. Reads the whole log. What is no part of it: how the publisher stands,
 * idempotency records that are gone, the counts of visitors' changes, and the secret.
 * @param parts replays of all of them, to be carried through
 * @param anchor what the catalog has of the chain: history that was rewritten whole does not have this hash any more
 */
export function verify(
	{ log, requests }: { log: Log; requests: Requests },
	parts: readonly Replaying<unknown>[],
	anchor: Anchor | null,
): Findings {
	const chain = verifyChain(log, anchor);
	const replay = new Replay(parts);
	let difference: Difference | null = null;
	try {
		for (const row of log.everything()) replay.row(row);
		for (const part of parts) part.compare();
		compareRequests(requests);
	} catch (error) {
		difference = error instanceof Difference ? error : new Difference("log", replay.seq, String(error));
	}
	const first_difference = difference && { table: difference.table, key: difference.key, detail: difference.message };
	return { chain, records: { ok: difference === null, first_difference } };
}

/** The hash that the chain had at a row, kept elsewhere. */
export interface Anchor {
	seq: number;
	hash: string;
}

/** Recomputes every hash from the one before it, and compares with the anchor. */
function verifyChain(log: Log, anchor: Anchor | null): Findings["chain"] {
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

/** What was answered is in no log: a record is held against its own digest. */
function compareRequests(requests: Requests): void {
	const damaged = requests.firstDamaged();
	if (damaged !== null) throw new Difference("requests", damaged, "The record is not as it was written.");
}
