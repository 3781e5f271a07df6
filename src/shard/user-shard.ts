import { DurableObject } from "cloudflare:workers";
import type { Submission } from "../domain/attempts.ts";
import type { Json } from "../domain/canonical.ts";
import type { Grant, HoldStatus } from "../domain/credits.ts";
import type { Message } from "../domain/events.ts";
import { RESEND_AFTER_MS } from "../domain/limits.ts";
import type { AnswerKey, QuizContent, Visibility } from "../domain/quiz.ts";
import { notFound, type Outcome } from "../domain/result.ts";
import { Attempts } from "./attempts.ts";
import { submitAttempt } from "./commands/attempts.ts";
import * as credits from "./commands/credits.ts";
import * as quizzes from "./commands/quizzes.ts";
import { Credits } from "./credits.ts";
import { type Identity, Log } from "./log.ts";
import { migrate } from "./migrate.ts";
import { Publisher } from "./publisher.ts";
import { Quizzes } from "./quizzes.ts";
import { type Reply, Requests } from "./requests.ts";
import { Sql } from "./sql.ts";
import type { Unit } from "./unit.ts";

/** Who calls, on whose shard, when. Every method's first argument; made from the verified principal at the boundary. */
export interface Call extends Identity {
	/** The Worker's clock, milliseconds since the epoch. */
	now: number;
	request_id: string;
	idempotency_key?: string | undefined;
}

interface ShardEnv {
	LOG_QUEUE: Queue<Message>;
}

/** Reads the catalog's cursor for a user: the last row of the shard's log that the catalog has applied, 0 for none. */
export type ReadCursor = (user: string) => Promise<number>;

/**
 * The shard of one user: the only writer of what belongs to that user. Every command is one synchronous transaction that
 * changes state and appends to the log; it never awaits anything. Expected refusals are values, a throw is a bug.
 */
export class Shard extends DurableObject<ShardEnv> {
	readonly #unit: Omit<Unit, "who" | "now">;
	readonly #requests: Requests;
	readonly #publisher: Publisher;
	readonly #readCursor: ReadCursor;
	/** When the alarm is set for; a cache of getAlarm(). */
	#alarmAt: number | null = null;

	constructor(ctx: DurableObjectState, env: ShardEnv, readCursor: ReadCursor) {
		super(ctx, env);
		const sql = new Sql(ctx.storage.sql);
		migrate(sql, ctx.storage);
		const log = new Log(sql);
		this.#unit = { log, attempts: new Attempts(sql), credits: new Credits(sql, log), quizzes: new Quizzes(sql) };
		this.#requests = new Requests(sql);
		this.#publisher = new Publisher(sql, log, (message) => env.LOG_QUEUE.send(message));
		this.#readCursor = readCursor;
		ctx.blockConcurrencyWhile(async () => {
			this.#alarmAt = await ctx.storage.getAlarm();
		});
	}

	submitAttempt(call: Call, submission: Submission, key: AnswerKey | null) {
		return this.#command(call, "attempts.submit", { ...submission }, (unit) => submitAttempt(unit, submission, key));
	}

	attempt(call: Call, id: string) {
		return this.#read(call, ({ attempts }) => attempts.get(id));
	}

	attempts(call: Call, filter: { quiz?: string | undefined }, before: number, limit: number) {
		return this.#read(call, ({ attempts }) => attempts.list(filter, before, limit));
	}

	grantCredits(call: Call, grant: Grant) {
		return this.#command(call, "credits.grant", { ...grant }, (unit) => credits.grantCredits(unit, grant));
	}

	reserveCredits(call: Call, request: credits.ReserveRequest) {
		return this.#command(call, "credits.reserve", { ...request }, (unit) => credits.reserveCredits(unit, request));
	}

	settleHold(call: Call, id: string, request: credits.SettleRequest) {
		return this.#command(call, "credits.settle", { id, ...request }, (unit) => credits.settleHold(unit, id, request));
	}

	releaseHold(call: Call, id: string, reason: string | null) {
		return this.#command(call, "credits.release", { id, reason }, (unit) => credits.releaseHold(unit, id, reason));
	}

	balance(call: Call) {
		return this.#read(call, (unit) => credits.balanceOf(unit.credits.account()));
	}

	hold(call: Call, id: string) {
		return this.#read(call, (unit) => unit.credits.hold(id));
	}

	holds(call: Call, status: HoldStatus | undefined, before: number, limit: number) {
		return this.#read(call, (unit) => unit.credits.listHolds(status, before, limit));
	}

	creditEntries(call: Call, from: number | undefined, limit: number) {
		return this.#read(call, (unit) => unit.credits.entries(from, limit));
	}

	createQuiz(call: Call, content: QuizContent) {
		return this.#command(call, "quizzes.create", content, (unit) => quizzes.createQuiz(unit, content));
	}

	reviseQuiz(call: Call, id: string, etag: string, content: QuizContent) {
		const input = { id, etag, content };
		return this.#command(call, "quizzes.revise", input, (unit) => quizzes.reviseQuiz(unit, id, etag, content));
	}

	publishQuiz(call: Call, id: string, hash: string, visibility: Visibility) {
		const input = { id, hash, visibility };
		return this.#command(call, "quizzes.publish", input, (unit) => quizzes.publishQuiz(unit, id, hash, visibility));
	}

	withdrawQuiz(call: Call, id: string) {
		return this.#command(call, "quizzes.withdraw", { id }, (unit) => quizzes.withdrawQuiz(unit, id));
	}

	quiz(call: Call, id: string) {
		return this.#read(call, (unit) => unit.quizzes.get(id));
	}

	/** The draft's content as the text that its hash is of, for the claim check. */
	draft(call: Call, id: string) {
		return this.#read(call, (unit) => {
			const head = unit.quizzes.head(id);
			return head && { hash: head.content_hash, text: unit.quizzes.draftText(id) };
		});
	}

	quizzes(call: Call, before: number, limit: number) {
		return this.#read(call, (unit) => unit.quizzes.list(before, limit));
	}

	feed(call: Call, after: number, limit: number) {
		return this.#read(call, (unit) => ({ head_seq: unit.log.headSeq(), rows: unit.log.feed(after, limit) }));
	}

	/** Where the log ends, and since when row `applied + 1` waits. */
	position(call: Call, applied: number) {
		return this.#read(call, ({ log }) => ({
			head_seq: log.headSeq(),
			waiting_since: log.row(applied + 1)?.at ?? null,
		}));
	}

	verifyLog(call: Call) {
		return this.#read(call, (unit) => unit.log.verifyChain());
	}

	/**
	 * One transaction: what the clock has made due, then an earlier answer to the same request, or the decision and its
	 * effects, and the record of the answer.
	 */
	#command<T>(call: Call, operation: string, input: Json, decide: (unit: Unit) => Outcome<T>): Reply<T> {
		const before = this.#unit.log.headSeq();
		const reply = this.#transaction(call, (unit): Reply<T> => {
			const key = call.idempotency_key;
			const earlier = key && this.#requests.find<T>(key, operation, input, unit.now);
			if (earlier) return earlier;
			const outcome = decide(unit);
			const answer = { outcome, seq: unit.log.headSeq(), replayed: false };
			if (key) this.#requests.keep(key, operation, input, answer, unit.now);
			return answer;
		});
		this.#replicate(before, call.now);
		return reply ?? { outcome: notFound("user"), seq: 0, replayed: false };
	}

	/** Null where there is nothing, or where the shard belongs to another tenant than the caller. */
	#read<T>(call: Call, answer: (unit: Unit) => T): T | null {
		const before = this.#unit.log.headSeq();
		const result = this.#transaction(call, answer);
		this.#replicate(before, call.now);
		return result;
	}

	#transaction<T>(call: Call, work: (unit: Unit) => T): T | null {
		const { user, tenant, actor } = call;
		try {
			return this.ctx.storage.transactionSync(() => {
				const owner = this.#unit.log.owner();
				if (owner && (owner.tenant_id !== tenant || owner.user_id !== user)) return null;
				const now = this.#unit.log.clock(call.now);
				this.#unit.credits.advance(user, tenant, now);
				return work({ ...this.#unit, who: { user, tenant, actor }, now });
			});
		} catch (error) {
			this.#unit.credits.forgetCache();
			throw error;
		}
	}

	/**
	 * Keeps the invariant "if the log is past the catalog's cursor, an alarm is armed". Runs in the same turn as the
	 * command, so that the alarm is in the same commit; then lets the publisher go.
	 */
	#replicate(headBefore: number, now: number): void {
		const dueAt = this.#unit.credits.nextDueAt();
		if (this.#unit.log.headSeq() > headBefore) {
			this.#arm(Math.min(this.#publisher.dueAfter(now), dueAt ?? Infinity));
			this.ctx.waitUntil(this.#publisher.publish());
		} else if (dueAt !== null) this.#arm(dueAt);
	}

	/** One armed alarm serves a burst: it is only ever moved forward. */
	#arm(at: number): void {
		if (this.#alarmAt !== null && this.#alarmAt <= at) return;
		this.#alarmAt = at;
		void this.ctx.storage.setAlarm(at);
	}

	/** Makes timely what correctness does not depend on, and sends again what was lost. Never throws, always re-arms. */
	override async alarm(): Promise<void> {
		this.#alarmAt = null;
		const owner = this.#unit.log.owner();
		if (!owner) return;
		const now = Date.now();
		const failed = (step: string) => (error: unknown) => {
			this.#unit.credits.forgetCache();
			console.error(JSON.stringify({ at: "alarm", step, user: owner.user_id, error: String(error) }));
			return null;
		};
		try {
			this.ctx.storage.transactionSync(() => {
				this.#unit.credits.advance(owner.user_id, owner.tenant_id, this.#unit.log.clock(now));
				this.#requests.purge(now);
			});
		} catch (error) {
			failed("advance")(error);
		}
		const applied = await this.#readCursor(owner.user_id).catch(failed("cursor"));
		const lookAgainAt = await this.#publisher.review(applied, now).catch(() => now + RESEND_AFTER_MS);
		const next = Math.min(lookAgainAt ?? Infinity, this.#unit.credits.nextDueAt() ?? Infinity);
		// What is overdue although advance() has run is a fault: look again, but not at once.
		if (next < Infinity) this.#arm(next > now ? next : now + RESEND_AFTER_MS);
	}
}
