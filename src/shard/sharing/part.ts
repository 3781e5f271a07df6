import { seqOfId } from "../../domain/ids.ts";
import type { LogEvent } from "../../domain/log/events.ts";
import type { ShareKind } from "../../domain/sharing/events.ts";
import { type Part, partOf } from "../engine/part.ts";
import { INNER_NAME, values } from "../engine/table.ts";
import { compareRows } from "../verification/difference.ts";
import { COPY_COLUMNS, Copies, type CopyRow } from "./copies.ts";
import { GRANT_COLUMNS, SHARE_COLUMNS, type ShareGrantRow, type ShareRow, Shares } from "./shares.ts";

/** What the log says of shares, their uses, and the copies that the user made by others' shares. */
interface SharesState {
	/** By the row of the log that made it, as grants too. */
	shares: Map<number, Omit<ShareRow, "seq">>;
	grants: Map<number, Omit<ShareGrantRow, "seq">>;
	/** By the key of the own quiz. */
	copies: Map<number, Omit<CopyRow, "quiz">>;
}

function create({ shares }: SharesState, { body, seq }: LogEvent<"share.created">): void {
	const { share: id, ...terms } = body;
	shares.set(seq, { id, ...terms, uses: 0, revoked_at: null });
}

function redeem({ shares, grants }: SharesState, { body, seq, at }: LogEvent<"share.redeemed">): void {
	const { share: id, quiz, grantee, tenant = null, version, version_number } = body;
	const share = seqOfId(id);
	const known = shares.get(share);
	if (known) known.uses++;
	grants.set(seq, { share, quiz, grantee, tenant, version, version_number, at });
}

function revoke({ shares }: SharesState, { body, at }: LogEvent<"share.revoked">): void {
	const known = shares.get(seqOfId(body.share));
	if (known) known.revoked_at = at;
}

/** A share makes one copy; another takes the place of one that was purged. */
function copy({ copies }: SharesState, { body }: LogEvent<"share.copied">): void {
	const { share, quiz, origin } = body;
	for (const [earlier, copy] of copies) if (copy.share === share) copies.delete(earlier);
	const { quiz: origin_quiz, version: origin_version, owner: origin_owner } = origin;
	copies.set(seqOfId(quiz), { share, origin_quiz, origin_version, origin_owner });
}

export const sharesPart: Part<ShareKind, SharesState, { shares: Shares; copies: Copies }> = partOf({
	tables: {
		shares: {
			key: ["seq"],
			columns: {
				...values("seq", "id", "quiz", "access", "expires_at", "max_uses", "uses", "created_at", "revoked_at"),
				code_hash: { withheld: "It opens nothing, and is what codes are compared with." },
			},
		},
		grants: {
			key: ["seq"],
			columns: {
				...values("seq", "share", "quiz", "grantee", "version_number", "at", "tenant"),
				version: INNER_NAME,
			},
		},
		copies: {
			key: ["quiz"],
			columns: { ...values("quiz", "share", "origin_quiz", "origin_owner"), origin_version: INNER_NAME },
		},
	},
	stores: (sql) => ({ shares: new Shares(sql), copies: new Copies(sql) }),
	begin: () => ({ shares: new Map(), grants: new Map(), copies: new Map() }),
	rows: { "share.created": create, "share.redeemed": redeem, "share.revoked": revoke, "share.copied": copy },
	compare({ sql }, { shares, grants, copies }) {
		compareRows(sql, "shares", SHARE_COLUMNS, "seq", shares);
		compareRows(sql, "grants", GRANT_COLUMNS, "seq", grants);
		compareRows(sql, "copies", COPY_COLUMNS, "quiz", copies);
	},
});
