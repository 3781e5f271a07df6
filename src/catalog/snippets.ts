import { SNIPPET_WORDS } from "../domain/limits.ts";
import { hasLongBeginning, markMatch, type Search } from "../domain/search.ts";

/** The pieces of quizzes' texts in which words were found. */

/** Where in a quiz the words were found: plain text, and in it the ranges [from, to) in UTF-16 code units. */
export interface Snippet {
	field: "title" | "description" | "questions" | "tags";
	text: string;
	marks: [from: number, to: number][];
}

/** Fields in the order in which one is chosen, with their places in the index. */
const FIELDS = { title: 0, description: 2, questions: 3, tags: 1 } as const;
const FIELD_NAMES = ["title", "description", "questions", "tags"] as const satisfies readonly (keyof typeof FIELDS)[];
/** Characters of private use, which no text has a reason to have; one that has them gets wrong ranges and nothing worse. */
const [BEGIN, END] = ["\ue000", "\ue001"];

const PIECES = FIELD_NAMES.map(
	(field) => `snippet(quiz_fts, ${FIELDS[field]}, char(${0xe000}), char(${0xe001}), '…', ${SNIPPET_WORDS}) AS ${field}`,
).join(", ");

export const SNIPPETS = `SELECT t.quiz, ${PIECES} FROM json_each(?2) AS id CROSS JOIN quiz_texts AS t ON t.quiz = id.value
	CROSS JOIN quiz_fts ON quiz_fts.rowid = t.number WHERE quiz_fts MATCH ?1`;

/**
 * The same in one pass. For a beginning that the index of beginnings does not hold, the engine gathers all its matches each time that the
 * expression is begun, which is once for each quiz above. What the pass reads is limited by the authors of these quizzes.
 */
export const SNIPPETS_IN_ONE_PASS = `WITH page AS MATERIALIZED (SELECT t.number, t.quiz, 'o' || lower(hex(q.owner)) AS author
		FROM json_each(?2) AS id CROSS JOIN quiz_texts AS t ON t.quiz = id.value CROSS JOIN quizzes AS q ON q.id = id.value)
	SELECT page.quiz, ${PIECES} FROM quiz_fts CROSS JOIN page ON page.number = quiz_fts.rowid
	WHERE quiz_fts MATCH ?1 || ' AND labels : (' || (SELECT group_concat('"' || author || '"', ' OR ') FROM page) || ')'
		AND quiz_fts.rowid BETWEEN (SELECT min(number) FROM page) AND (SELECT max(number) FROM page)`;

/**
 * The best piece of each quiz, by its id.
 * @param search has words to be found
 * @param quizzes ids of quizzes that the reader may see and that the words are in
 */
export async function snippetsOf(
	db: D1DatabaseSession,
	search: Search,
	quizzes: readonly string[],
): Promise<Map<string, Snippet>> {
	if (quizzes.length === 0) return new Map();
	type Row = Record<Snippet["field"] | "quiz", string>;
	const statement = db.prepare(hasLongBeginning(search) ? SNIPPETS_IN_ONE_PASS : SNIPPETS);
	const { results } = await statement.bind(markMatch(search), JSON.stringify(quizzes)).all<Row>();
	return new Map(
		results.flatMap((row): [string, Snippet][] => {
			const field = FIELD_NAMES.find((name) => row[name].includes(BEGIN));
			return field ? [[row.quiz, { field, ...marked(row[field]) }]] : [];
		}),
	);
}

/** The text without the characters that mark, and the ranges between them. */
export function marked(text: string): Pick<Snippet, "text" | "marks"> {
	const marks: Snippet["marks"] = [];
	let plain = "";
	let from = 0;
	for (const piece of text.split(/([\ue000\ue001])/)) {
		if (piece === BEGIN) from = plain.length;
		else if (piece === END) marks.push([from, plain.length]);
		else plain += piece;
	}
	return { text: plain, marks };
}
