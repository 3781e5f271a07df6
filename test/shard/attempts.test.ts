import { runInDurableObject } from "cloudflare:test";
import { describe, expect, it } from "vitest";
import { readAnswerKey } from "../../src/catalog/quizzes/versions.ts";
import { answersText, submittedEvent } from "../../src/domain/attempts/attempts.ts";
import { score } from "../../src/domain/attempts/scoring.ts";
import { mintId } from "../../src/domain/ids.ts";
import type { AnswerKey } from "../../src/domain/quizzes/quiz.ts";
import { type Attempt, Attempts } from "../../src/shard/attempts/store.ts";
import { Log } from "../../src/shard/engine/log.ts";
import { Sql } from "../../src/shard/engine/sql.ts";
import {
	type Client,
	everyItem,
	expectProblem,
	fresh,
	newClient,
	publishedQuiz,
	quizDocument,
	testEnv,
} from "../lib/harness.ts";
import { everyType, RIGHT } from "../lib/question-types.ts";

/** Attempts without an index of their own: every list and look-up finds what it did with one, and reads no more for a longer log. */

const START = Date.UTC(2030, 0, 1);
const quizOf = (digit: string) => `quz_${digit.repeat(24)}`;
const [ONE, TWO, NONE] = [quizOf("1"), quizOf("2"), quizOf("3")];

/** The stores of a shard that nobody else has, and what its SQLite has read. */
interface Bench {
	attempts: Attempts;
	log: Log;
	sql: SqlStorage;
	submit(quiz: string): Attempt;
	/** Writes so many rows that are no attempts. */
	others(rows: number): void;
	/** How many rows `work` reads. */
	reads(work: () => unknown): number;
}

/** Runs `work` inside a shard of its own. */
function within<T>(work: (bench: Bench) => T): Promise<T> {
	const user = fresh("usr");
	return runInDurableObject(testEnv.SHARDS.getByName(user), (_, { storage }) => {
		const cursors: SqlStorageCursor<Record<string, SqlStorageValue>>[] = [];
		const exec = (query: string, ...bindings: unknown[]) => {
			const cursor = storage.sql.exec(query, ...bindings);
			cursors.push(cursor);
			return cursor;
		};
		const sql = new Sql({ exec } as unknown as SqlStorage);
		const [log, attempts] = [new Log(sql), new Attempts(sql)];
		const who = { user, tenant: "ten_a", actor: user };
		return work({
			attempts,
			log,
			sql: storage.sql,
			submit: (quiz) => {
				const key: AnswerKey = {
					quiz,
					version: "a".repeat(64),
					version_number: 1,
					pass_percentage: 50,
					questions: [{ id: "1", options: 4, correct: 2, marks: 1 }],
				};
				const id = mintId("attempt", log.nextSeq(), crypto.getRandomValues(new Uint8Array(10)));
				const submission = { quiz, answers: { "1": 2 } };
				const marks = score(key, new Map(Object.entries(submission.answers)));
				const event = submittedEvent(id, attempts.nextNumber(quiz), key, submission, marks);
				const seq = log.append(who, START, "attempt.submitted", id, event);
				return attempts.insert(seq, START, event, answersText(submission.answers));
			},
			others: (rows) => {
				for (let n = 0; n < rows; n++) log.append(who, START, "quiz.liked", NONE, { quiz: NONE });
			},
			reads: (what) => {
				cursors.length = 0;
				what();
				return cursors.reduce((sum, cursor) => sum + cursor.rowsRead, 0);
			},
		});
	});
}

const idsOf = (rows: readonly { attempt: Attempt }[]) => rows.map(({ attempt }) => attempt.id);
const LAST = Number.MAX_SAFE_INTEGER;

/** Attempts at two quizzes in turn, each followed by 0, 1 or 2 other rows. */
function mixed(bench: Bench, count: number): Attempt[] {
	return Array.from({ length: count }, (_, n) => {
		const attempt = bench.submit(n % 3 === 1 ? TWO : ONE);
		bench.others(n % 3);
		return attempt;
	});
}

describe("attempts are listed newest first", () => {
	it("before any row of the log, in pages of any size, all of them and those of a quiz", async () => {
		await within((bench) => {
			const { attempts, log } = bench;
			bench.others(2);
			const all = mixed(bench, 12).reverse();
			const seqs = new Map(log.feed(0, 100).map(({ subject, seq }) => [subject, seq]));
			for (const quiz of [undefined, ONE, TWO, NONE]) {
				for (let before = 0; before <= log.headSeq() + 2; before++) {
					const expected = all.filter((attempt) => {
						return (seqs.get(attempt.id) ?? 0) < before && (quiz === undefined || attempt.quiz === quiz);
					});
					for (const limit of [1, 3, 101]) {
						const listed = attempts.list({ quiz }, before, limit);
						expect(listed.map(({ attempt }) => attempt)).toEqual(expected.slice(0, limit));
						for (const { seq, attempt } of listed) expect(seq).toBe(seqs.get(attempt.id));
					}
				}
			}
			expect(idsOf(attempts.list({}, LAST, 100))).toEqual(all.map(({ id }) => id));
		});
	});

	it("and none of a log without any", async () => {
		await within(({ attempts, others }) => {
			expect(attempts.list({}, LAST, 10)).toEqual([]);
			others(3);
			expect(attempts.list({}, LAST, 10)).toEqual([]);
			expect(attempts.list({ quiz: ONE }, LAST, 10)).toEqual([]);
		});
	});

	it("over HTTP too, each once, along the cursors of both lists", async () => {
		const client = await newClient();
		const author = await newClient();
		const quizzes = [await publishedQuiz(author), await publishedQuiz(author)];
		const made: Attempt[] = [];
		for (let n = 0; n < 7; n++) {
			const quiz = quizzes[n % 2] ?? "";
			made.unshift((await client.post("/v1/users/me/attempts", { quiz, answers: { 1: n % 4 } })).body);
			await client.request(n % 2 ? "DELETE" : "PUT", `/v1/users/me/likes/${quiz}`);
		}
		expect(await everyItem(client, "/v1/users/me/attempts?limit=2")).toEqual({ items: made, pages: 4 });
		const [first] = quizzes;
		const ofFirst = made.filter(({ quiz }) => quiz === first);
		expect((await everyItem(client, `/v1/users/me/attempts?limit=2&quiz=${first}`)).items).toEqual(ofFirst);
	});
});

/** Its two rows of the log, its own, and what SQLite counts of the walk and the order. */
const ROWS_PER_ATTEMPT = 5;

describe("what is read", () => {
	/** Rows read by each look at eight attempts that have so many other rows between them. */
	const readsWith = (between: number) =>
		within((bench) => {
			const { attempts, submit, others, reads } = bench;
			const made = Array.from({ length: 8 }, () => {
				others(between);
				return submit(ONE);
			});
			others(between);
			const [oldest, , third] = made;
			const before = attempts.list({}, LAST, 2)[1]?.seq ?? 0;
			return {
				all: reads(() => attempts.list({}, LAST, 100)),
				page: reads(() => attempts.list({}, LAST, 3)),
				next: reads(() => attempts.list({}, before, 3)),
				quiz: reads(() => attempts.list({ quiz: ONE }, LAST, 3)),
				nextOfQuiz: reads(() => attempts.list({ quiz: ONE }, before, 3)),
				get: reads(() => [oldest, third].map((attempt) => attempts.get(attempt?.id ?? ""))),
				submit: reads(() => submit(ONE)),
			};
		});

	it("does not grow with the rows of the log that lie between the attempts", async () => {
		const short = await readsWith(1);
		expect(await readsWith(400)).toEqual(short);
		expect(short.page).toBeLessThanOrEqual(3 * ROWS_PER_ATTEMPT + 1);
		expect(short.get).toBeLessThanOrEqual(4);
	});

	it("grows with the page and not with the attempts before or after it", async () => {
		await within(({ attempts, submit, reads }) => {
			for (let n = 0; n < 300; n++) submit(n % 2 ? ONE : TWO);
			for (const quiz of [undefined, ONE]) {
				const page = (before: number, limit: number) => reads(() => attempts.list({ quiz }, before, limit));
				const first = page(LAST, 10);
				expect(first).toBeGreaterThanOrEqual(10);
				expect(first).toBeLessThanOrEqual(10 * ROWS_PER_ATTEMPT + 1);
				const cursors = [LAST];
				for (let pages = 0; pages < 14; pages++) {
					cursors.push(attempts.list({ quiz }, cursors.at(-1) ?? 0, 10).at(-1)?.seq ?? 0);
				}
				for (const cursor of cursors) expect(Math.abs(page(cursor, 10) - first)).toBeLessThanOrEqual(2);
				expect(page(LAST, 100)).toBeLessThanOrEqual(10 * first);
			}
		});
	});
});

describe("one attempt", () => {
	it("is found by its whole id alone", async () => {
		await within((bench) => {
			const made = mixed(bench, 6);
			for (const attempt of made) expect(bench.attempts.get(attempt.id)).toEqual(attempt);
			const { id } = made[2] as Attempt;
			const last = id.endsWith("0") ? "1" : "0";
			expect(bench.attempts.get(id.slice(0, -1) + last)).toBeNull();
			// Another row of the log with the same random part; a row that is no attempt; one that is not there; no id.
			const place = (seq: number) => mintId("attempt", seq, new Uint8Array(10)).slice(0, 12) + id.slice(12);
			for (const seq of [1, 2, 3, 1_000]) {
				const other = place(seq);
				if (other !== id) expect(bench.attempts.get(other)).toBeNull();
			}
			expect(bench.attempts.get("att_0")).toBeNull();
		});
	});

	it("is answered to its submission byte for byte as it is read afterwards, for every type of question", async () => {
		const client = await newClient();
		const quiz = await publishedQuiz(await newClient(), everyType());
		const path = "/v1/users/me/attempts";
		const odd = {
			text: 'quo"te \u2028 é \ud83d\ude00',
			some: [3, 0],
			pairs: [null, 1, null],
			number: "-0.50",
			all: [],
		};
		const alone = Object.entries(RIGHT).map(([id, response]) => ({ [id]: response }));
		const backwards = Object.fromEntries(Object.entries(RIGHT).reverse());
		for (const answers of [RIGHT, backwards, odd, {}, ...alone]) {
			const times = Object.keys(answers).length > 1 ? { started_at: Date.now(), time_taken_s: 0 } : {};
			const submitted = await client.post(path, { quiz, answers, ...times });
			expect(submitted.status).toBe(201);
			expect((await client.get(`${path}/${submitted.body.id}`)).text).toBe(submitted.text);
			const { body } = await client.get(`${path}?limit=1`);
			expect(JSON.stringify(body.items)).toBe(`[${submitted.text}]`);
		}
	});
});

describe("where a row of attempts is not as the log says", () => {
	it.each(["quiz = 'quz_x'", "number = 99", "seq = seq + 1"])(
		"(%s) the list of all says so, rather than to end there",
		async (change) => {
			await within((bench) => {
				const [oldest, second] = mixed(bench, 4);
				bench.sql.exec(`UPDATE attempts SET ${change} WHERE id = ?`, second?.id);
				expect(() => bench.attempts.list({}, LAST, 10)).toThrow(/log row \d+ is not stored/);
				expect(bench.attempts.list({}, LAST, 2)).toHaveLength(2);
				expect(bench.attempts.get(second?.id ?? "")).toBeNull();
				expect(bench.attempts.get(oldest?.id ?? "")).toEqual(oldest);
			});
		},
	);
});

it("no look at attempts scans a table", async () => {
	await within(({ sql, submit }) => {
		const recorded: string[] = [];
		const exec = (query: string, ...bindings: unknown[]) => {
			recorded.push(query);
			return sql.exec(query, ...bindings);
		};
		const attempts = new Attempts(new Sql({ exec } as unknown as SqlStorage));
		expect(attempts.get(submit(ONE).id)).not.toBeNull();
		for (const quiz of [undefined, ONE]) expect(attempts.list({ quiz }, LAST, 1)).toHaveLength(1);
		expect(attempts.nextNumber(ONE)).toBe(2);
		expect(attempts.counted(ONE)).toBe(1);
		expect(recorded).toHaveLength(5);
		for (const query of recorded) {
			const parameters = Math.max(...[...query.matchAll(/\?(\d*)/g)].map(([, number]) => Number(number || 1)));
			const plan = sql.exec(`EXPLAIN QUERY PLAN ${query}`, ...Array(parameters).fill(0)).toArray();
			const details = plan.map(({ detail }) => String(detail));
			expect(
				details.filter((detail) => /^SCAN (?!newest)/.test(detail)),
				query,
			).toEqual([]);
			expect(details.filter((detail) => /^SEARCH attempts USING PRIMARY KEY \(quiz=\?/.test(detail))).toHaveLength(1);
		}
	});
});

describe("the title of what was attempted", () => {
	const titleIn = async (taker: Client, id: string, quiz: string) => {
		const [one, all, ofQuiz] = await Promise.all(
			[`attempts/${id}`, "attempts", `attempts?quiz=${quiz}`].map((path) => taker.get(`/v1/users/me/${path}`)),
		);
		return [one?.body.title, all?.body.items[0].title, ofQuiz?.body.items[0].title];
	};

	it("stays with the attempt, with its marks, when the quiz is changed and when it is withdrawn", async () => {
		const [author, taker] = [await newClient(), await newClient()];
		const quiz = await publishedQuiz(author, quizDocument("As it was"));
		const { body } = await taker.post("/v1/users/me/attempts", { quiz, answers: { 1: 0 } });
		expect(body).toMatchObject({ title: "As it was", score: 1 });
		const path = `/v1/users/me/quizzes/${quiz}`;
		await author.put(path, quizDocument("As it is"), { "If-Match": "*" });
		await author.put(`${path}/publication`, { visibility: "public" }, { Prefer: "wait=20" });
		await author.request("DELETE", `${path}/publication`, { headers: { Prefer: "wait=20" } });
		expectProblem(await taker.get(`/v1/quizzes/${quiz}`), "not-found");
		expect(await titleIn(taker, body.id, quiz)).toEqual(["As it was", "As it was", "As it was"]);
		expect((await taker.get(`/v1/users/me/attempts/${body.id}`)).body).toEqual(body);
		expect((await taker.get("/v1/users/me/credits/verification")).body).toMatchObject({ ok: true });
	});

	it("is read from the content that it is pinned to where the log is older than titles, and is null where that cannot be read", async () => {
		const [author, taker] = [await newClient(), await newClient()];
		const quiz = await publishedQuiz(author, quizDocument("Long ago"));
		const submitted = async (change: Partial<AnswerKey>) => {
			const { title: _, ...key } = await keyOf(quiz);
			const call = { user: taker.user, tenant: taker.tenant, actor: taker.user, now: Date.now(), request_id: "r" };
			const { outcome } = await taker.shard().attempts.submit(call, { quiz, answers: {} }, { ...key, ...change });
			return outcome.ok ? outcome.value.id : "";
		};
		expect(await titleIn(taker, await submitted({}), quiz)).toEqual(["Long ago", "Long ago", "Long ago"]);
		const lost = await submitted({ version: "0".repeat(64) });
		expect(await titleIn(taker, lost, quiz)).toEqual([null, null, null]);
	});
});

/** What the Worker gives a shard to mark an attempt with. */
async function keyOf(quiz: string): Promise<AnswerKey> {
	const query = "SELECT id, version, version_number FROM quizzes WHERE id = ?";
	const row = await testEnv.CATALOG.prepare(query)
		.bind(quiz)
		.first<{ id: string; version: string; version_number: number }>();
	if (!row) throw new Error(`the catalog has no ${quiz}`);
	return readAnswerKey(testEnv, row);
}
