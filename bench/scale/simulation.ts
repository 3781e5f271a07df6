import { uniform } from "../lib/load.ts";
import { quantile } from "../lib/statistics.ts";
import { Agenda } from "./agenda.ts";

/**
 * Queue, consumers and one D1 database as a discrete-event simulation. D1 does one thing at a time (its documentation says
 * so), consumers take batches as wrangler.toml says, and times come from measurements. Events of one user are taken to be so
 * rare that two batches never meet at one cursor.
 */
export interface Setting {
	/** Events that shards write in a second, as a Poisson process. */
	events_per_s: number;
	/** Queries that must be answered by the same database for each event, besides the consumer's own. */
	reads_per_event: number;
	/** D1's time for the batch of the consumer: a part for every batch, and one for each event in it. */
	batch_ms: number;
	event_ms: number;
	/** And for a query of one row. */
	read_ms: number;
	/** Between Worker and D1, there and back. */
	round_trip_ms: number;
	seconds: number;
	/** Seconds from the middle on in which D1 does nothing. */
	outage_s: number;
}

export interface Simulated {
	applied: number;
	/** From the commit in the shard to the commit in the catalog, seconds. */
	lag_p50_s: number;
	lag_p99_s: number;
	/** Share of the time that D1 was at work. */
	d1_busy: number;
	events_per_batch: number;
	/** Events that were waiting when the time was over; more than a second's worth means that it does not keep up. */
	waiting: number;
	/** From the end of the outage until no event was older than before it; null if that was not reached. */
	recovered_s: number | null;
}

/** As in wrangler.toml. */
const BATCH_MAX = 100;
const BATCH_WAIT_MS = 1_000;
const CONSUMERS = 4;
/** A platform's limit of one queue. */
export const QUEUE_PER_S_MAX = 5_000;
const RECOVERED_LAG_MS = 5_000;

export function simulate(setting: Setting): Simulated {
	return new Simulation(setting).run();
}

class Simulation {
	readonly #setting: Setting;
	readonly #draw = uniform(7);
	readonly #agenda = new Agenda();
	readonly #d1: Server;
	readonly #end: number;
	readonly #outage: [from: number, to: number];
	/** Times at which events were written; those before `#taken` are in a batch. */
	readonly #written: number[] = [];
	#taken = 0;
	#consumers = CONSUMERS;
	#batches = 0;
	readonly #lags: number[] = [];
	#recoveredAt: number | null = null;

	constructor(setting: Setting) {
		this.#setting = setting;
		this.#end = setting.seconds * 1_000;
		const from = setting.outage_s > 0 ? this.#end / 2 : Number.POSITIVE_INFINITY;
		this.#outage = [from, from + setting.outage_s * 1_000];
		this.#d1 = new Server(this.#agenda, this.#outage);
	}

	run(): Simulated {
		this.#agenda.at(this.#gap(), () => this.#arrive());
		this.#agenda.runUntil(this.#end);
		const waiting = this.#written.length - this.#lags.length;
		// Of those that are not applied yet it is known that they have waited until now at least.
		const late = this.#written.slice(this.#lags.length).map((at) => this.#end - at);
		const lags = [...this.#lags, ...late].sort((a, b) => a - b);
		return {
			applied: this.#lags.length,
			lag_p50_s: quantile(lags, 0.5) / 1_000,
			lag_p99_s: quantile(lags, 0.99) / 1_000,
			d1_busy: this.#d1.busyMs(this.#end) / this.#end,
			events_per_batch: this.#taken / this.#batches,
			waiting,
			recovered_s: this.#recoveredAt === null ? null : (this.#recoveredAt - this.#outage[1]) / 1_000,
		};
	}

	#gap(): number {
		return (-Math.log(1 - this.#draw()) * 1_000) / this.#setting.events_per_s;
	}

	/** A shard writes an event, its message is in the queue, and what else the event asks of D1 is under way. */
	#arrive(): void {
		const { now } = this.#agenda;
		this.#written.push(now);
		for (let n = 0; n < this.#setting.reads_per_event; n++) this.#d1.ask(this.#setting.read_ms, () => {});
		this.#agenda.at(now + this.#gap(), () => this.#arrive());
		this.#agenda.at(now + BATCH_WAIT_MS, () => this.#deliver());
		this.#deliver();
	}

	/** Gives a batch to a free consumer, if it is full or its oldest event has waited enough. */
	#deliver(): void {
		const oldest = this.#written[this.#taken];
		if (this.#consumers === 0 || oldest === undefined) return;
		const size = Math.min(BATCH_MAX, this.#written.length - this.#taken);
		if (size < BATCH_MAX && this.#agenda.now - oldest < BATCH_WAIT_MS) return;
		const batch = this.#written.slice(this.#taken, this.#taken + size);
		this.#taken += size;
		this.#consumers--;
		this.#batches++;
		const { batch_ms, event_ms, read_ms } = this.#setting;
		this.#query(read_ms, () => this.#query(batch_ms + event_ms * size, () => this.#apply(batch)));
	}

	/** To D1 and back. */
	#query(work_ms: number, answered: () => void): void {
		const half = this.#setting.round_trip_ms / 2;
		const back = () => this.#agenda.at(this.#agenda.now + half, answered);
		this.#agenda.at(this.#agenda.now + half, () => this.#d1.ask(work_ms, back));
	}

	#apply(batch: readonly number[]): void {
		const { now } = this.#agenda;
		for (const written of batch) this.#lags.push(now - written);
		const [oldest = now] = batch;
		if (now > this.#outage[1] && now - oldest < RECOVERED_LAG_MS) this.#recoveredAt ??= now;
		this.#consumers++;
		this.#deliver();
	}
}

/** Does one thing after another, and nothing during the outage. */
export class Server {
	readonly #agenda: Agenda;
	readonly #outage: [from: number, to: number];
	readonly #jobs: { work_ms: number; done: () => void }[] = [];
	#next = 0;
	#isBusy = false;
	#work_ms = 0;
	#busyUntil = 0;

	constructor(agenda: Agenda, outage: [from: number, to: number]) {
		this.#agenda = agenda;
		this.#outage = outage;
	}

	ask(work_ms: number, done: () => void): void {
		this.#jobs.push({ work_ms, done });
		if (!this.#isBusy) this.#begin();
	}

	#begin(): void {
		const job = this.#jobs[this.#next];
		this.#isBusy = job !== undefined;
		if (!job) return;
		this.#next++;
		const { now } = this.#agenda;
		const [from, to] = this.#outage;
		this.#busyUntil = (now >= from && now < to ? to : now) + job.work_ms;
		this.#work_ms += job.work_ms;
		this.#agenda.at(this.#busyUntil, () => {
			job.done();
			this.#begin();
		});
	}

	/** Of the time until `now`. */
	busyMs(now: number): number {
		return this.#work_ms - Math.max(0, this.#busyUntil - now);
	}
}
