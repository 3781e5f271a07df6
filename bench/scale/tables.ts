import { table } from "../../dev/table.ts";
import { shown } from "../lib/statistics.ts";
import { OUTAGE_S, PEOPLE, YEARS_KEPT } from "./model.ts";
import type { Simulated } from "./simulation.ts";
import type { Single } from "./single.ts";
import { OVERDUE_S, type Stalled } from "./stall.ts";

/** How one catalog does at one rate. */
export type Rate = Simulated & { events_per_s: number };

/** How one database that has everything does at one rate. */
export type SingleRate = Single & { form: string; attempts_per_s: number };

/** What so many users need. */
export interface Sized {
	users: number;
	peak_events_per_s: number;
	catalogs_for_load: number;
	catalogs_for_storage: number;
	catalogs: number;
	/** For the attempts that come. */
	dollars_per_month: number;
	/** For keeping those of YEARS_KEPT, in the shards and in the catalogs. Older runs did not reckon it. */
	storage_dollars_per_month?: number;
	at_peak: Simulated;
	after_outage: Simulated;
}

export function sweepTable(reads: number, rates: readonly Rate[]): string {
	const head = [
		`one catalog, reads of its primary per event: ${reads}`,
		"events per batch",
		"D1 busy",
		"lag p50 s",
		"lag p99 s",
		"waiting at the end",
	];
	return table(
		head,
		rates.map((rate) => [
			`${shown(rate.events_per_s)} events/s`,
			shown(rate.events_per_batch),
			`${Math.round(rate.d1_busy * 100)} %`,
			shown(rate.lag_p50_s),
			shown(rate.lag_p99_s),
			shown(rate.waiting),
		]),
	);
}

/** What became of it after D1 had stood still, with the rules of before and with those of now. */
export interface StallRate {
	hasReplica: boolean;
	stall_s: number;
	events_per_s: number;
	before: Stalled;
	now: Stalled;
}

export function stallTable(rates: readonly StallRate[]): string {
	const recovered = ({ recovered_s }: Stalled) => (recovered_s === null ? "never" : `${Math.round(recovered_s)} s`);
	const percent = (share: number) => `${Math.round(share * 100)} %`;
	const twice = (of: (stalled: Stalled) => string) => (rate: StallRate) => [of(rate.before), of(rate.now)];
	const columns = {
		"recovered after": twice(recovered),
		"D1 busy then": twice(({ d1_busy }) => percent(d1_busy)),
		"messages per event": twice(({ messages_per_event }) => shown(messages_per_event)),
		"dead letters": twice(({ dead_letters }) => shown(dead_letters)),
	};
	const head = Object.keys(columns).flatMap((name) => [`${name}: before`, "now"]);
	return table(
		[`a stall of D1, until no row waits for ${OVERDUE_S} s`, ...head],
		rates.map((rate) => [
			`${rate.stall_s} s, ${rate.events_per_s} events/s, ${rate.hasReplica ? "with a replica" : "without"}`,
			...Object.values(columns).flatMap((column) => column(rate)),
		]),
	);
}

export function singleTable(rates: readonly SingleRate[]): string {
	return table(
		["one D1 for everything", "attempts/s", "answered/s", "D1 busy", "p50 s", "p99 s", "waiting at the end"],
		rates.map((rate) => [
			rate.form,
			shown(rate.attempts_per_s),
			shown(rate.answered_per_s),
			`${Math.round(rate.d1_busy * 100)} %`,
			shown(rate.p50_s),
			shown(rate.p99_s),
			shown(rate.waiting),
		]),
	);
}

export function sizeTable(sizes: readonly Sized[]): string {
	const head = ["users", "events/s at peak", "catalogs for load", "for storage", "D1 busy", "lag p50 s", "lag p99 s"];
	return table(
		[...head, `over ${OUTAGE_S} s outage after s`, "$ per month for attempts", "for keeping them"],
		sizes.map(
			({
				users,
				peak_events_per_s,
				catalogs_for_load,
				catalogs_for_storage,
				at_peak,
				after_outage,
				dollars_per_month,
				storage_dollars_per_month: storage = Number.NaN,
			}) => [
				users.toLocaleString("en-US"),
				shown(peak_events_per_s),
				shown(catalogs_for_load),
				shown(catalogs_for_storage),
				`${Math.round(at_peak.d1_busy * 100)} %`,
				shown(at_peak.lag_p50_s),
				shown(at_peak.lag_p99_s),
				after_outage.recovered_s === null ? "–" : shown(after_outage.recovered_s),
				`$${shown(dollars_per_month)}`,
				`$${shown(storage)}`,
			],
		),
	);
}

export const assumptions =
	`Assumed: ${PEOPLE.daily_share * 100} % of the users come on a day, ${PEOPLE.attempts_per_day} attempts each, ` +
	`${PEOPLE.peak_factor} times as many in the busiest second; attempts and their facts are kept for ${YEARS_KEPT} years.`;
