import { type Applied, forEach } from "./fold.ts";

/** Which content has which number among the versions of a quiz. It is said by each publication of it, always the same. */

type Published = Applied<"quiz.published">;

const INSERT = `INSERT INTO quiz_versions (quiz, number, version, max_score)
	SELECT value ->> 'quiz', value ->> 'version_number', value ->> 'version', value ->> 'max_score' FROM json_each(?1) WHERE true
	ON CONFLICT (quiz, number) DO NOTHING`;

const REMOVE = `DELETE FROM quiz_versions
	WHERE (quiz, number) IN (SELECT value ->> 'quiz', value ->> 'version_number' FROM json_each(?1))`;

const itemsOf = (events: readonly Published[]) =>
	events.map(({ body: { quiz, version_number, version, max_score } }) => ({
		quiz,
		version_number,
		version,
		max_score,
	}));

export const versionStatements = (db: D1Database, events: readonly Published[]): D1PreparedStatement[] =>
	forEach(db, INSERT, itemsOf(events));

/** The inverse. */
export const lessVersions = (db: D1Database, events: readonly Published[]): D1PreparedStatement[] =>
	forEach(db, REMOVE, itemsOf(events));
