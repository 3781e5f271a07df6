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

/** @param wildcards whether an asterisk in an accepted text stands for any text, and `\*` for itself */
export function isAccepted(text: string, accepted: readonly string[], counts: Sensitivity, wildcards = false): boolean {
	const given = normalised(text, counts);
	return accepted.some((candidate) =>
		wildcards ? fitsPattern(given, candidate, counts) : normalised(candidate, counts) === given,
	);
}

/** Stands for any text within a pattern that is being normalised: full-width asterisks of the author become plain ones then. */
const ANY = "\ue000";

/** Takes time linear in the text for each piece: they are found one after the other, and the first place is always good enough. */
function fitsPattern(given: string, pattern: string, counts: Sensitivity): boolean {
	const marked = pattern.replaceAll(ANY, "").replace(/\\\*|\*/g, (mark) => (mark === "*" ? ANY : "*"));
	const [first = "", ...more] = normalised(marked, counts).split(ANY);
	const last = more.pop();
	if (last === undefined) return given === first;
	if (!given.startsWith(first)) return false;
	let at = first.length;
	for (const piece of more) {
		const found = given.indexOf(piece, at);
		if (found < 0) return false;
		at = found + piece.length;
	}
	return given.length - last.length >= at && given.endsWith(last);
}
