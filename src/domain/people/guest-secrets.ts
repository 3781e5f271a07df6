import { ALPHABET, base32 } from "../ids.ts";

/**
 * What a guest comes back with: `gst_`, the 24 characters of the user's id, 32 that are 160 secret bits, and the end of the id, where that says
 * a place.
 */

const PREFIX = "gst_";
const ID_CHARS = 24;
const SECRET_CHARS = 32;
const SECRET = new RegExp(`^${PREFIX}([${ALPHABET}]{${ID_CHARS}})[${ALPHABET}]{${SECRET_CHARS}}(-[a-z-]+)?$`);

/**
 * @param user `usr_`, 24 characters and the place, if there is one
 * @param random at least 20 random bytes
 */
export function makeGuestSecret(user: string, random: Uint8Array): string {
	const id = user.slice("usr_".length);
	return `${PREFIX}${id.slice(0, ID_CHARS)}${base32(random, SECRET_CHARS)}${id.slice(ID_CHARS)}`;
}

/** The user that a text says; null for a text of another form. */
export function guestOf(text: string): string | null {
	const [, id, place = ""] = SECRET.exec(text) ?? [];
	return id === undefined ? null : `usr_${id}${place}`;
}
