/**
 * The name of a version as clients see it: made of what they know anyway. What a version is called inside, the hash of its content,
 * never leaves the server: with everything else of the quiz known, it would tell the key to whoever tries all of them.
 */
export const versionName = (quiz: string, number: number): string =>
	`ver_${quiz.slice(quiz.indexOf("_") + 1)}_${number}`;

export const VERSION_NAME_PATTERN = /^ver_[0-9a-z]+_[1-9]\d{0,8}$/;

/** The number of the version of the quiz that is called so; null for one of another quiz. */
export function versionNumber(quiz: string, name: string): number | null {
	const number = Number(name.slice(name.lastIndexOf("_") + 1));
	return versionName(quiz, number) === name ? number : null;
}
