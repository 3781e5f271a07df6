import type { Miniflare } from "miniflare";
import { Client } from "../../scripts/lib/client.ts";
import type { CatalogQuiz } from "../../scripts/lib/contract.ts";
import { DEMO_TENANT, type Signer, signToken } from "../../scripts/lib/signer.ts";
import { listQuizzes } from "../../src/catalog/lists.ts";
import { audiencesOf } from "../../src/catalog/quizzes.ts";
import { readStatistics } from "../../src/catalog/statistics.ts";
import { keyOf as keyOfQuestion } from "../../src/domain/answer-keys.ts";
import { submittedEvent } from "../../src/domain/attempts.ts";
import { type LogEvent, MESSAGE_VERSION, type Message } from "../../src/domain/events.ts";
import { mintId } from "../../src/domain/ids.ts";
import { MESSAGE_EVENTS_MAX } from "../../src/domain/limits.ts";
import type { AnswerKey } from "../../src/domain/quiz.ts";
import { questionsOf, quizContentSchema } from "../../src/domain/quiz.ts";
import { score } from "../../src/domain/scoring.ts";
import { rowsReadBy } from "../cost/meter.ts";
import { ConsumerLog } from "../lib/consumer-log.ts";
import { Connections } from "../lib/http.ts";
import { runAll } from "../lib/load.ts";
import { answersOf, publishQuizzes, QUESTIONS, quizDocument, userHeaders } from "../lib/marksheet.ts";
import { startMarksheet, temporaryFolder } from "../lib/runtime.ts";
import { CREDITS, SEED_TAKERS, type System, seedQuizTitle } from "./system.ts";

const READER = audiencesOf({ tenant: DEMO_TENANT, user: "usr_bench0" });
const GRANTERS = 16;
const NO_HASH = "0".repeat(64);
const MESSAGES_PER_BATCH = 100;

export interface MarksheetSystem extends System {
	miniflare: Miniflare;
	signer: Signer;
	consumer: ConsumerLog;
}

/** Marksheet with its queue and consumer at work, as in production. */
export async function startMarksheetSystem(
	bundle: string,
	users: number,
	changes: Record<string, unknown> = {},
): Promise<MarksheetSystem> {
	const consumer = new ConsumerLog();
	const server = await startMarksheet({ bundle, folder: temporaryFolder(), onLog: consumer.read, changes });
	const { url, miniflare, signer, pid } = server;
	const [quiz = ""] = await publishQuizzes(url, signer, 1);
	const callers = await Promise.all(Array.from({ length: users }, (_, n) => userHeaders(signer, `usr_bench${n}`)));
	await grantAll(url, callers);
	const seeds = new Seeds(miniflare);
	return {
		...{ name: "Marksheet", url, quiz, miniflare, signer, consumer, processes: [pid], stop: server.stop },
		headers: (n) => callers[n] ?? {},
		settled_status: 200,
		reads: {
			async seedAttempts(attempts) {
				const [id = ""] = await publishQuizzes(url, signer, 1);
				const author = new Client(url, await signToken(signer, { subject: "usr_author" }));
				const { version, version_number } = await author.get<CatalogQuiz>(`/v1/quizzes/${id}`);
				await seeds.attempts(keyOf(id, version, version_number), attempts);
				return id;
			},
			async seedQuizzes(total) {
				const catalog = await miniflare.getD1Database("CATALOG");
				const count = await catalog.prepare("SELECT count(*) AS n FROM quizzes").first<number>("n");
				await seeds.quizzes(total - (count ?? 0));
			},
			async statisticsRows(id) {
				return rowsReadBy(await miniflare.getD1Database("CATALOG"), (db) => readStatistics(db, id, READER));
			},
			async listRows(limit) {
				return rowsReadBy(await miniflare.getD1Database("CATALOG"), (db) =>
					listQuizzes(db, READER, "newest", null, limit),
				);
			},
		},
	};
}

async function grantAll(url: string, users: readonly Record<string, string>[]): Promise<void> {
	const connections = new Connections(url, GRANTERS);
	await runAll(GRANTERS, users.length, async (index) => {
		const headers = { ...users[index], "Idempotency-Key": "grant" };
		const body = { amount: CREDITS, kind: "plan" };
		await connections.expect(201, { method: "POST", path: "/v1/users/me/credits/grants", headers, body });
	});
	connections.close();
}

function keyOf(quiz: string, version: string, version_number: number): AnswerKey {
	const content = quizContentSchema.parse(quizDocument("Quiz"));
	const questions = questionsOf(content).map(keyOfQuestion);
	return { quiz, version, version_number, pass_percentage: content.pass_percentage, questions };
}

type Row = Pick<LogEvent, "kind" | "subject" | "body">;

/** Fills the catalog through the real consumer, with messages of shards that exist only in what they say. */
class Seeds {
	readonly #miniflare: Miniflare;
	/** The last row that each of these shards has said. */
	readonly #heads = new Map<string, number>();
	#quizzes = 0;

	constructor(miniflare: Miniflare) {
		this.#miniflare = miniflare;
	}

	async attempts(key: AnswerKey, attempts: number): Promise<void> {
		const messages: Message[] = [];
		for (let taker = 0; taker < Math.min(SEED_TAKERS, attempts); taker++) {
			const own = Math.ceil((attempts - taker) / SEED_TAKERS);
			const rows = Array.from({ length: own }, (_, index): Row => {
				const answers = answersOf(taker + index, QUESTIONS);
				const marks = score(key, new Map(Object.entries(answers)));
				const id = mintId("attempt", index + 1, crypto.getRandomValues(new Uint8Array(10)));
				const submission = { quiz: key.quiz, answers, time_taken_s: 95 };
				return { kind: "attempt.submitted", subject: id, body: submittedEvent(id, index + 1, key, submission, marks) };
			});
			messages.push(...this.#messages(`usr_seed${taker}`, rows));
		}
		await this.#give(messages);
	}

	async quizzes(count: number): Promise<void> {
		const rows = Array.from({ length: count }, (): Row => {
			const n = this.#quizzes++;
			const quiz = mintId("quiz", n + 1, crypto.getRandomValues(new Uint8Array(10)));
			const version = n.toString(16).padStart(64, "0");
			const head = { quiz, version, version_number: 1, bytes: 2_000, visibility: "public" as const };
			const shown = { title: seedQuizTitle(n), description: "For measuring.", tags: ["bench"] };
			const kind = { difficulty: "beginner" as const, source: "upload" as const };
			const size = { questions: QUESTIONS, max_score: QUESTIONS, published_at: 1_000 + n };
			return { kind: "quiz.published", subject: quiz, body: { ...head, ...shown, ...kind, ...size } };
		});
		await this.#give(this.#messages("usr_seedauthor", rows));
	}

	#messages(shard: string, rows: readonly Row[]): Message[] {
		let seq = this.#heads.get(shard) ?? 0;
		const opened: Row = { kind: "shard.opened", subject: shard, body: { user: shard, tenant: DEMO_TENANT } };
		const numbered = (seq === 0 ? [opened, ...rows] : rows).map((row) => ({
			seq: ++seq,
			at: seq,
			actor: shard,
			...row,
		}));
		this.#heads.set(shard, seq);
		const messages: Message[] = [];
		for (let from = 0; from < numbered.length; from += MESSAGE_EVENTS_MAX) {
			const part = numbered.slice(from, from + MESSAGE_EVENTS_MAX);
			const [first, last] = [part[0]?.seq ?? 0, part.at(-1)?.seq ?? 0];
			messages.push({ v: MESSAGE_VERSION, shard, first, last, hash: NO_HASH, rows: part });
		}
		return messages;
	}

	async #give(messages: readonly Message[]): Promise<void> {
		const worker = await this.#miniflare.getWorker();
		for (let from = 0; from < messages.length; from += MESSAGES_PER_BATCH) {
			const batch = messages.slice(from, from + MESSAGES_PER_BATCH).map((body, index) => ({
				...{ id: `seed-${from + index}`, timestamp: new Date(), attempts: 1, body },
			}));
			const { outcome, retryMessages } = await worker.queue("marksheet-log", batch);
			if (outcome !== "ok" || retryMessages.length > 0) throw new Error("the consumer does not take the seeds");
		}
	}
}
