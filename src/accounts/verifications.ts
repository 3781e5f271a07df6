import { hashOfToken, idOfHash } from "../domain/sign-in/tokens.ts";

/** What is good once and for a while, found by a text that is not stored. */

/** What the library calls the reset that a token is for. */
const resetText = (token: string) => `reset-password:${token}`;

/** A reset of the password of the account that has the address; nothing where none has. */
export function addReset(
	db: D1Database,
	token: string,
	email: string,
	now: number,
	until: number,
): D1PreparedStatement {
	const hash = hashOfToken(resetText(token));
	const query = `INSERT INTO verifications (id, hash, value, created_at, updated_at, expires_at)
		SELECT ?, ?, id, ?, ?, ? FROM accounts WHERE email = ? AND deleted_at IS NULL`;
	return db.prepare(query).bind(idOfHash("verifications", hash), hash, now, now, until, email);
}

/** Until when a reset is good; null for none. */
export function readReset(db: D1Database, token: string, now: number): Promise<number | null> {
	const hash = hashOfToken(resetText(token));
	const query = "SELECT expires_at FROM verifications WHERE id = ? AND hash = ? AND expires_at > ?";
	return db.prepare(query).bind(idOfHash("verifications", hash), hash, now).first<number>("expires_at");
}

/** Notes that a code was used. @param again what happens to the whole transaction if it was used before */
export function useCode(
	db: D1Database,
	{ account, code, again }: { account: string; code: string; again: "fails" | "goes on" },
	now: number,
	until: number,
): D1PreparedStatement {
	const hash = hashOfToken(`code ${account} ${code}`);
	const query = `INSERT ${again === "fails" ? "" : "OR IGNORE "}INTO verifications (id, hash, value, created_at, updated_at, expires_at)
		VALUES (?, ?, ?, ?, ?, ?)`;
	return db.prepare(query).bind(idOfHash("verifications", hash), hash, account, now, now, until);
}
