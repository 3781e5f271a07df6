import { concealed, withoutDigests, withoutDigestsInText } from "../../domain/concealment.ts";
import type { FeedRow } from "../../shard/engine/log.ts";
import type { Verification } from "../../shard/log/calls.ts";

/**
 * Rows of a user's log as clients see them. The chain's hashes are over bodies that name what is secret by its digest, so they are
 * concealed too: equal histories have equal hashes, and any other one has others, but only the server can compute them.
 */

type Body = Record<string, unknown>;

/** The body of row `seq` of the user's log, or a part of it. @param text JSON text of an object */
export function shownBody(digestKey: string, user: string, seq: number, text: string): Body {
	// Of an object it gives an object.
	return withoutDigests(digestKey, `${user} ${seq}`, JSON.parse(text)) as Body;
}

const shownHash = (digestKey: string, user: string, seq: number, hash: string) =>
	concealed(digestKey, `${user} ${seq} chain`, hash);

export const shownRow = (digestKey: string, user: string, { body, hash, ...row }: FeedRow) => ({
	...row,
	body: shownBody(digestKey, user, row.seq, body),
	hash: shownHash(digestKey, user, row.seq, hash),
});

/** What was found, with the hash of the chain's head as the feed shows it. */
export function shownVerification(digestKey: string, user: string, { ok, conservation, chain, records }: Verification) {
	const { head_hash, rows } = chain;
	const { lots: lot_count, holds: hold_count, ...totals } = conservation;
	const first = records.first_difference;
	return {
		ok,
		conservation: { ...totals, lot_count, hold_count },
		chain: { ...chain, head_hash: head_hash && shownHash(digestKey, user, rows, head_hash) },
		records: {
			...records,
			first_difference: first && { ...first, detail: withoutDigestsInText(digestKey, user, first.detail) },
		},
	};
}
