import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import { audiencesOf } from "../../src/catalog/quizzes/quizzes.ts";
import { addressOf, quizAt } from "../../src/catalog/quizzes/slugs.ts";
import { effects } from "../../src/catalog/replication/fold.ts";
import { mintId } from "../../src/domain/ids.ts";
import type { LogEvent } from "../../src/domain/log/events.ts";
import { suffixedSlug } from "../../src/domain/quizzes/slugs.ts";
import {
	type Client,
	expectProblem,
	fresh,
	newClient,
	publishedQuiz,
	quizDocument,
	runsOf,
	testEnv,
} from "../lib/harness.ts";

/** Slugs: unique in a tenant, whoever comes first, in whichever order the catalog hears of it. */

const WAIT = { Prefer: "wait=20" };
const bySlug = (client: Client, slug: string) => client.get(`/v1/slugs/${slug}`);
const claim = (client: Client, quiz: string, slug: string) =>
	client.put(`/v1/users/me/quizzes/${quiz}/slug`, { slug }, WAIT);
const locationOf = ({ status, headers }: Awaited<ReturnType<typeof bySlug>>) => {
	expect([status, headers.get("Cache-Control")]).toEqual([308, "no-store"]);
	return headers.get("Location")?.replace("https://marksheet.test/v1/slugs/", "");
};

describe("a published quiz", () => {
	it("is found by the slug of its title, without its key, and says so", async () => {
		const author = await newClient();
		const quiz = await publishedQuiz(author, quizDocument("Über Vulkane"));
		const answer = await bySlug(author, "uber-vulkane");
		expect(answer.status).toBe(200);
		// Between the two a view may be counted.
		const views = expect.any(Number);
		expect({ ...answer.body, views }).toEqual({ ...(await author.get(`/v1/quizzes/${quiz}`)).body, views });
		expect(answer.body).toMatchObject({ id: quiz, slug: "uber-vulkane" });
		expect(answer.text).not.toMatch(/correct|canary|explanation/i);
		expect(answer.headers.get("ETag")).toMatch(/^"/);
		// A new title does not change an address that others may have.
		await author.put(`/v1/users/me/quizzes/${quiz}`, quizDocument("Changed"), { "If-Match": "*" });
		await author.put(`/v1/users/me/quizzes/${quiz}/publication`, { visibility: "public" }, WAIT);
		expect((await bySlug(author, "uber-vulkane")).body).toMatchObject({ id: quiz, title: "Changed" });
	});

	it("has no slug where its title gives none, until one is claimed", async () => {
		const author = await newClient();
		const quiz = await publishedQuiz(author, quizDocument("地理"));
		expect((await author.get(`/v1/quizzes/${quiz}`)).body.slug).toBeNull();
		expect((await claim(author, quiz, "geography")).body.slug).toBe("geography");
		expect((await bySlug(author, "geography")).body.id).toBe(quiz);
	});

	it("is led to from all of its old slugs, and from an old one that is claimed again without a way round", async () => {
		const author = await newClient();
		const quiz = await publishedQuiz(author, quizDocument("First"));
		for (const slug of ["second", "third"]) await claim(author, quiz, slug);
		for (const old of ["first", "second"]) expect(locationOf(await bySlug(author, old))).toBe("third");
		expect((await bySlug(author, "third")).body.id).toBe(quiz);
		await claim(author, quiz, "first");
		expect((await bySlug(author, "first")).body).toMatchObject({ id: quiz, slug: "first" });
		expect(locationOf(await bySlug(author, "third"))).toBe("first");
	});

	it("that comes later to a slug gets it with a suffix, until the first one gives it up", async () => {
		const tenant = fresh("ten");
		const [one, two, stranger] = [await newClient({ tenant }), await newClient({ tenant }), await newClient()];
		const first = await publishedQuiz(one, quizDocument("Algebra"));
		const second = await publishedQuiz(two, quizDocument("Algebra"));
		const suffixed = suffixedSlug("algebra", second);
		expect((await bySlug(one, "algebra")).body.id).toBe(first);
		expect((await bySlug(one, suffixed)).body).toMatchObject({ id: second, slug: suffixed });
		expect(locationOf(await bySlug(one, suffixedSlug("algebra", first)))).toBe("algebra");
		// Slugs are those of a tenant; another one's are asked for by its name.
		expectProblem(await bySlug(stranger, "algebra"), "not-found");
		expect((await bySlug(stranger, `algebra?tenant=${tenant}`)).body.id).toBe(first);
		const others = await publishedQuiz(stranger, quizDocument("Algebra"));
		expect((await bySlug(stranger, "algebra")).body.id).toBe(others);

		await one.request("DELETE", `/v1/users/me/quizzes/${first}`, { headers: WAIT });
		expect((await bySlug(one, "algebra")).body).toMatchObject({ id: second, slug: "algebra" });
		expect(locationOf(await bySlug(one, suffixed))).toBe("algebra");
		// Undeleted, it claims its slug anew, and comes later now.
		await one.post(`/v1/users/me/quizzes/${first}/undeletion`, undefined, WAIT);
		await one.put(`/v1/users/me/quizzes/${first}/publication`, { visibility: "public" }, WAIT);
		expect((await bySlug(one, "algebra")).body.id).toBe(second);
		expect((await one.get(`/v1/quizzes/${first}`)).body.slug).toBe(suffixedSlug("algebra", first));
	});

	it("a slug of no quiz is 404, and what is no slug is 400", async () => {
		const client = await newClient();
		for (const nobodys of ["nobodys", "statistics", "a~0000000000"]) {
			expectProblem(await bySlug(client, nobodys), "not-found");
		}
		for (const bad of ["Upper", "a~b", "a--b", "%27%20OR%201", "x".repeat(92)]) {
			expectProblem(await bySlug(client, bad), "invalid-request", ["/slug"]);
		}
		expectProblem(await client.get("/v1/slugs/a?tenant=usr_x"), "invalid-request", ["/tenant"]);
	});
});

/** Who may see a quiz; nobody, where it is withdrawn. */
const VISIBLE = ["public", "tenant", "private", null] as const;
type Visible = (typeof VISIBLE)[number];

interface Step {
	quiz: number;
	act: "claim" | "delete";
	slug: string;
	/** Of a claim. */
	claimed_at: number;
}

const threeOf = fc.tuple(...[0, 1, 2].map(() => fc.constantFrom(...VISIBLE)));

/** Logs of three shards, each of one quiz; then an order of all their events in which the catalog applies them. */
const history = fc
	.array(
		fc.record({
			quiz: fc.nat(2),
			act: fc.constantFrom("claim" as const, "claim" as const, "claim" as const, "delete" as const),
			slug: fc.constantFrom("a", "b", "c"),
			claimed_at: fc.nat(3),
		}),
		{ minLength: 1, maxLength: 12 },
	)
	.chain((steps) =>
		fc.record({
			steps: fc.constant(steps),
			/** At first, and from the middle of the events on. */
			visible: fc.tuple(threeOf, threeOf),
			order: fc.shuffledSubarray([...steps.keys()], { minLength: steps.length }),
			batch: fc.integer({ min: 1, max: 4 }),
		}),
	);

/** What the claims come to, computed from all of them at once: which slugs each reader finds, and the quizzes' addresses. */
function expectedOf(steps: Step[], quizzes: string[], visible: readonly Visible[]) {
	const live = quizzes.map((quiz, index) => {
		const own = steps.flatMap((step, seq) => (step.quiz === index ? [{ ...step, seq, id: quiz }] : []));
		const deleted = own.findLastIndex(({ act }) => act === "delete");
		return own.slice(deleted + 1);
	});
	/** The first of those that the owner of quiz `reader` sees who is shown no more than `most`. */
	const first = (slug: string, reader: number, most: Visible) =>
		live
			.flat()
			.filter((each) => each.slug === slug)
			.map((each) => ({ ...each, rank: VISIBLE.indexOf(visible[each.quiz] ?? null) }))
			.filter(({ quiz, rank }) => rank <= Math.min(VISIBLE.indexOf(most), quiz === reader ? 2 : 1))
			.sort((a, b) => a.rank - b.rank || a.claimed_at - b.claimed_at || (a.id < b.id ? -1 : 1))[0]?.id ?? null;
	const addresses = live.map((own, quiz) => {
		const current = own.at(-1);
		if (!current) return null;
		const isFirst = first(current.slug, quiz, visible[quiz] ?? null) === current.id;
		return isFirst ? current.slug : suffixedSlug(current.slug, current.id);
	});
	const slugs = quizzes.map((_, reader) => ["a", "b", "c"].map((slug) => first(slug, reader, "private")));
	return { slugs, addresses };
}

test("who has which slug does not depend on the order in which the catalog hears of it, re-driven events included", async () => {
	let serial = 0;
	await fc.assert(
		fc.asyncProperty(history, async ({ steps, order, batch, visible }) => {
			serial++;
			const tenant = fresh("ten");
			const users = [0, 1, 2].map(() => fresh("usr"));
			const quizzes = [0, 1, 2].map((n) =>
				mintId("quiz", serial, Uint8Array.of(serial >> 8, serial, 9, 9, 9, 9, 9, 9, 9, n)),
			);
			const db = testEnv.CATALOG;
			await db.batch(
				users.flatMap((user, n) => [
					db
						.prepare(
							"INSERT INTO shards (user_id, tenant_id, applied_seq, head_hash, applied_at) VALUES (?, ?, 0, '', 0)",
						)
						.bind(user, tenant),
					db
						.prepare(
							`INSERT INTO quizzes (id, owner, audience, visibility, version, version_number, title, description, tags, difficulty,
							source, questions, max_score, published_at, updated_at)
							VALUES (?, ?, ?, 'public', '', 1, '', '', '[]', '', '', 1, 1, 0, 0)`,
						)
						.bind(quizzes[n] ?? "", user, audienceOf(visible[0][n], user, tenant)),
				]),
			);
			const halfway = Math.floor(order.length / batch / 2) * batch;
			for (let start = 0; start < order.length; start += batch) {
				if (start === halfway) await db.batch(users.map((user, n) => moved(user, visible[1][n], tenant)));
				// Of one batch the events are in their logs' order.
				const together = order.slice(start, start + batch).sort((a, b) => a - b);
				const runs = together.map((index) => {
					const step = steps[index] as Step;
					return { user: users[step.quiz] ?? "", events: [eventOf(step, index + 1, quizzes[step.quiz] ?? "")] };
				});
				await db.batch(effects(db, runs));
			}
			const session = db.withSession("first-primary");
			const addresses = await Promise.all(quizzes.map((quiz) => addressOf(session, quiz)));
			const at = (user: string, address: string) => quizAt(session, tenant, address, audiencesOf({ tenant, user }));
			const slugs = await Promise.all(users.map((user) => Promise.all(["a", "b", "c"].map((slug) => at(user, slug)))));
			expect({ slugs, addresses }).toEqual(expectedOf(steps, quizzes, visible[1]));
			for (const [n, address] of addresses.entries()) {
				if (address !== null) expect(await at(users[n] ?? "", address)).toBe(quizzes[n]);
			}
		}),
		{ numRuns: runsOf(1_000) },
	);
});

const audienceOf = (visible: Visible | undefined, user: string, tenant: string) =>
	visible === "tenant" ? tenant : visible === "private" ? user : (visible ?? null);

const moved = (user: string, visible: Visible | undefined, tenant: string) =>
	testEnv.CATALOG.prepare("UPDATE quizzes SET audience = ? WHERE owner = ?").bind(
		audienceOf(visible, user, tenant),
		user,
	);

function eventOf({ act, slug, claimed_at }: Step, seq: number, quiz: string): LogEvent {
	const head = { seq, at: seq, actor: "usr_x", subject: quiz };
	if (act === "claim") return { ...head, kind: "quiz.slug_claimed", body: { quiz, slug, claimed_at } };
	return { ...head, kind: "quiz.deleted", body: { quiz, version_number: 0, slug: "a" } };
}

test("a slug that an earlier claim was late for goes to it when it comes", async () => {
	const tenant = fresh("ten");
	const [early, late] = [await newClient({ tenant }), await newClient({ tenant })];
	const quiz = await publishedQuiz(late, quizDocument("Contested"));
	const mine = await publishedQuiz(early, quizDocument("Another"));
	expect((await late.get(`/v1/quizzes/${quiz}`)).body.slug).toBe("contested");
	const event = eventOf({ quiz: 0, act: "claim", slug: "contested", claimed_at: 1 }, 3, mine);
	await testEnv.CATALOG.batch(effects(testEnv.CATALOG, [{ user: early.user, events: [event] }]));
	expect((await late.get(`/v1/quizzes/${quiz}`)).body.slug).toBe(suffixedSlug("contested", quiz));
});

describe("an address tells its readers nothing of quizzes that they may not see:", () => {
	const HIDDEN: Record<string, (owner: Client) => Promise<unknown>> = {
		private: (owner) => publishedQuiz(owner, quizDocument("Merger plans"), "private"),
		"a draft with a slug": async (owner) => {
			const { body } = await owner.post("/v1/users/me/quizzes", quizDocument("Whatever"));
			await claim(owner, body.id, "merger-plans");
		},
		withdrawn: async (owner) => {
			const quiz = await publishedQuiz(owner, quizDocument("Merger plans"));
			const headers = { Prefer: "wait=20" };
			expect((await owner.request("DELETE", `/v1/users/me/quizzes/${quiz}/publication`, { headers })).status).toBe(200);
		},
	};

	it.each(Object.entries(HIDDEN))("one that is %s and claimed the slug before", async (_, hide) => {
		const tenant = fresh("ten");
		const [owner, other] = [await newClient({ tenant }), await newClient({ tenant })];
		await hide(owner);
		const quiz = await publishedQuiz(other, quizDocument("Merger plans"));
		expect((await other.get(`/v1/quizzes/${quiz}`)).body.slug).toBe("merger-plans");
		for (const reader of [other, owner]) expect((await bySlug(reader, "merger-plans")).body.id).toBe(quiz);
	});

	it("to those outside of the tenant also one that is the tenant's; and each reader is led to what the reader sees", async () => {
		const tenant = fresh("ten");
		const [owner, other, outside] = [await newClient({ tenant }), await newClient({ tenant }), await newClient()];
		const own = await publishedQuiz(owner, quizDocument("Plans"), "private");
		const ours = await publishedQuiz(owner, quizDocument("Plans"), "tenant");
		const at = async (reader: Client) => (await bySlug(reader, `plans?tenant=${tenant}`)).body.id;
		expect([await at(owner), await at(other)]).toEqual([ours, ours]);
		expectProblem(await bySlug(outside, `plans?tenant=${tenant}`), "not-found");
		const everyones = await publishedQuiz(other, quizDocument("Plans"), "public");
		for (const reader of [owner, other, outside]) expect(await at(reader)).toBe(everyones);
		const addressOf = async (quiz: string) => (await owner.get(`/v1/quizzes/${quiz}`)).body.slug;
		expect(await addressOf(everyones)).toBe("plans");
		for (const quiz of [own, ours]) {
			expect(await addressOf(quiz)).toBe(suffixedSlug("plans", quiz));
			expect((await bySlug(owner, suffixedSlug("plans", quiz))).body.id).toBe(quiz);
			expectProblem(await bySlug(outside, `${suffixedSlug("plans", quiz)}?tenant=${tenant}`), "not-found");
		}
	});
});
