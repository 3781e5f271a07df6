import { runInDurableObject } from "cloudflare:test";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { putVersion } from "../../src/catalog/quizzes/versions.ts";
import { DIGESTS } from "../../src/domain/concealment.ts";
import { hex } from "../../src/domain/log/chain.ts";
import { EVENT_BODIES } from "../../src/domain/log/events.ts";
import { freeze, type QuizContent, quizContentSchema } from "../../src/domain/quizzes/quiz.ts";
import type { UserShard } from "../../src/index.ts";
import { DigestAttacker, digestOf, textsOf } from "../lib/digest-attacker.ts";
import {
	ALL_SCOPES,
	type Client,
	call,
	caughtUp,
	EVERY_SCOPE,
	newClient,
	publishedQuiz,
	runnerOf,
	testEnv,
} from "../lib/harness.ts";
import {
	NOBODYS,
	OPERATIONS,
	type Operation,
	OWN_READS,
	send,
	type Things,
	userWithThings,
} from "../lib/operations.ts";
import { everyType } from "../lib/question-types.ts";
import { foldAll, recordedLog } from "../lib/recorded-log.ts";

/** No digest of a secret together with public text leaves the server, whoever asks and whatever is asked. */

const PROMPT = "Make a quiz of the secret recipe";
const CONVERSATION = [{ role: "user", content: "With saffron" }];

/** Everything that is a digest in the user's shard: the chain of its log, and what rows and columns name by SHA-256. */
async function storedDigests(client: Client): Promise<string[]> {
	return runInDurableObject(client.shard(), (_, { storage: { sql } }) => {
		const all = (query: string) => sql.exec<{ text: string }>(query).toArray();
		const chain = sql.exec<{ hash: ArrayBuffer }>("SELECT hash FROM log").toArray();
		const rows = [
			...all("SELECT body AS text FROM log WHERE kind NOT LIKE 'media.%'"),
			...all("SELECT draft_hash || ' ' || coalesce(version_hash, '') AS text FROM quizzes"),
			...all("SELECT hash || ' ' || coalesce(draft_hash, '') AS text FROM quiz_versions"),
			...all("SELECT version AS text FROM attempts"),
			...all("SELECT code_hash AS text FROM shares"),
		];
		const named = rows.flatMap(({ text }) => text.match(/\b[0-9a-f]{64}\b/g) ?? []);
		return [...chain.map(({ hash }) => hex(new Uint8Array(hash))), ...named];
	});
}

/** Publishes a draft of the author's as the code did before contents had nonces: under the hash of what it says, key and all. */
async function publishedAsBefore(author: Client, document: unknown, visibility: "public" | "private"): Promise<string> {
	const created = await author.post("/v1/users/me/quizzes", document);
	const quiz: string = created.body.id;
	await publishAsBefore(author, quiz, document, visibility, 1);
	return quiz;
}

/** The same of the draft of a quiz that there is, as version `number`. */
async function publishAsBefore(
	author: Client,
	quiz: string,
	document: unknown,
	visibility: "public" | "private",
	number: number,
): Promise<void> {
	const content: QuizContent = quizContentSchema.parse(document);
	const { hash, text, bytes } = freeze(content);
	await putVersion(testEnv, hash, text);
	await runInDurableObject(author.shard(), (instance: UserShard, { storage }) => {
		const { log } = runnerOf(instance).stores;
		storage.transactionSync(() => {
			const now = log.clock(Date.now());
			const { title, description, tags, difficulty, source } = content;
			const body = {
				quiz,
				version: hash,
				version_number: number,
				bytes,
				visibility,
				title,
				description,
				tags,
				difficulty,
				source,
				questions: 1,
				max_score: 1,
				published_at: now,
			};
			log.append({ user: author.user, tenant: author.tenant, actor: author.user }, now, "quiz.published", quiz, body);
			storage.sql.exec(
				`INSERT INTO quiz_versions (quiz, number, hash, content, published_at)
				SELECT seq, ?, draft_hash, draft, ? FROM quizzes WHERE id = ?`,
				number,
				now,
				quiz,
			);
			storage.sql.exec(
				`UPDATE quizzes SET status = 'published', visibility = ?, version = ?, version_hash = draft_hash,
				published_at = coalesce(published_at, ?), updated_at = ? WHERE id = ?`,
				visibility,
				number,
				now,
				now,
				quiz,
			);
		});
	});
	// Any further command has the rows sent.
	await author.post("/v1/users/me/quizzes", document);
	await caughtUp(author);
}

/** A quiz that says what no other does, so that its digests are nobody else's. */
const document = (title: string) => ({ ...JSON.parse(JSON.stringify(everyType())), title });

/** An author with everything, whose quiz is played and shared, the readers of it, and an attacker who knows all of its texts. */
async function prepare(when: string, attacker: DigestAttacker) {
	const written = document(`Secret ${when}`);
	const content: QuizContent = quizContentSchema.parse(written);
	const made = await userWithThings();
	const author = made.client;
	const quiz =
		when === "as it is now" ? await publishedQuiz(author, written) : await publishedAsBefore(author, written, "public");
	const { body: share } = await author.post(`/v1/users/me/quizzes/${quiz}/shares`, { access: "copy" });
	const { body: edit } = await author.post(`/v1/users/me/quizzes/${quiz}/shares`, { access: "edit" });
	const { body: collection } = await author.post("/v1/users/me/collections", { title: "All", quizzes: [quiz] });
	const { body: attempt } = await author.post("/v1/users/me/attempts", { quiz, answers: {} });
	const { body: hold } = await author.post("/v1/users/me/credits/holds", {
		amount: 2,
		prompt: PROMPT,
		conversation: CONVERSATION,
	});
	await caughtUp(author);
	const { slug } = (await author.get(`/v1/users/me/quizzes/${quiz}`)).body;
	const things: Things = {
		...made,
		quiz,
		slug,
		share: share.id,
		code: share.code,
		collection: collection.id,
		attempt: attempt.id,
		hold: hold.id,
	};
	const visitor = await newClient();
	expect((await visitor.post(`/v1/shares/${share.code}/redemption`)).status).toBe(200);
	expect((await visitor.post(`/v1/shares/${edit.code}/redemption`)).status).toBe(200);
	const taker = await newClient();
	expect((await taker.post("/v1/users/me/attempts", { quiz, answers: {} })).status).toBe(201);
	const readers: Record<string, Client> = {
		author,
		"visitor by share": visitor,
		taker,
		stranger: await newClient({ tenant: author.tenant }),
		operator: await newClient({ scope: `${ALL_SCOPES} admin` }),
	};
	attacker.tries([...textsOf(written), ...textsOf(content)]);
	attacker.tries([PROMPT, JSON.stringify(CONVERSATION), "{}"]);
	for (const client of Object.values(readers)) {
		for (const digest of await storedDigests(client)) attacker.knows(digest, "a stored digest");
	}
	return { things, readers };
}

describe.each(["as it is now", "as it was before versions had nonces"])("a quiz that was published %s", (when) => {
	const attacker = new DigestAttacker();
	let prepared: ReturnType<typeof prepare> | undefined;
	const world = () => {
		prepared ??= prepare(when, attacker);
		return prepared;
	};

	test("would betray itself to the attacker by any digest that is stored", async () => {
		const { things } = await world();
		const digests = await storedDigests(things.client);
		expect(digests.length).toBeGreaterThan(10);
		for (const digest of [digests[0] ?? "", digests.at(-1) ?? ""]) {
			const told = [
				digest,
				digest.slice(0, 16),
				digest.toUpperCase(),
				Buffer.from(digest, "hex").toString("base64url"),
			];
			for (const text of [...told, Buffer.from(`["${digest}"]`).toString("base64url")]) {
				expect(attacker.learns({ text: `{"x":"${text}"}`, headers: new Headers() })).not.toEqual([]);
			}
		}
	});

	const isRead = ({ method }: Operation) => method === "GET";
	test.each(OPERATIONS.filter(isRead))("tells nothing by $name", async (operation) => {
		const { things, readers } = await world();
		for (const [who, reader] of Object.entries(readers)) {
			for (const user of [things.client.user, "me"]) {
				const answer = await send(reader, operation, things, user);
				expect(attacker.learns(answer), `to the ${who}: ${answer.status}`).toEqual([]);
			}
		}
	});

	test("tells nothing by any change that is asked for, or by the rows that it leaves in the log", async () => {
		const { things, readers } = await world();
		for (const operation of OPERATIONS.filter((each) => !isRead(each))) {
			for (const [who, reader] of Object.entries(readers)) {
				const answer = await send(reader, operation, things, who === "author" ? "me" : things.client.user);
				expect(attacker.learns(answer), `${operation.name} to the ${who}: ${answer.status}`).toEqual([]);
			}
		}
		for (const reader of Object.values(readers)) {
			for (const digest of await storedDigests(reader)) attacker.knows(digest, "a stored digest");
			for (const operation of OWN_READS) {
				const answer = await send(reader, operation, things, "me");
				expect(attacker.learns(answer), operation.name).toEqual([]);
			}
		}
	});
});

test("a row of the log that names digests by another member is seen to be one that is concealed", () => {
	const named = new Set<string>();
	const look = (schema: unknown): void => {
		if (typeof schema !== "object" || schema === null) return;
		if ("properties" in schema) {
			for (const [name, member] of Object.entries(schema.properties as Record<string, unknown>)) {
				if (JSON.stringify(member).includes("{64}")) named.add(name);
			}
		}
		for (const member of Object.values(schema)) look(member);
	};
	for (const body of Object.values(EVENT_BODIES)) look(z.toJSONSchema(body, { io: "input" }));
	const ofPictures = ["media", "thumbnail"];
	const containers = ["origin", "last"];
	expect([...named].filter((name) => !DIGESTS.has(name) && ![...ofPictures, ...containers].includes(name))).toEqual([]);
	expect(named.size).toBeGreaterThan(ofPictures.length);
});

test("rows that the first version wrote tell nothing by lists and statistics", async () => {
	await foldAll(recordedLog());
	const select =
		"SELECT id, version, owner FROM quizzes WHERE version <> '' AND owner IN (SELECT value FROM json_each(?))";
	const users = JSON.stringify(recordedLog().map(({ shard }) => shard));
	const { results } = await testEnv.CATALOG.prepare(select).bind(users).all<{
		id: string;
		version: string;
		owner: string;
	}>();
	expect(results.length).toBeGreaterThan(0);
	const attacker = new DigestAttacker();
	for (const { version } of results) attacker.knows(version, "a version");
	for (const { owner, id } of results) {
		const tenant = await testEnv.CATALOG.prepare("SELECT tenant_id FROM shards WHERE user_id = ?")
			.bind(owner)
			.first<string>("tenant_id");
		const reader = await newClient({ user: owner, tenant: tenant ?? "", scope: EVERY_SCOPE });
		const paths = ["/v1/quizzes", `/v1/quizzes/${id}/statistics`, `/v1/quizzes/${id}/related`, `/v1/quizzes/${id}`];
		for (const path of paths) expect(attacker.learns(await reader.get(path)), path).toEqual([]);
	}
});

describe("the hash that a content is frozen under", () => {
	const versions = (client: Client) =>
		runInDurableObject(client.shard(), (_, { storage: { sql } }) =>
			sql
				.exec<{ number: number; hash: string; content: string }>(
					"SELECT number, hash, content FROM quiz_versions ORDER BY quiz, number",
				)
				.toArray(),
		);

	test("is nobody's to tell: it goes over a nonce of 128 bits that differs from quiz to quiz", async () => {
		const author = await newClient();
		const other = await newClient();
		for (const client of [author, author, other]) await publishedQuiz(client, document("The same"));
		const stored = [...(await versions(author)), ...(await versions(other))];
		const nonces = stored.map(({ content }) => JSON.parse(content).nonce);
		for (const nonce of nonces) expect(nonce).toMatch(/^[0-9a-f]{32}$/);
		expect(new Set(nonces).size).toBe(3);
		expect(new Set(stored.map(({ hash }) => hash)).size).toBe(3);
		const plain = freeze(quizContentSchema.parse(document("The same"))).hash;
		for (const { hash, content } of stored) {
			expect(hash).toBe(digestOf(content));
			expect(hash).not.toBe(plain);
			expect(await testEnv.CONTENT.head(hash)).not.toBeNull();
		}
		expect(await testEnv.CONTENT.head(plain)).toBeNull();
	});

	test("is the same for the same content of a quiz, now and after another was published in between", async () => {
		const author = await newClient();
		const path = `/v1/users/me/quizzes/${await publishedQuiz(author, document("First"))}`;
		const again = await author.put(`${path}/publication`, { visibility: "tenant" });
		expect(again.body).toMatchObject({ version_number: 1, has_changes: false });
		for (const title of ["Second", "First"]) {
			expect((await author.put(path, document(title), { "If-Match": "*" })).body.has_changes).toBe(true);
			expect((await author.put(`${path}/publication`, { visibility: "public" })).body.has_changes).toBe(false);
		}
		const [first, second, third] = await versions(author);
		expect([third?.number, third?.hash]).toEqual([3, first?.hash]);
		expect(second?.hash).not.toBe(first?.hash);
		expect((await author.get("/v1/users/me/credits/verification")).body).toMatchObject({ ok: true });
	});

	test("stays what it was for a content that was published before there were nonces", async () => {
		const author = await newClient();
		const quiz = await publishedAsBefore(author, document("Old"), "private");
		const head = await author.put(`/v1/users/me/quizzes/${quiz}/publication`, { visibility: "public" });
		expect(head.body).toMatchObject({ version_number: 1, has_changes: false, visibility: "public" });
		expect((await versions(author)).map(({ hash }) => hash)).toEqual([
			freeze(quizContentSchema.parse(document("Old"))).hash,
		]);
		expect((await author.get("/v1/users/me/credits/verification")).body).toMatchObject({ ok: true });
	});

	test("stays what it is where the release before has published the same content once more, without a nonce", async () => {
		const author = await newClient();
		const quiz = await publishedQuiz(author, document("Rolled back"));
		await publishAsBefore(author, quiz, document("Rolled back"), "public", 2);
		const head = async () => (await author.get("/v1/users/me/sync")).body.head_seq;
		const before = await head();
		const published = await author.put(`/v1/users/me/quizzes/${quiz}/publication`, { visibility: "public" });
		expect(published.body).toMatchObject({ version_number: 2, has_changes: false });
		expect(await head()).toBe(before);
	});

	test("is of a text whose length the log says", async () => {
		const author = await newClient();
		const quiz = await publishedQuiz(author, document("Measured"));
		await author.put(`/v1/users/me/quizzes/${quiz}/status`, { status: "archived" });
		const { items } = (await author.get("/v1/users/me/log?limit=100")).body;
		const [{ hash = "" } = {}] = await versions(author);
		const said = items.flatMap(({ body }: { body: { bytes?: number; last?: { bytes: number } } }) =>
			[body.bytes, body.last?.bytes].filter((bytes) => bytes !== undefined),
		);
		const { size } = (await testEnv.CONTENT.head(hash)) ?? {};
		expect(said).toEqual([size, size]);
	});

	test("and its nonce are no part of what is read, copied, restored or exported", async () => {
		const author = await newClient();
		const quiz = await publishedQuiz(author, document("Read"));
		const path = `/v1/users/me/quizzes/${quiz}`;
		const [{ content = "" } = {}] = await versions(author);
		const { nonce } = JSON.parse(content);
		const { body: share } = await author.post(`${path}/shares`, { access: "copy" });
		const copier = await newClient();
		const copied = await copier.post(`/v1/shares/${share.code}/redemption`);
		const duplicate = await author.post(`${path}/duplication`, { version_number: 1 });
		const answers = [
			copied,
			duplicate,
			await copier.get(`/v1/users/me/quizzes/${copied.body.copy.quiz}`),
			await author.get(path),
			await author.get(`${path}/versions/1`),
			await author.get(`${path}/export`),
			await author.post(`${path}/versions/1/restoration`, undefined, { "If-Match": "*" }),
			await author.get(`${path}/versions/1/diff`),
			await copier.get(`/v1/quizzes/${quiz}`),
		];
		for (const { text, status } of answers) {
			expect([200, 201]).toContain(status);
			expect(text).not.toContain(nonce);
			expect(text).not.toContain('"nonce"');
		}
		expect(answers.at(-2)?.body).toMatchObject({ fields: [], changed: [] });
	});
});

test("nobody's quiz and a code that does not exist tell nothing of what was asked for", async () => {
	const client = await newClient();
	const attacker = new DigestAttacker().tries(Object.values(NOBODYS));
	for (const path of [`/v1/quizzes/${NOBODYS.quiz}`, `/v1/shares/${NOBODYS.code}`]) {
		expect(attacker.learns(await client.get(path))).toEqual([]);
	}
	expect(attacker.learns(await call(`/v1/media/${NOBODYS.media}`))).toEqual([]);
});
