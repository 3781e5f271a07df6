import { type PlantedBug, testsOf } from "./bug.ts";

const atomicity = testsOf("test/atomicity.test.ts");
const http = testsOf("test/http.test.ts");
const limits = testsOf("test/limits.test.ts");
const shard = testsOf("test/shard.test.ts");
const verification = testsOf("test/verification.test.ts");

/** The shard: transactions, the log, idempotency. */
export const SHARD_BUGS: readonly PlantedBug[] = [
	{
		name: "no-transaction",
		property: "L6",
		what: "a command has no transaction around it",
		file: "src/shard/runner.ts",
		search: "return this.#ctx.storage.transactionSync(() => {\n\t\t\t\tconst owner",
		replace: "return ((run: () => T | null) => run())(() => {\n\t\t\t\tconst owner",
		caughtBy: atomicity("reserve", "submit an attempt"),
	},
	{
		name: "answer-not-kept",
		property: "L5",
		what: "the answer is not recorded under its key",
		file: "src/shard/runner.ts",
		search: "if (key) this.requests.keep(key, operation, input, answer, unit.now);",
		replace: "",
		caughtBy: testsOf("test/http-contract.test.ts")(
			"answers byte for byte as the first did",
			"is one effect if sent many",
		),
	},
	{
		name: "fingerprint-without-operation",
		property: "L5",
		what: "a key may be used again for another operation",
		file: "src/shard/requests.ts",
		search: "(operation: string, input: Json) =>",
		replace: '(_: string, input: Json, operation = "") =>',
		caughtBy: shard("a key that was used for one operation is refused for another, though their inputs are equal"),
	},
	{
		name: "fingerprint-without-body",
		property: "L5",
		what: "a key may be used again with another body",
		file: "src/shard/requests.ts",
		search: "(operation: string, input: Json) =>",
		replace: "(operation: string, _: Json, input = null) =>",
		caughtBy: http("with another body, or for another operation, is 422 and nothing changes"),
	},
	{
		name: "key-without-user",
		property: "L5",
		what: "the shard, and so the key's record, is chosen by tenant and not by user",
		file: "src/api/user-call.ts",
		search: "shard: c.env.SHARDS.getByName(user)",
		replace: "shard: c.env.SHARDS.getByName(principal.tenant)",
		caughtBy: http("of one user means nothing for another, of the same tenant too"),
	},
	{
		name: "key-forgotten-early",
		property: "L5",
		what: "a key is honoured in its own period only",
		file: "src/shard/requests.ts",
		search: "period - 1,\n",
		replace: "period,\n",
		caughtBy: shard("a key is honoured for at least one period"),
	},
	{
		name: "chain-without-previous",
		property: "L11",
		what: "a row's hash does not cover the hash before it",
		file: "src/domain/chain.ts",
		search: ".update(previous).update(canonical)",
		replace: ".update(canonical)",
		caughtBy: verification("finds history that was rewritten whole"),
	},
	{
		name: "chain-without-kind",
		property: "L11",
		what: "a row's hash does not cover its kind",
		file: "src/domain/chain.ts",
		search: "[row.seq, row.at, row.actor, row.kind, row.subject, row.body]",
		replace: "[row.seq, row.at, row.actor, row.subject, row.body]",
		caughtBy: shard("one changed column of one row is noticed"),
	},
	{
		name: "anchor-not-compared",
		property: "L11",
		what: "the verification does not look at the hash that the catalog has",
		file: "src/shard/verification.ts",
		search: "row.seq === anchor?.seq && row.hash !== anchor.hash",
		replace: "row.seq === anchor?.seq && row.hash === ''",
		caughtBy: verification("finds history that was rewritten whole"),
	},
	{
		name: "time-steps-back",
		property: "L7",
		what: "a log row has the time of a Worker whose clock is behind",
		file: "src/shard/log.ts",
		search: "return Math.max(now, this.head()?.at ?? 0);",
		replace: "return now;",
		caughtBy: shard("the log's times never step back"),
	},
	{
		name: "half-a-migration",
		property: "S4",
		what: "a migration has no transaction around it",
		file: "src/shard/migrate.ts",
		search: "storage.transactionSync(() => {",
		replace: "((run: () => void) => run())(() => {",
		caughtBy: [
			...shard("a migration that fails leaves the schema as it was"),
			...testsOf("test/shard-migrations.test.ts")("between any two statements starts when the fault is gone"),
		],
	},
	{
		name: "message-too-long",
		property: "R3",
		what: "a message may be longer than the platform takes",
		file: "src/shard/message.ts",
		search: "bytes > MESSAGE_BYTES_MAX ||",
		replace: "bytes > 2 * MESSAGE_BYTES_MAX ||",
		caughtBy: testsOf("test/replication.test.ts")("a message is cut at the platform's limit of bytes"),
	},
	{
		name: "message-of-too-many-rows",
		property: "R3",
		what: "a message may have a row too many",
		file: "src/shard/log.ts",
		search: "this.#rows(after, MESSAGE_EVENTS_MAX)",
		replace: "this.#rows(after, MESSAGE_EVENTS_MAX + 1)",
		caughtBy: limits("a message has at most as many rows as it may"),
	},
];
