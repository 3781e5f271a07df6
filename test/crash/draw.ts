import type { Operation, Request } from "./history.ts";
import type { Random } from "./random.ts";
import { answersTo, type KnownHold, quizTitled, type World } from "./world.ts";

/** What writers do, and how often. */
const WEIGHTS: Record<Operation, number> = {
	attempt: 40,
	reserve: 22,
	settle: 14,
	release: 5,
	extend: 5,
	grant: 3,
	revise: 4,
	publish: 4,
	withdraw: 2,
	create: 1,
};
const QUIZZES_MAX = 40;
const MODELS = ["small", "medium", "large"] as const;
const LONG_S = 6 * 60 * 60;

/** A request that makes sense as far as one knows; some are refused all the same, as in life. */
export function drawRequest(world: World, random: Random, name: string): Request {
	const operation = random.weighted(WEIGHTS);
	const request = requestFor(operation, world, random, name) ?? reserve(world, random, name);
	return random.chance(30) ? { ...request, wait_s: 1 } : request;
}

function requestFor(operation: Operation, world: World, random: Random, name: string): Request | null {
	switch (operation) {
		case "attempt":
			return attempt(world, random, name);
		case "reserve":
			return reserve(world, random, name);
		case "settle":
		case "release":
		case "extend":
			return onHold(operation, world, random, name);
		case "grant":
			return grant(world, random, name);
		case "create":
			return world.quizzes.length < QUIZZES_MAX ? create(oneOf(world.authors, random), random, name) : null;
		case "revise":
		case "publish":
		case "withdraw":
			return onQuiz(operation, world, random, name);
	}
}

function oneOf<T>(items: readonly T[], random: Random): T {
	const item = items[random.below(items.length)];
	if (item === undefined) throw new Error("there is nothing to choose from");
	return item;
}

const post = (operation: Operation, user: string, key: string, path: string, body: Request["body"]): Request => ({
	operation,
	user,
	key,
	method: "POST",
	path,
	body,
});

function attempt({ users, quizzes }: World, random: Random, name: string): Request {
	const body = { quiz: oneOf(quizzes, random).id, answers: answersTo(random), time_taken_s: random.below(600) };
	return post("attempt", oneOf(users, random), name, "/attempts", body);
}

function reserve({ users }: World, random: Random, name: string): Request {
	// A few run out during the run, so that the clock has something to do too.
	const ttl_s = random.chance(60) ? random.between(1, 5) : LONG_S;
	return post("reserve", oneOf(users, random), name, "/credits/holds", {
		amount: random.between(1, 5),
		ttl_s,
		late_settle: random.pick(["reject", "charge"]),
		over_capture: random.pick(["reject", "cap", { overdraft: 2 }]),
		...(random.chance(800) && { model: random.pick(MODELS) }),
		...(random.chance(100) && { prompt: `Prompt of ${name}` }),
	});
}

function onHold(operation: "settle" | "release" | "extend", world: World, random: Random, name: string) {
	const hold = takeHold(world, random, operation === "extend");
	if (!hold) return null;
	const path = `/credits/holds/${hold.id}`;
	switch (operation) {
		case "settle": {
			const usage = { tokens_used: random.below(5_000), cost_cents: random.below(20) };
			const amount = random.below(hold.amount + 2);
			return post(operation, hold.user, name, `${path}/settlement`, { amount, ...usage });
		}
		case "release":
			return post(operation, hold.user, name, `${path}/release`, { reason: name });
		case "extend":
			return post(operation, hold.user, name, `${path}/extension`, { amount: random.between(1, 3) });
	}
}

/** Some holds stay known, so that they are ended more than once. */
function takeHold({ holds }: World, random: Random, stays: boolean): KnownHold | null {
	const index = random.below(Math.max(holds.length, 1));
	const hold = holds[index];
	if (hold && !stays && !random.chance(150)) holds.splice(index, 1);
	return hold ?? null;
}

export function grant({ users }: Pick<World, "users">, random: Random, name: string): Request {
	const expires_at = Date.now() + random.between(2_000, 8_000);
	return post("grant", oneOf(users, random), name, "/credits/grants", {
		amount: random.between(1, 500),
		kind: random.pick(["plan", "purchase", "bonus"]),
		reference: name,
		...(random.chance(300) && { expires_at }),
	});
}

export function create(user: string, random: Random, name: string): Request {
	return post("create", user, name, "/quizzes", { ...quizTitled(name, random) });
}

function onQuiz(operation: "revise" | "publish" | "withdraw", { quizzes }: World, random: Random, name: string) {
	const { id, author, etag } = oneOf(quizzes, random);
	switch (operation) {
		case "revise":
			return revise(id, author, random.chance(300) ? "*" : etag, random, name);
		case "publish":
			return publish(id, author, random.chance(200) ? "tenant" : "public");
		case "withdraw":
			return {
				operation,
				user: author,
				method: "DELETE" as const,
				body: null,
				key: null,
				path: publicationOf(id),
			};
	}
}

const publicationOf = (quiz: string) => `/quizzes/${quiz}/publication`;

function revise(id: string, user: string, etag: string, random: Random, name: string): Request {
	const body = { ...quizTitled(name, random) };
	return { operation: "revise", user, method: "PUT", path: `/quizzes/${id}`, body, key: null, etag };
}

export function publish(quiz: string, user: string, visibility: string): Request {
	return { operation: "publish", user, method: "PUT", path: publicationOf(quiz), body: { visibility }, key: null };
}
