import type { Json } from "../../domain/canonical.ts";
import type { Message } from "../../domain/log/events.ts";
import { ADVANCE_RETRIES_SOON, ADVANCE_RETRY_LATE_MS, ADVANCE_RETRY_MS } from "../../domain/log/limits.ts";
import { isSampled } from "../../domain/log-lines.ts";
import { type Asked, asking } from "../../domain/requests.ts";
import { notFound, type Outcome } from "../../domain/result.ts";
import { logLine, word } from "../../log-line.ts";
import { type Stores, storesOf, timedOf } from "../parts.ts";
import { Erasure } from "./erasure.ts";
import { type Identity, Log } from "./log.ts";
import { migrate } from "./migrate.ts";
import { Publisher } from "./publisher.ts";
import { type Replication, Replicator, type Report } from "./replicator.ts";
import { type Keeping, type Reply, Requests, restored, shortened } from "./requests.ts";
import { Retention } from "./retention.ts";
import { Schedule } from "./schedule.ts";
import { Secret } from "./secret.ts";
import { Sql } from "./sql.ts";
import type { Unit } from "./unit.ts";
import { Visits } from "./visits.ts";

/** Who calls, on whose shard, when. Made from the verified principal at the boundary. */
export interface Call extends Identity {
	/** The Worker's clock, milliseconds since the epoch. */
	now: number;
	request_id: string;
	idempotency_key?: string | undefined;
	/** What it asks for, where the operation and its input must not say that: they have private texts in them. */
	asked?: Asked;
	/** The actor is here by a share, and neither the owner nor somebody who acts on the owner's behalf. */
	visiting?: true;
}

/** The line of a command: who asked for what, and which rows of the log came of it. */
function logCommand<T>(call: Call, operation: string, before: number, reply: Reply<T>): void {
	const { request_id, user, actor } = call;
	const { outcome, seq, replayed } = reply;
	logLine("log", {
		at: "command",
		request_id: word(request_id),
		operation: word(operation),
		user: word(user),
		actor: word(actor),
		code: word(outcome.ok ? "ok" : outcome.refusal.code),
		before,
		seq,
		replayed,
	});
}

/** Runs commands and reads of one shard, each as one transaction, and sees to it that the catalog hears of them. */
export class Runner {
	readonly sql: Sql;
	readonly stores: Stores;
	readonly requests: Requests;
	readonly #visits: Visits;
	readonly replicator: Replicator;
	readonly erasure: Erasure;
	readonly #ctx: DurableObjectState;
	readonly #schedule: Schedule;
	readonly #successShare: number;
	/** How often in a row the alarm could not do what was due. */
	#failures = 0;

	/** The schema is up to date. */
	constructor(ctx: DurableObjectState, send: (message: Message) => Promise<unknown>, replication: Replication) {
		const sql = new Sql(ctx.storage.sql);
		const log = new Log(sql);
		this.sql = sql;
		this.stores = { log, secret: new Secret(sql), retention: new Retention(sql, log), ...storesOf(sql, log) };
		this.#schedule = new Schedule(timedOf(this.stores));
		this.requests = new Requests(sql, log);
		this.#visits = new Visits(sql);
		this.erasure = new Erasure(sql);
		this.#ctx = ctx;
		this.#successShare = replication.successShare;
		this.replicator = new Replicator(ctx, log, new Publisher(sql, log, send, replication), replication);
	}

	/**
	 * One transaction: what the clock has made due, then an earlier answer to the same request, or the decision and its
	 * effects, and the record of the answer.
	 * @param keeping how the answer's value is kept where it stands in the shard anyway
	 */
	command<T, K = T>(
		call: Call,
		operation: string,
		input: Json,
		decide: (unit: Unit) => Outcome<T>,
		keeping?: Keeping<T, K>,
	): Reply<T> {
		const before = this.stores.log.headSeq();
		const { actor, idempotency_key: key, visiting = false } = call;
		const reply = this.#transaction(call, (unit): Reply<T> => {
			const asked = () => call.asked ?? asking(operation, input);
			const opened = key ? this.requests.open<T | K>({ actor, key, visiting }, asked(), unit.now) : null;
			if (opened?.earlier) return restored(opened.earlier, keeping);
			const start = unit.log.headSeq();
			const outcome = (visiting && this.#visits.refusal(actor, unit.now)) || decide(unit);
			const answer = { outcome, seq: unit.log.headSeq(), replayed: false };
			const changed = answer.seq > start;
			if (visiting && changed) this.#visits.count(actor, unit.now);
			// A visitor's answer that changed nothing decides nothing either, and may be asked for without end.
			if (!visiting || changed) opened?.keep(shortened(answer, keeping));
			return answer;
		});
		const answer = reply ?? { outcome: notFound("user"), seq: 0, replayed: false };
		if (isSampled(this.#successShare)) logCommand(call, operation, before, answer);
		this.#committed(before, call);
		return answer;
	}

	/** Null where there is nothing, or where the shard belongs to another tenant than the caller, or to nobody any more. */
	read<T>(call: Call, answer: (unit: Unit) => T): T | null {
		const before = this.stores.log.headSeq();
		const result = this.#transaction(call, answer);
		this.#committed(before, call);
		return result;
	}

	#committed(before: number, call: Call): void {
		if (!this.erasure.isClosed) this.replicator.committed(before, this.#schedule.nextDueAt(), call);
	}

	/**
	 * Looks at everything as it is stored, before the clock can act on it. The caller must be the owner by the table or by
	 * the log, so that a damaged owner's row does not hide itself. Null for anybody else.
	 */
	inspect<T>({ user, tenant }: Call, look: () => T): T | null {
		if (this.erasure.isClosed) return null;
		const { log } = this.stores;
		this.#forgetCaches();
		const owner = log.owner();
		const opened = log.row(1)?.body;
		const isOwner = owner?.user_id === user && owner.tenant_id === tenant;
		const isOwnerByLog = opened === JSON.stringify({ user, tenant });
		return (!owner && opened === undefined) || isOwner || isOwnerByLog ? this.#ctx.storage.transactionSync(look) : null;
	}

	#transaction<T>(call: Call, work: (unit: Unit) => T): T | null {
		const { user, tenant, actor } = call;
		try {
			return this.#ctx.storage.transactionSync(() => {
				const owner = this.stores.log.owner();
				if (this.erasure.isClosed) return null;
				if (owner && (owner.tenant_id !== tenant || owner.user_id !== user)) return null;
				const now = this.stores.log.clock(call.now);
				this.#schedule.advance(user, tenant, now);
				return work({ ...this.stores, who: { user, tenant, actor }, now });
			});
		} catch (error) {
			this.#forgetCaches();
			throw error;
		}
	}

	/** One step of an erasure, as one transaction. */
	erase<T>(step: (erasure: Erasure) => T): T {
		try {
			return this.#ctx.storage.transactionSync(() => step(this.erasure));
		} finally {
			this.#forgetCaches();
		}
	}

	/**
	 * Makes the database anew, with what `write` writes and nothing else; in one turn, so that nobody finds it between the two. Were the machine
	 * lost there, whoever erases would come again.
	 */
	async renew(write: (erasure: Erasure) => void): Promise<void> {
		const deleted = this.#ctx.storage.deleteAll();
		migrate(this.#ctx.storage);
		this.erase(write);
		await deleted;
	}

	/** What is in memory may be of a transaction that was undone. */
	#forgetCaches(): void {
		this.erasure.forgetCache();
		this.stores.log.forgetCache();
		this.#schedule.forgetCache();
		this.requests.forgetCache();
	}

	async alarm(): Promise<void> {
		if (this.erasure.isClosed) return;
		await this.replicator.alarm((owner, now, report) => this.#advanceByAlarm(owner, now, report));
	}

	/** Does what is due and says when something is due next; if that fails, it is due again after a while. */
	#advanceByAlarm(
		{ user_id, tenant_id }: { user_id: string; tenant_id: string },
		now: number,
		report: Report,
	): number | null {
		try {
			this.#ctx.storage.transactionSync(() => {
				this.#schedule.advance(user_id, tenant_id, this.stores.log.clock(now));
				this.requests.purge(now);
				this.#visits.purge(now);
			});
			this.#failures = 0;
			return this.#schedule.nextDueAt();
		} catch (error) {
			this.#forgetCaches();
			report("advance", error);
			this.#failures++;
			return now + (this.#failures <= ADVANCE_RETRIES_SOON ? ADVANCE_RETRY_MS : ADVANCE_RETRY_LATE_MS);
		}
	}
}
