import { uniform } from "../lib/load.ts";
import { quantile } from "../lib/statistics.ts";
import { Agenda } from "./agenda.ts";
import { Server } from "./simulation.ts";

/** Everything in one D1 database, as all-D1 has it: every attempt asks it, one query after the other, and waits for each. */

export interface SingleSetting {
	/** As a Poisson process. */
	attempts_per_s: number;
	/** Of each attempt, one after the other. */
	queries: number;
	query_ms: number;
	/** Between Worker and D1, there and back. */
	round_trip_ms: number;
	seconds: number;
}

export interface Single {
	d1_busy: number;
	answered_per_s: number;
	/** From the request to the answer; of those that wait until the end, what they have waited until then. */
	p50_s: number;
	p99_s: number;
	/** Attempts that were not answered when the time was over. */
	waiting: number;
}

/** D1 itself would refuse queries that have waited for too long; here they wait. */
export function simulateSingle(setting: SingleSetting): Single {
	const { attempts_per_s, queries, query_ms, round_trip_ms, seconds } = setting;
	const agenda = new Agenda();
	const d1 = new Server(agenda, [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY]);
	const draw = uniform(7);
	const underWay = new Set<{ since: number }>();
	const times: number[] = [];
	const ask = (left: number, answered: () => void) => {
		if (left === 0) return answered();
		const back = () => agenda.at(agenda.now + round_trip_ms / 2, () => ask(left - 1, answered));
		agenda.at(agenda.now + round_trip_ms / 2, () => d1.ask(query_ms, back));
	};
	const arrive = () => {
		const attempt = { since: agenda.now };
		underWay.add(attempt);
		ask(queries, () => {
			underWay.delete(attempt);
			times.push(agenda.now - attempt.since);
		});
		next();
	};
	const next = () => agenda.at(agenda.now + (-Math.log(1 - draw()) * 1_000) / attempts_per_s, arrive);
	next();
	const end = seconds * 1_000;
	agenda.runUntil(end);
	const all = [...times, ...[...underWay].map(({ since }) => end - since)].sort((a, b) => a - b);
	return {
		d1_busy: d1.busyMs(end) / end,
		answered_per_s: times.length / seconds,
		waiting: underWay.size,
		p50_s: quantile(all, 0.5) / 1_000,
		p99_s: quantile(all, 0.99) / 1_000,
	};
}
