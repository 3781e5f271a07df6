import { seqOfId } from "../../domain/ids.ts";
import { type Access, givesAccess, type ShareState } from "../../domain/sharing/shares.ts";
import type { Sql } from "../engine/sql.ts";

/** A share of an own quiz. */
export interface Share extends ShareState {
	id: string;
	quiz: string;
	/** SHA-256 of the code in hex. */
	code_hash: string;
	created_at: number;
}

export interface ShareRow extends Share {
	seq: number;
}

/** Who comes by a share. */
export interface Visitor {
	visitor: string;
	tenant: string;
}

/** That a user has used a share. */
export interface ShareGrant {
	/** The log row of the redemption. */
	seq: number;
	grantee: string;
	/** Of the grantee; null where that was not written down yet. */
	tenant: string | null;
	/** What was current then, null where the draft is shared. */
	version: string | null;
	version_number: number | null;
	at: number;
}

export interface ShareGrantRow extends ShareGrant {
	/** The key of the share. */
	share: number;
	quiz: string;
}

/** The columns of a ShareRow, and of a ShareGrantRow. */
export const SHARE_COLUMNS = "seq, id, quiz, access, code_hash, expires_at, max_uses, uses, created_at, revoked_at";
export const GRANT_COLUMNS = "seq, share, quiz, grantee, tenant, version, version_number, at";

/** The SQL of shares, and of who has used them. */
export class Shares {
	readonly #sql: Sql;

	constructor(sql: Sql) {
		this.#sql = sql;
	}

	/** Those of the quiz that are not revoked. */
	count(quiz: string): number {
		const query = "SELECT count(*) AS n FROM shares WHERE quiz = ? AND revoked_at IS NULL";
		return this.#sql.one<{ n: number }>(query, quiz)?.n ?? 0;
	}

	insert(seq: number, share: Share): void {
		const { id, quiz, access, code_hash, expires_at, max_uses, uses, created_at, revoked_at } = share;
		this.#sql.run(
			`INSERT INTO shares (${SHARE_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
			seq,
			id,
			quiz,
			access,
			code_hash,
			expires_at,
			max_uses,
			uses,
			created_at,
			revoked_at,
		);
	}

	get(id: string): Share | null {
		const row = this.#sql.one<ShareRow>(`SELECT ${SHARE_COLUMNS} FROM shares WHERE seq = ?`, seqOfId(id));
		return row?.id === id ? shareOf(row) : null;
	}

	/** Of one quiz, newest first, those before row `before`. */
	list(quiz: string, before: number, limit: number): { seq: number; share: Share }[] {
		const query = `SELECT ${SHARE_COLUMNS} FROM shares WHERE quiz = ? AND seq < ? ORDER BY seq DESC LIMIT ?`;
		const rows = this.#sql.all<ShareRow>(query, quiz, before, limit);
		return rows.map((row) => ({ seq: row.seq, share: shareOf(row) }));
	}

	/** Whether anybody else may have changed the draft of the quiz, by a share that gives that or gave it once. */
	letOthersEdit(quiz: string): boolean {
		const query = "SELECT 1 AS found FROM shares WHERE quiz = ? AND access = 'edit' AND uses > 0 LIMIT 1";
		return this.#sql.one(query, quiz) !== null;
	}

	revoke(id: string, at: number): void {
		this.#sql.run("UPDATE shares SET revoked_at = ? WHERE seq = ?", at, seqOfId(id));
	}

	/** Counts a use and writes down whose it is. */
	use({ id, quiz }: Share, { seq, grantee, tenant, version, version_number, at }: ShareGrant): void {
		const share = seqOfId(id);
		this.#sql.run("UPDATE shares SET uses = uses + 1 WHERE seq = ?", share);
		this.#sql.run(
			`INSERT INTO grants (${GRANT_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
			seq,
			share,
			quiz,
			grantee,
			tenant,
			version,
			version_number,
			at,
		);
	}

	grant({ id, quiz }: Share, grantee: string): ShareGrant | null {
		const query =
			"SELECT seq, grantee, tenant, version, version_number, at FROM grants WHERE grantee = ? AND quiz = ? AND share = ?";
		return this.#sql.one<ShareGrant>(query, grantee, quiz, seqOfId(id));
	}

	/** Whether a share that the user has used gives one of these accesses to the quiz now. */
	lets({ visitor, tenant }: Visitor, quiz: string, accesses: readonly Access[], now: number): boolean {
		const query = `SELECT s.access, s.expires_at, s.max_uses, s.uses, s.revoked_at
			FROM grants AS g JOIN shares AS s ON s.seq = g.share
			WHERE g.grantee = ? AND g.quiz = ? AND (g.tenant IS NULL OR g.tenant = ?)`;
		const shares = this.#sql.all<ShareState>(query, visitor, quiz, tenant);
		return shares.some((share) => accesses.includes(share.access) && givesAccess(share, now));
	}
}

const shareOf = ({ seq: _, ...share }: ShareRow): Share => share;
