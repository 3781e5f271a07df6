import type { QuizSettings } from "../quizzes/quiz.ts";
import { DAY_MS, SECOND_MS } from "../units.ts";
import { OPEN_ATTEMPT_DAYS } from "./limits.ts";

/**
 * When an attempt may begin and until when its answers count. All of it in milliseconds by the server's clock, which is the only one that is asked.
 */

export type TimeSettings = Pick<QuizSettings, "time_limit_s" | "grace_s" | "opens_at" | "closes_at" | "delay_s">;

/** What is changed for one taker. */
export interface Allowance {
	/** The time limit is multiplied by it. */
	time_factor: number;
	extra_s: number;
	closes_later_s: number;
}

export const NO_ALLOWANCE: Allowance = { time_factor: 1, extra_s: 0, closes_later_s: 0 };

/** When the quiz closes for the taker; null where it never does. */
export function closingTime({ closes_at }: TimeSettings, { closes_later_s }: Allowance): number | null {
	return closes_at === undefined ? null : closes_at + closes_later_s * SECOND_MS;
}

/** The instant up to which the taker may answer, without grace: of the time limit and the closing time the earlier one. Null where there is neither. */
export function deadlineOf(settings: TimeSettings, allowance: Allowance, opened_at: number): number | null {
	const { time_limit_s } = settings;
	const limit_ms =
		time_limit_s === undefined
			? Number.POSITIVE_INFINITY
			: Math.ceil(time_limit_s * SECOND_MS * allowance.time_factor) + allowance.extra_s * SECOND_MS;
	const deadline = Math.min(opened_at + limit_ms, closingTime(settings, allowance) ?? Number.POSITIVE_INFINITY);
	return Number.isFinite(deadline) ? deadline : null;
}

/** The last instant at which what arrives still counts. */
export const lastInstant = (deadline: number, { grace_s = 0 }: TimeSettings): number => deadline + grace_s * SECOND_MS;

/** When an attempt that nobody submits comes to its end, by the clock alone: the first instant at which it is over. */
export function overAt(settings: TimeSettings, deadline: number | null, opened_at: number): number {
	const abandoned_at = opened_at + OPEN_ATTEMPT_DAYS * DAY_MS;
	return deadline === null ? abandoned_at : lastInstant(deadline, settings) + 1;
}

/** Why an attempt cannot begin now; null where it can. @param last_ended_at when the taker's last attempt at the quiz ended, null for none */
export function notYetOrNoMore(
	settings: TimeSettings,
	allowance: Allowance,
	last_ended_at: number | null,
	now: number,
): { detail: string; opens_at?: number; closes_at?: number } | null {
	const { opens_at, delay_s } = settings;
	if (opens_at !== undefined && now < opens_at) {
		return { detail: `This quiz opens at ${opens_at}; it is ${now} now.`, opens_at };
	}
	const closes_at = closingTime(settings, allowance);
	if (closes_at !== null && now > closes_at) {
		return { detail: `This quiz closed at ${closes_at}; it is ${now} now.`, closes_at };
	}
	const next_at = last_ended_at === null || delay_s === undefined ? now : last_ended_at + delay_s * SECOND_MS;
	if (now < next_at)
		return { detail: `The next attempt may begin at ${next_at}; it is ${now} now.`, opens_at: next_at };
	return null;
}
