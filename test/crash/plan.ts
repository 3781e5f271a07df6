import { Random } from "./random.ts";

/** Where the harness tells the Worker which faults there are to be, and asks which there were. */
export const CONTROL_PATH = "/__faults";

/** Kinds of faults that the runtime is given on purpose. */
export const FAULTS = [
	"d1_refused",
	"d1_answer_lost",
	"d1_slow",
	"message_dropped",
	"message_duplicated",
	"message_delayed",
	"message_reordered",
	"send_refused",
	"send_answer_lost",
	"batch_repeated",
	"batch_twice_at_once",
] as const;
export type Fault = (typeof FAULTS)[number];

/** What befalls a message on its way, in parts of a thousand; `none` is the rest. */
export type SendOdds = Record<
	| "none"
	| "message_dropped"
	| "message_duplicated"
	| "message_delayed"
	| "message_reordered"
	| "send_refused"
	| "send_answer_lost",
	number
>;

/** What the Worker of one round has to bear. Times count from the start of the round. */
export interface FaultPlan {
	seed: number;
	/** While one of these lasts, every call of the catalog's database fails. */
	outages: { from_ms: number; to_ms: number; answers_lost_permille: number }[];
	d1_slow_permille: number;
	send: SendOdds;
	batch_repeated_permille: number;
	batch_twice_permille: number;
}

export interface RoundPlan {
	/** When the runtime is killed. */
	kill_after_ms: number;
	faults: FaultPlan;
}

const KILL_AFTER_MS = [1_500, 5_000] as const;
const OUTAGE_MS = [1_000, 3_000] as const;

/** Everything that a seed decides of a round, save the order in which the machine does it. */
export function planOf(seed: number, round: number): RoundPlan {
	const random = Random.of(seed, "round", round);
	const kill_after_ms = random.between(...KILL_AFTER_MS);
	const outages = [];
	// Two rounds in three have an outage; some of these are still down when the runtime is killed.
	if (random.below(3) > 0) {
		const from_ms = random.below(kill_after_ms);
		const to_ms = from_ms + random.between(...OUTAGE_MS);
		outages.push({ from_ms, to_ms, answers_lost_permille: random.pick([0, 300, 1_000]) });
	}
	const [dropped, refused] = [random.pick([20, 100, 400]), random.pick([0, 50, 200])];
	const [duplicated, delayed, reordered, lost] = [100, 80, 80, 50];
	const faults: FaultPlan = {
		...{ seed: random.below(2 ** 31), outages, d1_slow_permille: random.pick([0, 20, 100]) },
		send: {
			...{ message_dropped: dropped, message_duplicated: duplicated, message_delayed: delayed },
			...{ message_reordered: reordered, send_refused: refused, send_answer_lost: lost },
			none: 1_000 - dropped - refused - duplicated - delayed - reordered - lost,
		},
		...{ batch_repeated_permille: 250, batch_twice_permille: 250 },
	};
	return { kill_after_ms, faults };
}
