import { type PlantedBug, testsOf } from "./bug.ts";

const rateLimits = testsOf("test/http/rate-limits.test.ts");
const faults = testsOf("test/http/faults.test.ts");

/** What stands before the operations, and what becomes of the platform's faults. */
export const EDGE_BUGS: readonly PlantedBug[] = [
	{
		name: "address-from-the-host",
		property: "API8",
		what: "the address of the next page has the origin that the request calls its own",
		file: "src/api/http/paging.ts",
		search: "publicOriginOf(c.env)",
		replace: "url.origin",
		caughtBy: testsOf("test/http/addresses.test.ts")(
			"of the next page, of an image, of a problem and of a quiz's current slug begin with",
		),
	},
	{
		name: "overloaded-asked-again",
		property: "API4",
		what: "a shard that is overloaded gets the same call once more",
		file: "src/service/shard-of.ts",
		search: "if (!repeatable || !platformFault(error)?.again) throw error;",
		replace: "if (!repeatable || !platformFault(error)) throw error;",
		caughtBy: faults("is not asked again by"),
	},
	{
		name: "unkeyed-told-again",
		property: "L5",
		what: "a POST without a key is carried out twice where the first answer was lost",
		file: "src/service/verbs.ts",
		search: "shardOfUser(ctx, input.user, scope, hasKey)",
		replace: "shardOfUser(ctx, input.user, scope, true)",
		caughtBy: faults("is not asked again by"),
	},
	{
		name: "attempts-need-the-catalog",
		property: "R5",
		what: "an attempt is refused while the catalog fails, whatever else knows the version",
		file: "src/catalog/quizzes/current-versions.ts",
		search: "if (!found) throw error;",
		replace: "throw error;",
		caughtBy: faults("takes no attempt away: the version is known since the publication"),
	},
	{
		name: "private-quiz-open-in-an-outage",
		property: "API1",
		what: "while the catalog fails, whoever knows a quiz's id may attempt it",
		file: "src/catalog/quizzes/current-versions.ts",
		search: ": shownTo(audiences, await nearby(sources.CONTENT_CACHE, id));",
		replace: ": nearby(sources.CONTENT_CACHE, id);",
		caughtBy: faults("opens a private quiz to nobody else, and lets its author attempt it"),
	},
	{
		name: "failures-not-logged",
		property: "R6",
		what: "a batch that failed has a log line as seldom as one that went well",
		file: "src/catalog/replication/receiver.ts",
		search: "if (!isWell || isSampled(successShare))",
		replace: "if (isSampled(successShare))",
		caughtBy: testsOf("test/http/log-lines.test.ts")("of batches with which something was wrong are all kept"),
	},
	{
		name: "a-request-too-many",
		property: "API4",
		what: "each limit lets one more through than it says",
		file: "src/api/http/rate-limits.ts",
		search: "return count <= limit;",
		replace: "return count <= limit + 1;",
		caughtBy: rateLimits(
			"the last that a user may send passes, the next is 429",
			"counts before the credential is looked at",
		),
	},
	{
		name: "limiter-down-service-down",
		property: "API4",
		what: "a limiter that fails refuses everybody",
		file: "src/api/http/rate-limits.ts",
		search: "(await byPlatform(env, rateClass, key, now)) ?? byIsolate(rateClass, key, rate, now)",
		replace: "(await byPlatform(env, rateClass, key, now)) ?? false",
		caughtBy: rateLimits("are counted by the isolate where the platform's limiter fails, which is told once"),
	},
	{
		name: "two-reads-for-nothing",
		property: "API4",
		what: "an image that nobody has is looked for aside too",
		file: "src/catalog/media/media-objects.ts",
		search: "if (!(await isHeld(db, hash))) return null;",
		replace: "if ((await bucket.head(ASIDE_PREFIX + hash)) === null || !(await isHeld(db, hash))) return null;",
		caughtBy: testsOf("test/http/without-credential.test.ts")(
			"an image that nobody has costs one read of the bucket, and one of the catalog in a minute",
		),
	},
];
