import { table } from "../../dev/table.ts";
import { isDone } from "./history.ts";
import { FAULTS } from "./plan.ts";
import type { Report, Settings } from "./run.ts";

const SHOWN_MAX = 20;

/** How many calls there were, how many got an answer, and how many of these said that it was done. */
export function countCalls({ history }: Pick<Report, "history">) {
	const answered = history.calls.filter(({ answer }) => answer !== null);
	const done = answered.filter(({ answer }) => isDone(answer)).length;
	return { calls: history.calls.length, answered: answered.length, done, lost: history.calls.length - answered.length };
}

export function repetition({ seed, rounds, users, writers }: Settings): string {
	return `npm run test:crash -- --seed ${seed} --rounds ${rounds} --users ${users} --writers ${writers}`;
}

/** The one table at the end of a run. */
export function reportTable(report: Report): string {
	const { settings, tally, counts, caught_up_after_ms, violations } = report;
	const { calls, answered, done, lost } = countCalls(report);
	const rows = Object.entries({
		seed: settings.seed,
		rounds: settings.rounds,
		kills: tally.kills,
		calls,
		answered,
		done,
		unanswered: lost,
		keys: counts.keys,
		"unanswered keys, whole": counts.whole,
		"unanswered keys, absent": counts.absent,
		"log rows": counts.rows,
		...Object.fromEntries(FAULTS.map((fault) => [fault.replaceAll("_", " "), tally.faults[fault] ?? 0])),
		batches: tally.batches,
		"messages sent": tally.sent,
		"messages delivered": tally.delivered,
		"messages lost in kills": tally.lost_in_kills,
		"messages lost in the last kill": tally.lost_in_last_kill,
		"reads under faults": tally.looks.answered,
		"of these after a wait": tally.looks.waited,
		"caught up after the last restart, ms": Math.round(caught_up_after_ms),
		violations: violations.length,
	});
	return table(
		["crash run", ""],
		rows.map(([name, number]) => [name, String(number)]),
	);
}

/** The violations, so many of them, each with whom and what it is about, and how to see them again. */
export function violationText({ violations, settings }: Pick<Report, "violations" | "settings">): string {
	const shown = violations.slice(0, SHOWN_MAX).map(({ check, detail, user, call }) => {
		const about = [user, call].filter((part) => part !== undefined).join(", ");
		return `VIOLATION ${check}${about && ` (${about})`}: ${detail}`;
	});
	const more = violations.length - shown.length;
	const rest = more > 0 ? [`… and ${more} more`] : [];
	return [...shown, ...rest, `Seed ${settings.seed}. Again: ${repetition(settings)}`].join("\n");
}
