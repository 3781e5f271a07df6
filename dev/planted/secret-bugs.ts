import { type PlantedBug, testsOf } from "./bug.ts";

const secrets = testsOf("test/attacks/secrets.test.ts");
const ownWrites = testsOf("test/http/own-writes.test.ts");
const slugs = testsOf("test/catalog/slugs.test.ts");
const authoring = testsOf("test/http/authoring.test.ts");

/** What answers tell of secrets and of what others do, and what authors see of their own changes. */
export const SECRET_BUGS: readonly PlantedBug[] = [
	{
		name: "version-is-the-hash",
		property: "T6",
		what: "clients see a version under the hash of its content",
		file: "src/catalog/quizzes/quizzes.ts",
		search: "	version: versionName(row.id, row.version_number),\n	tags",
		replace: "	tags",
		caughtBy: secrets("tells nothing by"),
	},
	{
		name: "feed-shows-digests",
		property: "T6",
		what: "the change feed shows the chain's own hashes",
		file: "src/service/log/shown-rows.ts",
		search: "hash: shownHash(digestKey, user, row.seq, hash)",
		replace: "hash",
		caughtBy: secrets("tells nothing by"),
	},
	{
		name: "frozen-without-nonce",
		property: "T6",
		what: "a content is frozen under the hash of what anybody may guess",
		file: "src/domain/quizzes/quiz.ts",
		search: "canonicalJson({ ...content, nonce })",
		replace: "canonicalJson({ ...content })",
		caughtBy: secrets("is nobody's to tell: it goes over a nonce of 128 bits"),
	},
	{
		name: "visitors-get-the-head",
		property: "API1",
		what: "who uses a share is told how long its owner's log is",
		file: "src/api/http/answer.ts",
		search: 'if (written && !visiting) c.header("Sync-Seq"',
		replace: 'if (written) c.header("Sync-Seq"',
		caughtBy: ownWrites("is not told of to who uses the share"),
	},
	{
		name: "hidden-claims-count",
		property: "T5",
		what: "a slug that a quiz had before it was withdrawn is not given to the next one",
		file: "migrations/catalog/0007_slugs.sql",
		search: "WHEN old.audience IS NOT new.audience BEGIN",
		replace: "WHEN new.audience IS NOT NULL BEGIN",
		caughtBy: slugs("and claimed the slug before"),
	},
	{
		name: "own-quiz-by-the-catalog",
		property: "own changes",
		what: "an author who has just published a quiz is told that there is none",
		file: "src/service/quizzes/visible-quiz.ts",
		search: "return granted ?? ownQuiz(await ownPublication(ctx, id), shown);",
		replace: "return granted ?? shown;",
		caughtBy: ownWrites("is read, attempted, counted and liked by its author"),
	},
	{
		name: "ids-are-counted",
		property: "T5",
		what: "the id of a quiz begins with how many its author has",
		file: "src/shard/quizzes/store.ts",
		search: "const row = randomRow(crypto.getRandomValues(new Uint8Array(5)));",
		replace: 'const row = this.#sql.one<{ n: number }>("SELECT count(*) + 1 AS n FROM quizzes")?.n ?? 0;',
		caughtBy: authoring("tell nothing of how much their author does"),
	},
];
