import { SLUG_CHARS_MAX, SLUGS_PER_QUIZ_MAX } from "./limits.ts";

/** Slugs: readable addresses of quizzes within a tenant. docs/decisions/0010-slugs.md says who gets one that several claim. */

export const SLUG_PATTERN = /^[a-z0-9]+(?:-[a-z0-9]+)*$/;
const SUFFIX_CHARS = 10;
/** No slug has this character, so that an address with a suffix is nobody's slug. */
const SUFFIX_MARK = "~";

/** A slug that a quiz claimed, and when it did so first. */
export type Claim = [slug: string, claimed_at: number];

/** A slug made of a title: its letters and digits without accents; null where it has none of a to z and 0 to 9. */
export function slugOfTitle(title: string): string | null {
	const words = title
		.normalize("NFKD")
		.replace(/\p{M}/gu, "")
		.toLowerCase()
		.match(/[a-z0-9]+/g);
	if (!words) return null;
	return words.join("-").slice(0, SLUG_CHARS_MAX).replace(/-+$/, "");
}

/** The claims of a quiz after it claims `slug`, which is then the last; null where it has had too many others. */
export function claimsAfter(claims: readonly Claim[], slug: string, now: number): Claim[] | null {
	const earlier = claims.find(([known]) => known === slug);
	const others = claims.filter(([known]) => known !== slug);
	if (others.length >= SLUGS_PER_QUIZ_MAX) return null;
	return [...others, earlier ?? [slug, now]];
}

/** The address of a quiz whose slug is another's. */
export const suffixedSlug = (slug: string, quiz: string): string => `${slug}${SUFFIX_MARK}${quiz.slice(-SUFFIX_CHARS)}`;

/** What an address says: a slug, and the end of the id of the quiz that is meant, null for whichever has the slug. */
export function readAddress(address: string): { slug: string; suffix: string | null } {
	const [slug = "", suffix = null] = address.split(SUFFIX_MARK);
	return { slug, suffix };
}

/** What an address can look like. */
export const ADDRESS_PATTERN = new RegExp(
	`^[a-z0-9]+(?:-[a-z0-9]+)*(?:${SUFFIX_MARK}[0-9a-hjkmnp-tv-z]{${SUFFIX_CHARS}})?$`,
);
export const SLUG_ADDRESS_CHARS_MAX = SLUG_CHARS_MAX + SUFFIX_MARK.length + SUFFIX_CHARS;
