/** What somebody adds and does not finish: an edit that types or lint must refuse, and where. */
export interface Omission {
	what: string;
	edits: readonly [Edit, ...Edit[]];
	/** Where there must be an error, and what that says. */
	refusals: readonly [Refusal, ...Refusal[]];
}

/** By the compiler, unless it says that it is by the linter. */
type Refusal = [file: string, says: string, by?: "types" | "lint"];

export interface Edit {
	file: string;
	/** Stands exactly once in the file. */
	search: string;
	replace: string;
}

const insertBefore = (file: string, search: string, added: string): Edit => ({
	file,
	search,
	replace: `${added}\n\t${search}`,
});

const FLAGGED = "quiz.flagged";
const DONATED = "credits.donated";
const IMAGINED = "shard.imagined";
const REMOVED = "media.removed";
const UNTESTED = "untested";

/** Held by test/node/exhaustive.test.ts, which makes all of these edits at once: no two may be in one another's way. */
export const OMISSIONS: readonly Omission[] = [
	{
		what: "a kind of event about which nobody has said what the fold, the unfold, the replay and the verification do",
		edits: [
			insertBefore(
				"src/domain/quizzes/events.ts",
				'"quiz.withdrawn": z.object',
				`"${FLAGGED}": z.object({ quiz: z.string() }),`,
			),
		],
		refusals: [
			["src/catalog/projections.ts", FLAGGED],
			["src/shard/quizzes/part.ts", FLAGGED],
		],
	},
	{
		what: "a kind of entry of the ledger about which nobody has said that either, nor what it does to a hold",
		edits: [
			insertBefore("src/domain/credits/ledger.ts", '"credits.low_balance": {', `"${DONATED}": Nothing;`),
			insertBefore(
				"src/domain/credits/events.ts",
				'"credits.low_balance": entry',
				`"${DONATED}": entry<"${DONATED}">(nothing),`,
			),
		],
		refusals: [
			["src/catalog/projections.ts", DONATED],
			["src/shard/credits/part.ts", DONATED],
			["src/domain/credits/generations.ts", "Function lacks ending return statement"],
		],
	},
	{
		what: "a kind of event of no capability, which no part of the shard writes",
		edits: [insertBefore("src/domain/log/events.ts", '"shard.opened": z.object', `"${IMAGINED}": z.object({}),`)],
		refusals: [
			["src/catalog/projections.ts", IMAGINED],
			["src/shard/parts.ts", IMAGINED],
		],
	},
	{
		what: "a kind of event that two parts of the shard write",
		edits: [
			{
				file: "src/shard/reactions/part.ts",
				search: "Part<ReactionKind,",
				replace: `Part<ReactionKind | "${REMOVED}",`,
			},
		],
		refusals: [
			["src/shard/reactions/part.ts", REMOVED],
			["src/shard/parts.ts", REMOVED],
		],
	},
	{
		what: "a command of the shard of which nobody tests that it is done whole or not at all",
		edits: [
			insertBefore(
				"src/shard/sharing/collection-calls.ts",
				"create(call: Call",
				`${UNTESTED}(call: Call) { return this.#run.command(call, "${UNTESTED}", {}, () => accepted(null)); }`,
			),
			insertBefore(
				"src/shard/sharing/collection-calls.ts",
				"import type { Call, Runner } from",
				'import { accepted } from "../../domain/result.ts";',
			),
		],
		refusals: [["test/shard/atomicity.test.ts", UNTESTED]],
	},
	{
		what: "a store of the shard that no part makes",
		edits: [insertBefore("src/shard/parts.ts", "secret: Secret;", "flags: object;")],
		refusals: [["src/shard/engine/runner.ts", "flags"]],
	},
	{
		what: "a route without a verb, which asks the catalog itself",
		edits: [
			{
				file: "src/api/sharing/collection-routes.ts",
				search: 'import { readCollection } from "../../service/sharing/read-collection.ts";',
				replace: 'import { readCatalogCollection } from "../../catalog/sharing/collections.ts";',
			},
			{
				file: "src/api/sharing/collection-routes.ts",
				search: 'await readCollection(ctxOf(c), c.req.valid("param"))',
				replace: 'await readCatalogCollection(c.env.CATALOG.withSession(), [], c.req.valid("param").collection)',
			},
		],
		refusals: [["src/api/sharing/collection-routes.ts", "api/ is a door", "lint"]],
	},
	{
		what: "a member of an entry's detail under another name, which the sums of usage still read under the old one",
		edits: [
			{ file: "src/domain/credits/ledger.ts", search: "\ttokens_used?: number", replace: "\ttokens?: number" },
			{ file: "src/domain/credits/events.ts", search: "\ttokens_used: z.number()", replace: "\ttokens: z.number()" },
		],
		refusals: [["src/catalog/credits/usage.ts", "tokens_used"]],
	},
	{
		what: "a line of the log with a text as it came, with a member that it does not have, and with one that could say anything",
		edits: [
			{ file: "src/ops/rebuild.ts", search: 'at: "rebuild", user: word(user)', replace: 'at: "rebuild", user' },
			{
				file: "src/ops/media-purge.ts",
				search: 'at: "media-purge", ...purge',
				replace: 'at: "media-purge", ...env, ...purge',
			},
			{
				file: "src/log-line.ts",
				search: "publisher: { failed: Told",
				replace: "publisher: { prompt: string; failed: Told",
			},
		],
		refusals: [
			["src/ops/rebuild.ts", "'string' is not assignable to type 'Told'"],
			["src/ops/media-purge.ts", "'CATALOG' are incompatible"],
			["src/log-line.ts", "'prompt' is incompatible"],
		],
	},
];
