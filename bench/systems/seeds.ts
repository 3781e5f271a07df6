import type { Miniflare } from "miniflare";
import { DEMO_TENANT } from "../../dev/signer.ts";
import { submittedEvent } from "../../src/domain/attempts/attempts.ts";
import { score } from "../../src/domain/attempts/scoring.ts";
import { utf8Bytes } from "../../src/domain/canonical.ts";
import { mintId } from "../../src/domain/ids.ts";
import { type LogEvent, MESSAGE_VERSION, type Message, type WireRow } from "../../src/domain/log/events.ts";
import { MESSAGE_BYTES_MAX, MESSAGE_EVENTS_MAX } from "../../src/domain/log/limits.ts";
import type { AnswerKey } from "../../src/domain/quizzes/quiz.ts";
import { answersOf, QUESTIONS } from "../lib/marksheet.ts";
import { questionTexts, seededQuiz } from "../lib/seeded-quizzes.ts";
import { SEED_TAKERS } from "./system.ts";

const NO_HASH = "0".repeat(64);
const MESSAGES_PER_BATCH = 100;
/** Of a message, apart from its rows. */
const ENVELOPE_BYTES = 300;

type Row = Pick<LogEvent, "kind" | "subject" | "body">;

/** Fills the catalog through the real consumer, with messages of shards that exist only in what they say. */
export class Seeds {
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

	/** Publishes the next `count` of the seeded quizzes. */
	async quizzes(count: number): Promise<void> {
		const rows = Array.from({ length: count }, () => publication(this.#quizzes++));
		await this.#give(this.#messages("usr_seedauthor", rows));
	}

	/** Rows in messages as a shard would send them: as many in each as fit. */
	#messages(shard: string, rows: readonly Row[]): Message[] {
		let seq = this.#heads.get(shard) ?? 0;
		const opened: Row = { kind: "shard.opened", subject: shard, body: { user: shard, tenant: DEMO_TENANT } };
		const messages: Message[] = [];
		let bytes = 0;
		for (const row of seq === 0 ? [opened, ...rows] : rows) {
			const wire: WireRow = { seq: ++seq, at: seq, actor: shard, ...row };
			const size = utf8Bytes(JSON.stringify(wire)) + 1;
			const last = messages.at(-1);
			if (last && last.rows.length < MESSAGE_EVENTS_MAX && bytes + size <= MESSAGE_BYTES_MAX) {
				last.rows.push(wire);
				last.last = seq;
				bytes += size;
			} else {
				messages.push({ v: MESSAGE_VERSION, shard, first: seq, last: seq, hash: NO_HASH, rows: [wire] });
				bytes = ENVELOPE_BYTES + size;
			}
		}
		this.#heads.set(shard, seq);
		return messages;
	}

	async #give(messages: readonly Message[]): Promise<void> {
		const worker = await this.#miniflare.getWorker();
		for (let from = 0; from < messages.length; from += MESSAGES_PER_BATCH) {
			const batch = messages.slice(from, from + MESSAGES_PER_BATCH).map((body, index) => ({
				id: `seed-${from + index}`,
				timestamp: new Date(),
				attempts: 1,
				body,
			}));
			const { outcome, retryMessages } = await worker.queue("marksheet-log", batch);
			if (outcome !== "ok" || retryMessages.length > 0) throw new Error("the consumer does not take the seeds");
		}
	}
}

function publication(n: number): Row {
	const quiz = mintId("quiz", n + 1, crypto.getRandomValues(new Uint8Array(10)));
	const version = n.toString(16).padStart(64, "0");
	const head = { quiz, version, version_number: 1, bytes: 2_000, visibility: "public" as const };
	const shown = { ...seededQuiz(n), tags: ["bench"], search_text: questionTexts(n).join("\n") };
	const kind = { difficulty: "beginner" as const, source: "upload" as const };
	const size = { questions: QUESTIONS, max_score: QUESTIONS, published_at: 1_000 + n };
	return { kind: "quiz.published", subject: quiz, body: { ...head, ...shown, ...kind, ...size } };
}
