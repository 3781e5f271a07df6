import { labelsOf } from "../../domain/search/search.ts";
import { projection, rowsStay } from "../replication/projection.ts";
import { forEach } from "../replication/statements.ts";
import { lastChanges } from "./quizzes.ts";

/**
 * What is searched of a quiz follows its row in `quizzes`, written just before in the same transaction: only the event that
 * the row is of writes it, so an older one that is driven again changes nothing here either, and the audience that the index
 * knows is the one of the row. One of a quiz that nobody finds any more is empty.
 */
const WRITE = `INSERT INTO quiz_texts (quiz, labels, title, tags, description, questions)
	SELECT q.id, CASE WHEN q.audience IS NULL THEN '' ELSE 'a' || lower(hex(q.audience)) || ' ' || (value ->> 'labels') END,
		CASE WHEN q.audience IS NULL THEN '' ELSE q.title END, value ->> 'tags',
		CASE WHEN q.audience IS NULL THEN '' ELSE q.description END, value ->> 'questions'
	FROM json_each(?1) JOIN quizzes AS q ON q.id = value ->> 'quiz' AND q.seq = value ->> 'seq' WHERE true
	ON CONFLICT (quiz) DO UPDATE SET labels = excluded.labels, title = excluded.title, tags = excluded.tags,
		description = excluded.description, questions = excluded.questions`;

/** The full-text indexes of `quiz_texts`, with their own tables. `quiz_fts` is searched by the release before only. */
const INDEXES = ["quiz_fts", "search_public", "search_closed"];
const PARTS = ["", "_config", "_data", "_docsize", "_idx"];

export const quizTexts = projection({
	kinds: ["quiz.published", "quiz.withdrawn", "quiz.archived", "quiz.deleted"],
	apply(db, events) {
		const items = lastChanges(events).map((event) => {
			const { kind, user, seq, body } = event;
			if (kind !== "quiz.published") return { quiz: body.quiz, seq, labels: "", tags: "", questions: "" };
			return {
				quiz: body.quiz,
				seq,
				labels: labelsOf({ ...body, owner: user }),
				tags: body.tags.join(", "),
				questions: body.search_text ?? "",
			};
		});
		return forEach(db, WRITE, items);
	},
	undo: rowsStay,
	tables: [
		{
			name: "quiz_texts",
			key: ["number"],
			kind: "mirrors",
			columns: ["quiz", "labels", "title", "tags", "description", "questions"],
			incidental: ["number"],
		},
	],
	// The places of quizzes in the indexes follow from the table too, by triggers.
	otherTables: [
		...INDEXES.flatMap((name) => PARTS.map((part) => `${name}${part}`)),
		"search_places",
		"search_audiences",
	],
});
