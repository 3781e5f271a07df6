/**
 * The steps of an erasure, in their order. Each can be repeated at any place, so that it goes on wherever it ended.
 *
 * 1. `key`: the user's key goes, and nobody can make another.
 * 2. `directory`: the catalog applies nothing of the user any more.
 * 3. `shard`: the object answers nobody any more; its log ends here.
 * 4. `publications`: what others see of the user goes: quizzes, collections, shares, images.
 * 5. `pause`: requests that were under way come to their end.
 * 6. `figures`: what the log has added to sums and facts is taken out again.
 * 7. `contents`: published contents and images go; attempts of others lose their titles.
 * 8. `traces`: what the catalog remembers beside that.
 * 9. `emptying`: the object keeps nothing but that it is a tombstone.
 * 10. `account`: so does the user's row.
 */
export const ERASURE_STEPS = [
	"key",
	"directory",
	"shard",
	"publications",
	"pause",
	"figures",
	"contents",
	"traces",
	"emptying",
	"account",
	"finished",
] as const;
export type ErasureStep = (typeof ERASURE_STEPS)[number];

export const isErasureStep = (text: string): text is ErasureStep => ERASURE_STEPS.some((step) => step === text);

/** In place of texts of whoever is erased, where others have them. */
export const ERASED_TEXT = "erased";
/** In place of the id. */
export const ERASED_USER = "usr_erased";
