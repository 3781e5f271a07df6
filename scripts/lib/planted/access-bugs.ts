import { type PlantedBug, testsOf } from "./bug.ts";

const attacks = testsOf("test/attacks.test.ts");
const tokens = testsOf("test/attacks-tokens.test.ts");

/** Who may see and do what. */
export const ACCESS_BUGS: readonly PlantedBug[] = [
	{
		name: "answer-key-shown",
		property: "answer key",
		what: "a playable single choice shows all of its question",
		file: "src/domain/answer-keys.ts",
		search: "return { ...head, options: question.options };",
		replace: "return { ...head, ...question };",
		caughtBy: [
			...testsOf("test/http-quizzes.test.ts")("is in no answer of any catalog, attempt or log route"),
			...testsOf("test/domain.test.ts")(
				"without its key shows all questions and options, and neither key nor explanation",
			),
		],
	},
	{
		name: "key-of-an-ordering-shown",
		property: "answer key",
		what: "a playable ordering shows all of its question",
		file: "src/domain/answer-keys.ts",
		search: "return { ...head, type: question.type, items: question.items };",
		replace: "return { ...head, ...question };",
		caughtBy: testsOf("test/http-questions.test.ts")("is in no answer for a taker: all else is shown"),
	},
	{
		name: "remembered-for-everybody",
		property: "API1",
		what: "a quiz that was read a moment ago may be attempted by whoever knows its id",
		file: "src/catalog/current-versions.ts",
		search: "if (!row || !audiences.includes(row.audience)) return null;",
		replace: "if (!row) return null;",
		caughtBy: testsOf("test/current-versions.test.ts")("is remembered for those only who may see the quiz"),
	},
	{
		name: "other-tenant-accepted",
		property: "API1",
		what: "a shard answers a caller of another tenant",
		file: "src/shard/runner.ts",
		search: "if (owner && (owner.tenant_id !== tenant || owner.user_id !== user)) return null;",
		replace: "if (owner && owner.user_id !== user) return null;",
		caughtBy: [
			...testsOf("test/shard.test.ts")("another tenant's call on the shard finds nothing and changes nothing"),
			...tokens("of the same user in another tenant does not open the user's shard"),
		],
	},
	{
		name: "service-of-another-tenant",
		property: "API1",
		what: "a service may act for users of every tenant",
		file: "src/api/accounts.ts",
		search: "(await tenantOf(env.CATALOG, user))) === tenant",
		replace: "(await tenantOf(env.CATALOG, user))) !== null",
		caughtBy: attacks("may act for a user whom ACCOUNTS knows and who never called"),
	},
	{
		name: "unknown-users-accepted",
		property: "API1",
		what: "a service may make shards for users that nobody knows",
		file: "src/api/user-call.ts",
		search: 'principal.scopes.has("on-behalf-of") && (await isKnownUser(c.env, user, principal.tenant))',
		replace: 'principal.scopes.has("on-behalf-of")',
		caughtBy: attacks("makes no object with fuzzed user ids"),
	},
	{
		name: "private-quiz-listed",
		property: "API1",
		what: "a private quiz is published to the author's tenant",
		file: "src/catalog/quizzes.ts",
		search: "WHEN 'private' THEN value ->> 'user'",
		replace: "WHEN 'private' THEN (SELECT tenant_id FROM shards WHERE user_id = value ->> 'user')",
		caughtBy: testsOf("test/http.test.ts")("a private one is for its author, a tenant's for the tenant"),
	},
	{
		name: "expired-token-remembered",
		property: "API2",
		what: "a token that was verified once is good for ever",
		file: "src/api/principal.ts",
		search: "if (known && known.expires_at_s * 1_000 > now) return known;",
		replace: "if (known) return known;",
		caughtBy: tokens("expire although the token was verified before and is remembered"),
	},
	{
		name: "audience-not-checked",
		property: "API2",
		what: "a token for another service is accepted",
		file: "src/api/principal.ts",
		search: "audience: settings.tokenAudience,",
		replace: "",
		caughtBy: tokens("with a wrong"),
	},
	{
		name: "scope-not-checked",
		property: "API2",
		what: "an operation does not ask for its scope",
		file: "src/api/principal.ts",
		search: 'if (principal.scopes.has(scope) || principal.scopes.has("admin")) return;',
		replace: "if (principal.scopes.size > 0) return;",
		caughtBy: attacks("is needed for"),
	},
	{
		name: "wait-does-not-wait",
		property: "R1",
		what: "Prefer: wait answers before the catalog has the change",
		file: "src/api/answer.ts",
		search: "if (cursor && cursor.seq >= seq) return",
		replace: "if (cursor && cursor.seq >= seq - 1) return",
		caughtBy: testsOf("test/http-contract.test.ts")(
			"waits for the very change, and answers 202 though the catalog has the one before",
		),
	},
];
