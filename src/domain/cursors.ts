import { createCipheriv, createDecipheriv, createHmac, timingSafeEqual } from "node:crypto";

/**
 * Cursors of lists, sealed: who gets one learns nothing from it, and nobody can make one or change it. A cursor is
 * AES-256-GCM over the position in the list, with a nonce that is an HMAC of all that goes into it (a synthetic IV, RFC 5297's idea):
 * the same page always gives the same cursor, so that the ETags of lists stay what they are, and no counter or randomness
 * is kept. What it is bound to, the list with its filters and its reader, is authenticated and not contained.
 */

/** The first byte. Another way to seal gets another, and the old one can be opened beside it for a while. */
const VERSION = 1;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const HEAD_BYTES = 1 + NONCE_BYTES;
/** Positions are filled up with blanks to multiples of this, since the length of a number is not to be seen either. */
const PADDED_TO_BYTES = 32;

/** Two keys from one secret, so that the nonces say nothing of what they seal. */
export interface CursorKeys {
	nonce: Buffer;
	seal: Buffer;
}

/** @param secret of the deployment; the keys are good for nothing else that is made of it */
export function cursorKeys(secret: string): CursorKeys {
	const derived = (what: string) => createHmac("sha256", secret).update(`marksheet cursors 1 ${what}`).digest();
	return { nonce: derived("nonce"), seal: derived("seal") };
}

/** @param position what JSON can hold @param bound which list of whom it is a cursor of */
export function sealCursor(keys: CursorKeys, bound: string, position: unknown): string {
	const json = Buffer.from(JSON.stringify(position));
	const padded = Buffer.alloc(Math.ceil(json.length / PADDED_TO_BYTES) * PADDED_TO_BYTES, " ");
	json.copy(padded);
	const nonce = nonceOf(keys, bound, padded);
	const cipher = createCipheriv("aes-256-gcm", keys.seal, nonce).setAAD(Buffer.from(bound));
	const sealed = Buffer.concat([Buffer.of(VERSION), nonce, cipher.update(padded), cipher.final(), cipher.getAuthTag()]);
	return sealed.toString("base64url");
}

/** @returns the position, or null for anything that was not sealed with these keys for just this list */
export function openCursor(keys: CursorKeys, bound: string, cursor: string): { position: unknown } | null {
	const sealed = Buffer.from(cursor, "base64url");
	if (sealed.toString("base64url") !== cursor || sealed[0] !== VERSION) return null;
	if (sealed.length < HEAD_BYTES + PADDED_TO_BYTES + TAG_BYTES) return null;
	const nonce = sealed.subarray(1, HEAD_BYTES);
	const decipher = createDecipheriv("aes-256-gcm", keys.seal, nonce, { authTagLength: TAG_BYTES });
	decipher.setAAD(Buffer.from(bound)).setAuthTag(sealed.subarray(-TAG_BYTES));
	try {
		const padded = Buffer.concat([decipher.update(sealed.subarray(HEAD_BYTES, -TAG_BYTES)), decipher.final()]);
		if (!timingSafeEqual(nonce, nonceOf(keys, bound, padded))) return null;
		return { position: JSON.parse(padded.toString()) };
	} catch {
		return null;
	}
}

function nonceOf({ nonce }: CursorKeys, bound: string, padded: Buffer): Buffer {
	const mac = createHmac("sha256", nonce)
		.update(`${Buffer.byteLength(bound)} `)
		.update(bound)
		.update(padded);
	return mac.digest().subarray(0, NONCE_BYTES);
}
