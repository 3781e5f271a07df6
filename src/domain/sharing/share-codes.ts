import { createHmac, timingSafeEqual } from "node:crypto";
import { ALPHABET, base32 } from "../ids.ts";
import { SHARE_CODE_CHARS, SHARE_CODE_TEXT_CHARS_MAX } from "./limits.ts";

/**
 * Codes of shares: 20 characters of Crockford's base 32, which are 100 bits that only who has the deployment's key can tell,
 * and one that checks them. The code of a share is derived and never stored, so that a retry can be answered with it again.
 */

/** @param share the share's id, which holds 80 random bits itself */
export function shareCode(key: string, share: string): string {
	const digest = createHmac("sha256", key).update(`marksheet share 1 ${share}`).digest();
	const code = base32(digest, SHARE_CODE_CHARS);
	return code + (ALPHABET[times2(remainder(code))] ?? "");
}

/**
 * The code that a text says, as {@link shareCode} gave it: letters of either case, with hyphens anywhere, `o` for 0 and `i` or
 * `l` for 1. Null for any other length or character, and for a code with one character wrong or two exchanged.
 */
export function readShareCode(text: string): string | null {
	if (text.length > SHARE_CODE_TEXT_CHARS_MAX) return null;
	const code = text.toLowerCase().replaceAll("-", "").replaceAll("o", "0").replace(/[il]/g, "1");
	const isKnown = [...code].every((character) => ALPHABET.includes(character));
	return isKnown && code.length === SHARE_CODE_CHARS + 1 && remainder(code) === 0 ? code : null;
}

/** Doubling in the field of 32 elements, modulo x⁵ + x² + 1. */
const times2 = (element: number): number => ((element << 1) ^ (element & 16 ? 0b100101 : 0)) & 31;

/**
 * The code as a polynomial over that field, at its generator 2: zero for a code with its check character. The powers of 2 up to
 * the thirtieth all differ, so one wrong character, or two that are exchanged, never give zero.
 */
const remainder = (code: string): number =>
	[...code].reduce((sum, character) => times2(sum) ^ ALPHABET.indexOf(character), 0);

/** Compares two hashes in hex in a time that says nothing of where they differ. */
export function sameHash(a: string, b: string): boolean {
	const [left, right] = [Buffer.from(a), Buffer.from(b)];
	return left.length === right.length && timingSafeEqual(left, right);
}
