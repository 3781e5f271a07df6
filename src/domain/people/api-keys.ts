import { createHash } from "node:crypto";
import { crc32 } from "node:zlib";
import { ALPHABET, base32 } from "../ids.ts";
import { sameHash } from "../sharing/share-codes.ts";

/**
 * API keys: `msk_`, the 24 characters of the key's id, 32 characters that are 160 secret bits, and 6 that check all of these, so that
 * scanners of leaked secrets know one from a mere text without asking. Only the SHA-256 of the whole is stored.
 */

export const API_KEY_PREFIX = "msk_";
const ID_CHARS = 24;
const SECRET_CHARS = 32;
const SECRET_BYTES = (SECRET_CHARS * 5) / 8;
const CHECK_CHARS = 6;
const KEY = new RegExp(
	`^${API_KEY_PREFIX}([${ALPHABET}]{${ID_CHARS}})[${ALPHABET}]{${SECRET_CHARS}}([${ALPHABET}]{${CHECK_CHARS}})$`,
);

/** The low 30 bits of CRC-32 (ISO 3309). */
const checkOf = (text: string): string => {
	const bytes = Buffer.alloc(4);
	bytes.writeUInt32BE((crc32(text) << 2) >>> 0);
	return base32(bytes, CHECK_CHARS);
};

/**
 * @param id `key_` and 24 characters
 * @param random at least 20 random bytes
 */
export function makeApiKey(id: string, random: Uint8Array): string {
	if (random.length < SECRET_BYTES) throw new Error(`an API key of ${random.length} random bytes`);
	const text = `${API_KEY_PREFIX}${id.slice("key_".length)}${base32(random, SECRET_CHARS)}`;
	return text + checkOf(text);
}

/** Whether a credential means to be one of these, rather than a token. */
export const isLikeApiKey = (credential: string): boolean => credential.startsWith(API_KEY_PREFIX);

/** The id of the key that a text says; null for a text of another form, or whose check is wrong. */
export function idOfApiKey(text: string): string | null {
	const [, id, check] = KEY.exec(text) ?? [];
	if (id === undefined || check !== checkOf(text.slice(0, -CHECK_CHARS))) return null;
	return `key_${id}`;
}

/** How a secret is stored: SHA-256 in hex, since it has bits enough that nobody tries them. */
export const hashOfSecret = (secret: string): string => createHash("sha256").update(secret).digest("hex");

export const isSecretOf = (secret: string, hash: string): boolean => sameHash(hashOfSecret(secret), hash);
