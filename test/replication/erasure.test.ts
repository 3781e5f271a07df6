import { runInDurableObject } from "cloudflare:test";
import { afterEach, expect, test, vi } from "vitest";
import { beginRebuild } from "../../src/catalog/replication/rebuilds.ts";
import { FOLDED_TABLES } from "../../src/catalog/replication/tables.ts";
import { HOLD_TTL_S_MAX } from "../../src/domain/credits/limits.ts";
import { type Message, messageSchema } from "../../src/domain/log/events.ts";
import { continueRebuild } from "../../src/ops/rebuild.ts";
import { redrive } from "../../src/ops/redrive.ts";
import { ErasureCalls } from "../../src/shard/privacy/erasure-calls.ts";
import { busyUser, withParts } from "../lib/busy-users.ts";
import { catalogDigest } from "../lib/catalog-digest.ts";
import { erase, finishErasures, requestErasure } from "../lib/erasures.ts";
import {
	type Client,
	caughtUp,
	deliver,
	EVERY_SCOPE,
	newClient,
	publishedQuiz,
	quizDocument,
	runsOf,
	testEnv,
} from "../lib/harness.ts";
import { png, uploaded } from "../lib/images.ts";
import { randomFrom } from "../lib/ledger-harness.ts";

/** Property E1: after an erasure the catalog equals one that never knew the user, now and after whatever may bring something back. */

afterEach(() => {
	vi.restoreAllMocks();
});

/** All messages of the log of a user, or a tenant, from its beginning. */
async function messagesOf(user: string): Promise<Message[]> {
	const messages: Message[] = [];
	for (let after = 0; ; ) {
		const body: unknown = await testEnv.SHARDS.getByName(user).log.message(after);
		if (body === null) return messages;
		const message = messageSchema.parse(body);
		messages.push(message);
		after = message.last;
	}
}

/** What the catalog is, but for the logs of tenants, which grow by what their administrators do. */
async function digest() {
	const { shards: _, ...tables } = await catalogDigest();
	const query =
		"SELECT user_id, tenant_id, applied_seq, head_hash FROM shards WHERE user_id LIKE 'usr_%' AND tenant_id <> '' ORDER BY 1";
	return { ...tables, directory: (await testEnv.CATALOG.prepare(query).all()).results };
}

/** The same of a catalog that is made of the logs alone that are not these users', by nothing but their messages. */
async function digestWithout(gone: readonly Client[]) {
	const { results } = await testEnv.CATALOG.prepare("SELECT user_id FROM shards").all<{ user_id: string }>();
	const left = results.map(({ user_id }) => user_id).filter((user) => gone.every((client) => client.user !== user));
	const logs = await Promise.all(left.map(messagesOf));
	const others = ["applied_days", "lagging", "rows_ahead", "rebuilds"];
	const tables = [...FOLDED_TABLES.filter(({ kind }) => kind !== "mirrors").map(({ name }) => name), ...others];
	await testEnv.CATALOG.batch(tables.toReversed().map((name) => testEnv.CATALOG.prepare(`DELETE FROM ${name}`)));
	for (const log of logs) for (const message of log) await deliver([message]);
	return digest();
}

async function rebuildAll(): Promise<void> {
	await beginRebuild(testEnv.CATALOG, null, Date.now());
	for (let calls = 0; calls < 200; calls++) {
		if ((await continueRebuild(testEnv, Date.now))?.finished_at != null) return;
	}
	expect.unreachable("the rebuild does not end");
}

test("the catalog equals one of the others' logs alone, also after rebuilds, re-drives and late messages", {
	timeout: 120_000,
}, async () => {
	const author = await newClient();
	const quiz = await publishedQuiz(author, withParts("A quiz", 1));
	const clients: Client[] = [];
	for (let serial = 0; serial < 4; serial++) clients.push(await busyUser(author, quiz, serial, HOLD_TTL_S_MAX));
	const [gone = author, also = author, ...others] = clients;
	// What somebody else has made of theirs stays.
	const theirs = await publishedQuiz(gone, quizDocument("Theirs"));
	for (const other of others) await other.post("/v1/users/me/attempts", { quiz: theirs, answers: { 1: 0 } });
	for (const client of [author, ...clients]) await caughtUp(client);
	const kept = [...(await messagesOf(gone.user)), ...(await messagesOf(also.user))];
	await erase(gone);
	await erase(also);
	const erased = await digest();
	for (const bringsBack of [
		() => deliver(kept),
		() => deliver([...kept].reverse()),
		() => redrive(testEnv, {}, null),
		rebuildAll,
		() => deliver(kept),
	]) {
		await bringsBack();
		expect(await digest()).toEqual(erased);
	}
	const operator = await newClient({ scope: EVERY_SCOPE });
	expect((await operator.post("/v1/admin/replication/rebuild", { user: gone.user })).status).toBe(404);
	expect((await requestErasure(gone)).body).toMatchObject({ status: "erased", user: gone.user });
	expect(await digestWithout([gone, also])).toEqual(erased);
});

type Method = (...args: unknown[]) => unknown;

/** Everything outside of the Worker that an erasure calls: each of these calls is a place where the machine may be lost. */
const CALLED: readonly [object: object, methods: readonly string[]][] = [
	[testEnv.KEYS, ["put", "delete"]],
	[testEnv.KEYS_COPY, ["put", "delete"]],
	[testEnv.CONTENT, ["get", "put", "delete"]],
	[testEnv.CONTENT_CACHE, ["delete"]],
	[testEnv.CATALOG, ["batch"]],
	[testEnv.ACCOUNTS, ["batch"]],
	[Object.getPrototypeOf(testEnv.CATALOG.prepare("SELECT 1")), ["run", "first", "all"]],
	[ErasureCalls.prototype, ["begin", "rows", "hashAt", "empty", "renew"]],
];

/**
 * Loses the machine at a call, before the call or after it has had its effect: whatever it would do then fails too.
 * @returns how many calls there were until then
 */
async function losing(at: number, when: "before" | "after", work: () => Promise<void>): Promise<number> {
	let calls = 0;
	let isLost = false;
	const lost = () => {
		isLost = true;
		throw new Error("the machine was lost");
	};
	const spies = CALLED.flatMap(([object, methods]) =>
		methods.map((name) => {
			const target = object as Record<string, Method>;
			const original = target[name] as Method;
			return vi.spyOn(target, name).mockImplementation(function (this: unknown, ...args: unknown[]) {
				if (isLost) return lost();
				calls++;
				if (calls !== at) return Reflect.apply(original, this, args);
				if (when === "before") return lost();
				return (async () => {
					await Reflect.apply(original, this, args);
					lost();
				})();
			});
		}),
	);
	vi.spyOn(console, "error").mockImplementation(() => undefined);
	await work().catch(() => undefined);
	for (const spy of spies) spy.mockRestore();
	vi.restoreAllMocks();
	return calls;
}

const hashed = async (bytes: Uint8Array<ArrayBuffer>) =>
	Buffer.from(await crypto.subtle.digest("SHA-256", bytes)).toString("hex");

/** A user who has something in every store, alone; and an image that others have too. */
async function smallUser(author: Client, quiz: string) {
	const client = await newClient();
	const at = (path: string) => `/v1/users/me/${path}`;
	const own = await publishedQuiz(client, quizDocument(`Own of ${client.user}`));
	await client.post(at("attempts"), { quiz, answers: { 1: 0 } });
	await client.post(at("credits/grants"), { amount: 5, kind: "purchase" });
	const { body: hold } = await client.post(at("credits/holds"), { amount: 2, prompt: "private", model: "m" });
	await client.post(at(`credits/holds/${hold.id}/settlement`), { amount: 1 });
	const picture = png(2, 3, client.user);
	const images = [await uploaded(client, picture), await uploaded(client, png(4, 4))];
	expect(images[0]).toBe(await hashed(picture));
	await client.put(at(`likes/${quiz}`));
	await client.post(at("collections"), { title: "Mine", visibility: "public", quizzes: [quiz] });
	const { body: share } = await client.post(`/v1/users/me/quizzes/${own}/shares`, { access: "attempt" });
	expect((await author.post(`/v1/shares/${share.code}/redemption`)).status).toBe(200);
	await caughtUp(client);
	const query = "SELECT version FROM quiz_versions WHERE quiz = ?";
	const version = await testEnv.CATALOG.prepare(query).bind(own).first<string>("version");
	return { client, own, images, version: version ?? "" };
}

/** What is left of the user anywhere outside of the catalog. */
async function leftOf({
	client: { user, ...client },
	own,
	images: [image = ""],
	version,
}: Awaited<ReturnType<typeof smallUser>>) {
	const kept = [
		["KEYS", `keys/${user}`],
		["KEYS_COPY", `keys/${user}`],
		["CONTENT", version],
		["CONTENT", `media/${image}`],
	] as const;
	const objects = await Promise.all(
		kept.map(async ([bucket, key]) => ((await testEnv[bucket].head(key)) ? key : null)),
	);
	const near = await Promise.all(
		[`current/${own}`, version].map(async (key) => ((await testEnv.CONTENT_CACHE.get(key)) ? key : null)),
	);
	const log = await runInDurableObject(client.shard(), (_, { storage: { sql } }) =>
		sql
			.exec<{ kind: string }>("SELECT kind FROM log")
			.toArray()
			.map(({ kind }) => kind),
	);
	const row = await testEnv.ACCOUNTS.prepare("SELECT status FROM users WHERE id = ?")
		.bind(user)
		.first<string>("status");
	const erased = await testEnv.KEYS.head(`erased/${user}`);
	const shared = await testEnv.CONTENT.head(`media/${await hashed(png(4, 4))}`);
	return {
		left: [...objects, ...near].filter(Boolean),
		log,
		row,
		erased: erased !== null,
		uploader: shared?.customMetadata?.user,
	};
}

test("an erasure that is lost at any call goes on, and comes to the same end", { timeout: 900_000 }, async () => {
	const author = await newClient();
	const quiz = await publishedQuiz(author);
	await uploaded(author, png(4, 4));
	// So that the author's own uses of shares change no figure of others.
	await caughtUp(author);
	const before = await digest();
	const whole = await smallUser(author, quiz);
	await requestErasure(whole.client);
	const total = await losing(Number.POSITIVE_INFINITY, "before", finishErasures);
	expect(total).toBeGreaterThan(40);
	const places = runsOf(10 * total) === total ? 8 : total;
	for (let n = 0; n < places; n++) {
		const at = 1 + Math.floor((n * total) / places);
		for (const when of ["before", "after"] as const) {
			const user = await smallUser(author, quiz);
			await losing(at, when, async () => {
				await requestErasure(user.client);
				await finishErasures();
			});
			await erase(user.client);
			const place = `${when} call ${at} of ${total}`;
			expect({ place, ...(await leftOf(user)) }).toEqual({
				place,
				left: [],
				log: ["shard.erased"],
				row: "erased",
				erased: true,
				uploader: author.user,
			});
			expect({ place, digest: await digest() }).toEqual({ place, digest: before });
		}
	}
});

/** One of many: takes some quizzes, makes one perhaps, spends, likes. What fails because its quiz is gone fails. */
async function live(client: Client, quizzes: readonly string[], draw: () => number): Promise<string[]> {
	const one = () => quizzes[Math.floor(draw() * quizzes.length)] ?? "";
	const at = (path: string) => `/v1/users/me/${path}`;
	for (let n = 0; n < 2; n++) {
		const answers = { 1: Math.floor(4 * draw()), 2: Math.floor(4 * draw()) };
		await client.post(at("attempts"), { quiz: one(), answers });
	}
	if (draw() < 0.5) await client.put(at(`likes/${one()}`));
	if (draw() < 0.3) await client.put(at(`favorites/${one()}`));
	if (draw() < 0.5) {
		await client.post(at("credits/grants"), { amount: 9, kind: "purchase" });
		const terms = { amount: 3, ttl_s: HOLD_TTL_S_MAX, prompt: "private", model: "m" };
		const { body: hold } = await client.post(at("credits/holds"), terms);
		if (draw() < 0.7) await client.post(at(`credits/holds/${hold.id}/settlement`), { amount: 2, tokens_used: 7 });
	}
	if (draw() < 0.2)
		await client.post(at("collections"), { title: "Some", visibility: "tenant", quizzes: [one(), one()] });
	if (draw() >= 0.25) return [];
	const { body: quiz } = await client.post(at("quizzes"), quizDocument(`By ${client.user}`));
	await client.put(at(`quizzes/${quiz.id}/publication`), { visibility: "public" });
	return [quiz.id];
}

const AT_ONCE = 10;

/** Also those whose messages were given up under load, and who send again when they are due. */
async function allCaughtUp(clients: readonly Client[]): Promise<void> {
	const lags = () => Promise.all(clients.map(async (client) => (await client.get("/v1/users/me/sync")).body.lag));
	await expect
		.poll(async () => (await lags()).filter((lag) => lag !== 0), { timeout: 300_000, interval: 1_000 })
		.toEqual([]);
}

test("of many users some are erased while all of them go on: the catalog is that of the others", {
	timeout: 3_600_000,
}, async () => {
	const [users, erasures] = [runsOf(1_000), runsOf(100)];
	const random = randomFrom(Number(testEnv.TEST_SEED ?? 20_261_127));
	const draw = () => random.below(1_000_000) / 1_000_000;
	const quizzes = [await publishedQuiz(await newClient())];
	const clients = await Promise.all(Array.from({ length: users }, () => newClient()));
	const allLive = async () => {
		for (let n = 0; n < users; n += AT_ONCE) {
			const some = clients.slice(n, n + AT_ONCE);
			quizzes.push(...(await Promise.all(some.map((client) => live(client, quizzes, draw)))).flat());
		}
	};
	await allLive();
	// Authors among them, whose quizzes others have taken.
	const gone = clients.filter((_, n) => n % (users / erasures) === 3);
	const others = clients.filter((client) => !gone.includes(client));
	const kept = (await Promise.all(gone.map(({ user }) => messagesOf(user)))).flat();
	for (const client of gone) expect((await requestErasure(client)).status).toBe(202);
	await Promise.all([allLive(), finishErasures(), deliver(kept.slice(0, 20))]);
	await finishErasures();
	await allCaughtUp(others);
	const erased = await digest();
	await deliver(kept);
	expect(await digest()).toEqual(erased);
	for (const client of gone) {
		const left = await testEnv.CATALOG.prepare("SELECT applied_seq, tenant_id FROM shards WHERE user_id = ?")
			.bind(client.user)
			.first();
		expect(left).toEqual({ applied_seq: 0, tenant_id: "" });
	}
	await rebuildAll();
	expect(await digest()).toEqual(erased);
	expect(await digestWithout(gone)).toEqual(erased);
});
