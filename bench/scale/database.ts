import type { Agenda } from "./agenda.ts";

/**
 * A D1 database, or a replica of one: it does one thing at a time, in order. What finds too many waiting, or has waited too
 * long, is told "overloaded". While it stands still it does nothing, and what waits goes on waiting.
 */
export interface DatabaseLimits {
	/** Queries that may wait. */
	waiting_max: number;
	/** How long each of them may. */
	wait_ms_max: number;
}

interface Job {
	since: number;
	work_ms: number;
	answered: (ok: boolean) => void;
}

export class Database {
	readonly #agenda: Agenda;
	readonly #limits: DatabaseLimits;
	readonly #standsStill: { from: number; to: number };
	#jobs: Job[] = [];
	/** Those before it are done or refused. */
	#next = 0;
	#isBusy = false;
	#isWatched = false;
	#work_ms = 0;
	refused = 0;
	queries = 0;

	constructor(agenda: Agenda, limits: DatabaseLimits, standsStill: { from: number; to: number }) {
		this.#agenda = agenda;
		this.#limits = limits;
		this.#standsStill = standsStill;
	}

	/** Of all that was asked of it, how much it has done, in milliseconds of its time. */
	get worked_ms(): number {
		return this.#work_ms;
	}

	ask(work_ms: number, answered: (ok: boolean) => void): void {
		this.queries++;
		if (this.#jobs.length - this.#next >= this.#limits.waiting_max) {
			this.refused++;
			answered(false);
			return;
		}
		this.#jobs.push({ since: this.#agenda.now, work_ms, answered });
		if (!this.#isBusy) this.#begin();
		this.#watch();
	}

	#begin(): void {
		const job = this.#jobs[this.#next];
		this.#isBusy = job !== undefined;
		if (!job) return;
		const { now } = this.#agenda;
		const { from, to } = this.#standsStill;
		if (now >= from && now < to) {
			this.#agenda.at(to, () => this.#begin());
			return;
		}
		this.#take();
		this.#work_ms += job.work_ms;
		this.#agenda.at(now + job.work_ms, () => {
			job.answered(true);
			this.#begin();
		});
	}

	#take(): void {
		this.#next++;
		if (this.#next < 10_000) return;
		this.#jobs = this.#jobs.slice(this.#next);
		this.#next = 0;
	}

	/** They wait in order and all for equally long, so the first is the first whose time is over. */
	#watch(): void {
		const first = this.#jobs[this.#next];
		if (this.#isWatched || !first) return;
		this.#isWatched = true;
		this.#agenda.at(first.since + this.#limits.wait_ms_max, () => {
			this.#isWatched = false;
			const isLate = (job: Job) => job.since + this.#limits.wait_ms_max <= this.#agenda.now;
			for (let job = this.#jobs[this.#next]; job && isLate(job); job = this.#jobs[this.#next]) {
				this.#take();
				this.refused++;
				job.answered(false);
			}
			this.#watch();
		});
	}
}
