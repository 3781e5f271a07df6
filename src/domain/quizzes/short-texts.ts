import type { Sensitivity } from "./answer-keys.ts";

/** The combining marks of Latin, Greek and Cyrillic. Those of other scripts are letters of theirs, and stay. */
const ACCENTS = /[\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]/g;

/**
 * A text as it is compared: what does not count is evened out. Compatibility forms never count (Unicode's NFKC: a ligature is
 * its letters, a full-width letter the letter), nor does white space at the ends; case (folded by way of lower to upper case, so
 * that ß is ss and a final sigma a sigma), accents and the amount of white space count where the question says so.
 */
export function normalised(text: string, counts: Sensitivity): string {
	let form = text.normalize("NFKC");
	if (!counts.case_sensitive) form = form.toLowerCase().toUpperCase();
	form = counts.accent_sensitive
		? form.normalize("NFKC")
		: form.normalize("NFKD").replace(ACCENTS, "").normalize("NFKC");
	return counts.whitespace_sensitive ? form.trim() : form.trim().replace(/\s+/g, " ");
}

export function isAccepted(text: string, accepted: readonly string[], counts: Sensitivity): boolean {
	const given = normalised(text, counts);
	return accepted.some((candidate) => normalised(candidate, counts) === given);
}
