import { ALPHABET, base32 } from "../ids.ts";

/** What is in the mail of an invitation: `miv_`, the 24 characters of its id, and 32 that are 160 secret bits. */

const PREFIX = "miv_";
const ID_CHARS = 24;
const SECRET_CHARS = 32;
const CODE = new RegExp(`^${PREFIX}([${ALPHABET}]{${ID_CHARS}})[${ALPHABET}]{${SECRET_CHARS}}$`);

/**
 * @param invitation `inv_` and 24 characters
 * @param random at least 20 random bytes
 */
export const makeInvitationCode = (invitation: string, random: Uint8Array): string =>
	`${PREFIX}${invitation.slice("inv_".length)}${base32(random, SECRET_CHARS)}`;

/** The invitation that a text says; null for a text of another form. */
export function invitationOf(text: string): string | null {
	const [, id] = CODE.exec(text) ?? [];
	return id === undefined ? null : `inv_${id}`;
}
