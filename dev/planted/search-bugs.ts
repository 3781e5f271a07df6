import { type PlantedBug, testsOf } from "./bug.ts";

const bounds = testsOf("test/catalog/search-bounds.test.ts");
const cursors = testsOf("test/http/cursors.test.ts");
const queries = testsOf("test/domain/search.test.ts");

/** What a search tells, and what it costs. */
export const SEARCH_BUGS: readonly PlantedBug[] = [
	{
		name: "cursor-of-any-list",
		property: "T5",
		what: "a cursor is taken by every list whose positions have its shape",
		file: "src/api/http/paging.ts",
		search: "return JSON.stringify({ tenant, subject, actor, path, query: query.sort(), filters });",
		replace: "return JSON.stringify({ tenant, subject, actor });",
		caughtBy: cursors(
			"lead to the next page, are refused by every other list, and hold nothing that can be read",
			"of a re-drive are bound to what is driven again",
		),
	},
	{
		name: "cursor-of-anybody",
		property: "T5",
		what: "a cursor is taken from whoever brings it",
		file: "src/api/http/paging.ts",
		search: "return JSON.stringify({ tenant, subject, actor, path,",
		replace: "return JSON.stringify({ path,",
		caughtBy: cursors(
			"are refused when somebody else brings them, and taken however the list of the same user is called",
		),
	},
	{
		name: "frequency-among-others",
		property: "T5",
		what: "how much related quizzes have in common goes by quizzes that the reader may not see",
		file: "src/catalog/search/scopes.ts",
		search: "AND rowid > base AND rowid < base",
		replace: "AND rowid > 0 AND rowid < 4611686018427387904",
		caughtBy: bounds("in results, order, cursors, counts, snippets, related quizzes, and rows read"),
	},
	{
		name: "search-without-a-bound",
		property: "T9",
		what: "a search goes through all of an audience's quizzes where every word is frequent",
		file: "src/catalog/search/scopes.ts",
		search: ") AS is_rare",
		replace: " OR true) AS is_rare",
		caughtBy: bounds("only the newest quizzes are ranked, and the list newest first goes on to all of them"),
	},
	{
		name: "many-beginnings",
		property: "T9",
		what: "every word with an asterisk is the beginning of one",
		file: "src/domain/search/search.ts",
		search: "term.prefix &&= !beginning || isSame(term, beginning);",
		replace: "term.prefix &&= isLongEnough(term);",
		caughtBy: queries("asks the index for at most so many words and one beginning, however it is written"),
	},
];
