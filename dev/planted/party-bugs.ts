import { type PlantedBug, testsOf } from "./bug.ts";

const parties = testsOf("test/attacks/parties.test.ts");

/** Parties of different trust: tenants, actors, visitors. */
export const PARTY_BUGS: readonly PlantedBug[] = [
	{
		name: "key-of-anybody",
		property: "T7",
		what: "a key finds the record of any actor",
		file: "src/shard/engine/requests.ts",
		search: "rows.find((row) => this.#isOf(row, key.actor, asked))",
		replace: "rows.at(0)",
		caughtBy: [
			...parties("so that the user's key keeps no service from any operation"),
			...testsOf("test/http/credits-rpc.test.ts")("takes a key for new that the user, or another service, has used"),
		],
	},
	{
		name: "tenant-not-asked",
		property: "T7",
		what: "a token of another tenant than its user's is refused by the shard alone",
		file: "src/service/tenants.ts",
		search: "if (known === null || known === tenant) return null;",
		replace: "if (known !== tenant || known === tenant) return null;",
		caughtBy: parties("is refused by every operation with a plain 403"),
	},
	{
		name: "unknown-user-is-an-audience",
		property: "T7",
		what: "the bare id of a user whom the directory does not know is an audience",
		file: "src/service/quizzes/audiences.ts",
		search: "is_member ? principal.subject : NOBODY",
		replace: "principal.subject ?? NOBODY",
		caughtBy: parties("is in no audience by the bare id while ACCOUNTS does not answer"),
	},
	{
		name: "grant-of-any-tenant",
		property: "T7",
		what: "what a share gave to a user is given to the same id of another tenant",
		file: "src/shard/sharing/shares.ts",
		search: "AND (g.tenant IS NULL OR g.tenant = ?)",
		replace: "AND (g.tenant IS NULL OR g.tenant = g.tenant OR g.tenant = ?)",
		caughtBy: parties("a use is of one user of one tenant"),
	},
	{
		name: "copy-after-revocation",
		property: "API1",
		what: "a replayed redemption makes its copy without asking whether the share is alive",
		file: "src/service/sharing/redeem-share.ts",
		search: "const given = await stillGiven();",
		replace: "const given = accepted(null) as Outcome<unknown>;",
		caughtBy: parties("a copy that could not be made before the share was revoked is not made after it"),
	},
	{
		name: "visitors-answers-kept",
		property: "T8",
		what: "answers to visitors that changed nothing are kept in the owner's shard",
		file: "src/shard/engine/runner.ts",
		search: "if (!visiting || changed) opened",
		replace: "opened",
		caughtBy: parties("is one row for each who uses a share"),
	},
	{
		name: "answer-kept-whole",
		property: "T8",
		what: "the record of an answer holds the whole quiz",
		file: "src/shard/quizzes/keeping.ts",
		search: "shorten: ({ content: _, ...head }) => head,",
		replace: "shorten: (quiz) => quiz,",
		caughtBy: testsOf("test/shard/growth.test.ts")("by restorations, each under a key of its own"),
	},
	{
		name: "delivered-unpaid",
		property: "generator",
		what: "the example of a generator delivers what could not be charged",
		file: "examples/generator/src/generation.ts",
		search: "if (shortfall > 0) {",
		replace: "if (shortfall < 0) {",
		caughtBy: testsOf("test/node/generator-attacks.test.ts")(
			"who lets the hold run out and spends its credits elsewhere",
		),
	},
];
