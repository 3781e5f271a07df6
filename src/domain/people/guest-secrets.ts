import { ALPHABET, base32 } from "../ids.ts";

/** What a guest comes back with: `gst_`, the 24 characters of the user's id, and 32 that are 160 secret bits. */

const PREFIX = "gst_";
const ID_CHARS = 24;
const SECRET_CHARS = 32;
const SECRET = new RegExp(`^${PREFIX}([${ALPHABET}]{${ID_CHARS}})[${ALPHABET}]{${SECRET_CHARS}}$`);

/**
 * @param user `usr_` and 24 characters
 * @param random at least 20 random bytes
 */
export const makeGuestSecret = (user: string, random: Uint8Array): string =>
	`${PREFIX}${user.slice("usr_".length)}${base32(random, SECRET_CHARS)}`;

/** The user that a text says; null for a text of another form. */
export function guestOf(text: string): string | null {
	const [, id] = SECRET.exec(text) ?? [];
	return id === undefined ? null : `usr_${id}`;
}
