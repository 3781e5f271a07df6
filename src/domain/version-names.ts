/**
 * The name of a version as clients see it: made of what they know anyway. What a version is called inside, the hash of its content,
 * never leaves the server: with everything else of the quiz known, it would tell the key to whoever tries all of them.
 */
export const versionName = (quiz: string, number: number): string =>
	`ver_${quiz.slice(quiz.indexOf("_") + 1)}_${number}`;
