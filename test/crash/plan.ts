import type { Batching } from "../../dev/worker.ts";
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

export type BatchFault = "as it is" | "batch_twice_at_once" | "batch_repeated";

/** What the Worker of one round has to bear. Times count from the start of the round. */
export interface FaultPlan {
	seed: number;
	/** While it lasts, so many calls of the catalog's database fail; some of them after they were carried out. */
	outage: { from_ms: number; to_ms: number; failing_permille: number };
	/** How many fail at any other time: of the reads, and of the transactions, which are few and matter most. */
	d1_failing_permille: number;
	d1_transactions_failing_permille: number;
	/** Of those that fail, how many are carried out first. */
	d1_answers_lost_permille: number;
	d1_slow_permille: number;
	send: SendOdds;
	/** One batch after the other, over and over. */
	batches: readonly BatchFault[];
}

export interface RoundPlan {
	/** When the runtime is killed. */
	kill_after_ms: number;
	/** Many small batches, or few large ones as in production. */
	batching: Batching;
	faults: FaultPlan;
}

const KILL_AFTER_MS = [2_500, 5_000] as const;
const OUTAGE_MS = [1_000, 3_000] as const;
/** The outage begins early enough to be felt; some still last when the runtime is killed. */
const FELT_MS = 500;

const BATCHINGS: readonly [Batching, ...Batching[]] = [
	{ maxBatchSize: 5, maxBatchTimeout: 0 },
	{ maxBatchSize: 20, maxBatchTimeout: 0 },
	{ maxBatchSize: 100, maxBatchTimeout: 1 },
];

/** Everything that a seed decides of a round, save the order in which the machine does it. */
export function planOf(seed: number, round: number): RoundPlan {
	const random = Random.of(seed, "round", round);
	const kill_after_ms = random.between(...KILL_AFTER_MS);
	const from_ms = random.below(kill_after_ms - FELT_MS);
	const to_ms = from_ms + random.between(...OUTAGE_MS);
	const [dropped, refused] = [random.pick([20, 100, 400]), random.pick([20, 50, 200])];
	const [duplicated, delayed, reordered, lost] = [100, 80, 80, 50];
	const send = {
		message_dropped: dropped,
		message_duplicated: duplicated,
		message_delayed: delayed,
		message_reordered: reordered,
		send_refused: refused,
		send_answer_lost: lost,
		none: 1_000 - dropped - refused - duplicated - delayed - reordered - lost,
	};
	const batches = random.pick<readonly BatchFault[]>([
		["batch_twice_at_once", "batch_repeated", "as it is", "as it is"],
		["as it is", "batch_repeated", "batch_twice_at_once", "as it is"],
		["batch_repeated", "as it is", "batch_twice_at_once"],
	]);
	const faults: FaultPlan = {
		seed: random.below(2 ** 31),
		outage: { from_ms, to_ms, failing_permille: random.pick([700, 1_000]) },
		d1_failing_permille: random.pick([10, 40]),
		d1_answers_lost_permille: random.pick([200, 500]),
		d1_transactions_failing_permille: random.pick([100, 250]),
		d1_slow_permille: random.pick([20, 50, 100]),
		send,
		batches,
	};
	return { kill_after_ms, batching: random.pick(BATCHINGS), faults };
}
