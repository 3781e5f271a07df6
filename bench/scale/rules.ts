import { lookPause, resendPause } from "../../src/domain/log/backoff.ts";
import { CURSOR_READ_MS_MAX } from "../../src/domain/log/limits.ts";
import { Outlook } from "../../src/domain/log/outlook.ts";
import { keepDelayS, redeliveryDelayS } from "../../src/domain/log/redelivery.ts";

/** How everything that tries again behaves: the product's own rules, and those that it had before, for comparison. */
export interface Rules {
	name: string;
	/** Until a shard's alarm looks again. `still_ms`: since it first sent again in vain; `resends`: how often, this one counted. */
	resendPause(still_ms: number, resends: number, draw: number): number;
	/** Whether an alarm that finds a replica behind asks the primary too. */
	alarmAsksPrimary: boolean;
	/** Whether those who wait ask the primary. */
	waiterAsksPrimary: boolean;
	/** Whether a request that has just changed something looks before its first pause. */
	waiterLooksAtOnce: boolean;
	lookPause(looks: number, draw: number): number;
	/** How long a read of a cursor is waited for. */
	cursorRead_ms_max: number;
	/** What each isolate knows; null where isolates know nothing. */
	outlook: (draw: () => number) => Pick<Outlook, "mayRead" | "answered" | "failed" | "isInVain" | "reached" | "late">;
	/** After how many seconds a message comes again whose transaction failed; null where it is acknowledged, since its shard sends it again. */
	messageRetry_s(attempts: number, draw: number): number | null;
	/** How often a message comes again until the queue gives it up, as wrangler.toml says. */
	messageRetries_max: number;
	/** The same of one that was given up and could not be written down. */
	deadRetry_s(attempts: number, draw: number): number;
	deadRetries_max: number;
}

const KNOWS_NOTHING: ReturnType<Rules["outlook"]> = {
	mayRead: () => true,
	answered: () => undefined,
	failed: () => undefined,
	isInVain: () => false,
	reached: () => undefined,
	late: () => undefined,
};

/** Of commit 6260ddb. */
export const BEFORE: Rules = {
	name: "before",
	resendPause: (_, resends) => Math.min(10_000 * 2 ** Math.min(resends, 20), 40_000),
	alarmAsksPrimary: true,
	waiterAsksPrimary: true,
	waiterLooksAtOnce: true,
	lookPause: (looks) => Math.min(50 * 2 ** Math.min(looks, 20), 500),
	cursorRead_ms_max: Number.POSITIVE_INFINITY,
	outlook: () => KNOWS_NOTHING,
	messageRetry_s: () => 5,
	messageRetries_max: 10,
	deadRetry_s: () => 5,
	deadRetries_max: 3,
};

export const NOW: Rules = {
	name: "now",
	resendPause: (still_ms, _, draw) => resendPause(still_ms, draw),
	alarmAsksPrimary: false,
	waiterAsksPrimary: false,
	waiterLooksAtOnce: false,
	lookPause,
	cursorRead_ms_max: CURSOR_READ_MS_MAX,
	outlook: (draw) => new Outlook(draw),
	messageRetry_s: redeliveryDelayS,
	messageRetries_max: 100,
	deadRetry_s: keepDelayS,
	deadRetries_max: 100,
};
