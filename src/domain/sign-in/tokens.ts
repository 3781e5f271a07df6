import { createHash } from "node:crypto";
import { base32 } from "../ids.ts";

/**
 * Tokens of sessions, `mss_` and 32 characters that are 190 random bits; and how tokens are stored: as their SHA-256, which is found by an id
 * that is derived of it.
 */

const PREFIX = "mss_";
const TOKEN = /^mss_[A-Za-z0-9]{32}$/;
const ID_CHARS = 24;

/** @param random 32 letters and digits */
export function sessionToken(random: string): string {
	const token = PREFIX + random;
	if (!TOKEN.test(token)) throw new Error(`a session's token of ${random.length} characters`);
	return token;
}

/** What has another form is not looked for. */
export const isLikeSessionToken = (text: string): boolean => TOKEN.test(text);

/** How a token is stored: SHA-256 in hex. */
export const hashOfToken = (token: string): string => createHash("sha256").update(token).digest("hex");

const PREFIXES = { sessions: "ses_", verifications: "ver_" } as const;
/** Tables whose rows are found by a token. */
export type TokenTable = keyof typeof PREFIXES;

/** The id of the row that holds a hash; no digest of the token itself, so that it may be shown. */
export function idOfHash(table: TokenTable, hash: string): string {
	const digest = createHash("sha256").update(`marksheet ${table} 1 ${hash}`).digest();
	return PREFIXES[table] + base32(digest, ID_CHARS);
}

export const SESSION_ID = /^ses_[0-9a-hjkmnp-tv-z]{24}$/;
