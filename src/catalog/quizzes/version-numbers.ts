import { type Applied, projection } from "../replication/projection.ts";
import { forEach } from "../replication/statements.ts";

/** Which content has which number among the versions of a quiz. It is said by each publication of it, always the same. */

const INSERT = `INSERT INTO quiz_versions (quiz, number, version, max_score, max_hundredths)
	SELECT value ->> 'quiz', value ->> 'version_number', value ->> 'version', value ->> 'max_score',
		value ->> 'max_hundredths' FROM json_each(?1) WHERE true
	ON CONFLICT (quiz, number) DO NOTHING`;

const REMOVE = `DELETE FROM quiz_versions
	WHERE (quiz, number) IN (SELECT value ->> 'quiz', value ->> 'version_number' FROM json_each(?1))`;

const itemsOf = (events: readonly Applied<"quiz.published">[]) =>
	events.map(({ body: { quiz, version_number, version, max_score, max_hundredths } }) => ({
		quiz,
		version_number,
		version,
		max_score,
		max_hundredths,
	}));

export const versions = projection({
	kinds: ["quiz.published"],
	apply: (db, events) => forEach(db, INSERT, itemsOf(events)),
	undo: (db, events) => forEach(db, REMOVE, itemsOf(events)),
	tables: [
		{
			name: "quiz_versions",
			key: ["quiz", "number"],
			kind: "facts",
			columns: ["quiz", "number", "version", "max_score", "max_hundredths"],
			incidental: [],
		},
	],
});
