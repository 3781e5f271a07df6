import { afterAll, describe, expect, it } from "vitest";
import { type Client, call, newClient, quizDocument } from "../lib/harness.ts";
import { CLOSED, NOBODYS, send, type Things } from "../lib/operations.ts";
import { type Recorded, recordCatalog } from "../lib/recorded-queries.ts";
import { CANARY, READS, secretsIn, type TenantA, type TenantB, tenantA, tenantB } from "../lib/two-tenants.ts";

/**
 * What is not public in the catalog is scoped by tenant, by the queries themselves: no row that one of them gives a reader of tenant B has anything
 * of A's in it, whatever the code makes of it afterwards; and no answer to B is another one because A is there.
 */

const sources = import.meta.glob<string>("../../src/catalog/**/*.ts", {
	query: "?raw",
	import: "default",
	eager: true,
});

/** The engine that applies logs, and what the schedule does: nothing of it answers anybody. */
const OF_NO_READER = [
	"replication/",
	"reactions/popularity refreshPopularity",
	"media/media unheldAmong",
	"media/media purgePosition",
	"media/media movePurge",
];

/** Every function of the catalog that takes a database, as `file function`. */
const FUNCTIONS = Object.entries(sources).flatMap(([path, source]) => {
	const [, file = ""] = /src\/catalog\/(.*)\.ts$/.exec(path) ?? [];
	const found = source.matchAll(/export (?:async )?(?:function|const) (\w+)\b[^(]*\(\s*\w+: D1Database/g);
	return [...found]
		.map(([, name]) => `${file} ${name}`)
		.filter((each) => !OF_NO_READER.some((one) => each.startsWith(one)));
});

/** What only says of which tenant something is, for the code that refuses: that is not the reader's to see, and is not shown. */
const SAYS_WHOSE = [
	// What an isolate keeps of a quiz for all who attempt it, who are asked for by its audience.
	/^SELECT id, version, version_number, owner, published_at, audience FROM quizzes\s+WHERE id = \? AND audience IS NOT NULL$/,
];

/** What of A's they would find, if they found it. */
const SEARCHES = [
	...[
		`q=${CANARY}`,
		`q=${CANARY}&sort=newest`,
		`q=${CANARY}&sort=title`,
		`q=${CANARY}&facets=true`,
		"q=-nothing",
		"author={author}",
		"facets=true&tag=test",
		"limit=100",
		"sort=popular&limit=100",
		"sort=rating&limit=100",
		"sort=title&limit=100",
	].map((query) => `/v1/quizzes?${query}`),
	"/v1/collections?limit=100",
	"/v1/analytics/ai-usage?by=model",
	"/v1/analytics/ai-usage?by=model&user={author}",
	"/v1/analytics/ai-usage?by=day&user={author}",
];

/** Whoever asks for it about themselves asks for nothing afterwards. */
const ERASURE = "DELETE /v1/users/{user}";

/** Those that answer readers, but for an archive, which says when it was made. */
const OPERATIONS_OF_READERS = READS.filter(
	({ name, scope }) => scope !== "admin" && name !== "GET /v1/users/{user}/export",
);

/** What stands in an answer, without what is another one each time; a look is a view. */
const lasting = (text: string): string =>
	text.replaceAll(/"(request_id|next_cursor|views)":("[^"]*"|null|\d+)/g, '"$1":…');

/** The first test makes the two tenants, and asks everything once before the second is there. */
const TEST_MS_MAX = 180_000;

describe("a query of the catalog for a reader of tenant B", { timeout: TEST_MS_MAX }, () => {
	interface World {
		b: TenantB;
		/** Of another tenant, for what changes what its readers have: those who have most, and one who has least. */
		others: Client[];
		a: TenantA;
		/** What was answered to B when there was no A. */
		before: Map<string, string>;
	}

	let world: Promise<World> | undefined;
	let recording: ReturnType<typeof recordCatalog>;
	const theWorld = () => {
		world ??= (async () => {
			const b = await tenantB();
			// Each is known by its first call, and listed from then on.
			for (const reader of b.readers.values()) await reader.get("/v1/quizzes");
			const before = await ownReads(b);
			const a = await tenantA();
			const { readers } = await tenantB();
			const others = ["owner of its own things", "guest", "machine", "token with every scope but admin"].flatMap(
				(who) => readers.get(who) ?? [],
			);
			recording = recordCatalog();
			return { b, others, a, before };
		})();
		return world;
	};
	afterAll(() => recording.restore());

	const ofB = ({ readers: _, ...things }: TenantB, reader: Client): Things => ({
		...NOBODYS,
		...things,
		client: reader,
		tenant: reader.tenant,
		member: reader.user,
	});

	/** Every read of each reader of what is the reader's own. */
	async function ownReads(b: TenantB): Promise<Map<string, string>> {
		const answers = new Map<string, string>();
		for (const [who, reader] of b.readers) {
			for (const operation of OPERATIONS_OF_READERS) {
				const { status, text } = await send(reader, operation, ofB(b, reader), "me");
				answers.set(`${operation.name} as ${who}`, `${status} ${lasting(text)}`);
			}
		}
		return answers;
	}

	/** What was recorded since the last time. */
	const taken = (): Recorded[] => recording.take();

	const given = (a: TenantA, recorded: Recorded[]) =>
		recorded.flatMap(({ query, bound, rows }) =>
			SAYS_WHOSE.some((each) => each.test(query))
				? []
				: secretsIn(rows, a.secrets, bound).map((what) => `${what} by ${query}`),
		);

	it("would be noticed: A's own reads are given what is A's alone", async () => {
		const { a } = await theWorld();
		taken();
		for (const operation of READS) await send(a.client, operation, a, "me");
		const found = given(a, taken());
		expect(found.length).toBeGreaterThan(10);
		for (const what of ["a text", "a sum", "the id of the tenantQuiz", "the id of the collection"]) {
			expect(
				found.some((each) => each.startsWith(what)),
				what,
			).toBe(true);
		}
	});

	it("counts, orders and finds nothing of A's: every answer is as it was before there was an A", async () => {
		const { a, b, before } = await theWorld();
		taken();
		const after = await ownReads(b);
		expect(given(a, taken())).toEqual([]);
		for (const [asked, answer] of before) expect([asked, after.get(asked)]).toEqual([asked, answer]);
	});

	it.each(CLOSED.filter(({ name, path }) => !path.includes("{code}") && name !== ERASURE))(
		"gives nothing of A's to $name",
		async (operation) => {
			const { a, others } = await theWorld();
			expect(others).toHaveLength(4);
			taken();
			for (const reader of others) {
				for (const user of [a.client.user, "me"]) await send(reader, operation, a, user);
				await send(reader, operation, { ...a, tenant: reader.tenant }, "me");
			}
			expect(given(a, taken())).toEqual([]);
		},
	);

	it.each(SEARCHES)("gives nothing of A's to %s", async (path) => {
		const { a, b } = await theWorld();
		taken();
		for (const reader of b.readers.values()) {
			const { status } = await reader.get(path.replace("{author}", a.client.user));
			expect(status).toBeOneOf(path.includes("analytics") ? [200, 403] : [200]);
		}
		expect(given(a, taken())).toEqual([]);
	});

	it("is on the way of what is asked here, whichever function of the catalog makes it", async () => {
		const { a } = await theWorld();
		taken();
		for (const operation of READS) await send(a.client, operation, a, "me");
		for (const path of SEARCHES) await a.client.get(path.replace("{author}", a.client.user));
		const visitor = await newClient();
		const edit = await a.client.post(`/v1/users/me/quizzes/${a.quiz}/shares`, { access: "edit" });
		for (const code of [a.code, edit.body.code]) {
			for (const operation of CLOSED.filter(({ path }) => path.includes("{code}"))) {
				expect((await send(visitor, operation, { ...a, code }, "me")).status).toBe(200);
			}
		}
		await visitor.post("/v1/users/me/attempts", { quiz: a.quiz, answers: {} });
		await visitor.put(`/v1/users/${a.client.user}/quizzes/${a.quiz}`, quizDocument("Edited"), { "If-Match": "*" });
		await call(`/v1/media/${"0".repeat(64)}`);
		await a.client.request("DELETE", `/v1/users/me/quizzes/${a.quiz}/publication`, { headers: { Prefer: "wait=20" } });
		expect((await a.client.get(`/v1/quizzes/${a.quiz}/statistics`)).status).toBe(200);
		const reached = new Set(taken().flatMap(({ by }) => by));
		expect(FUNCTIONS.length).toBeGreaterThan(20);
		expect(FUNCTIONS.filter((each) => !reached.has(each))).toEqual([]);
	});
});
