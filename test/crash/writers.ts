import { Failure } from "../../dev/failure.ts";
import type { Caller } from "./caller.ts";
import { create, drawRequest, grant, publish } from "./draw.ts";
import { type Call, isDone, type Request } from "./history.ts";
import type { Looks } from "./looks.ts";
import { inParallel } from "./parallel.ts";
import { Random } from "./random.ts";
import { learn, type World } from "./world.ts";

const FIRST_CREDITS = 20_000;
const FIRST_QUIZZES = 8;
const REPEATED_PERMILLE = 60;
const IMPATIENT_PERMILLE = 30;
const LOOKED_AT_PERMILLE = 150;
const IMPATIENCE_MS = [1, 40] as const;
const FAILED_CONNECTIONS_MAX = 20;

/** Gives every user credits and the authors quizzes; all of it must succeed, before there are faults. */
export async function furnish(caller: Caller, world: World, seed: number): Promise<void> {
	const random = Random.of(seed, "furnish");
	const place = { round: 0, writer: 0 };
	const must = async (request: Request) => {
		const call = await caller.call(request, place);
		if (!isDone(call.answer)) throw new Failure(`${request.path} fails without any faults: ${JSON.stringify(call)}`);
		learn(world, call);
	};
	await inParallel(world.users, (user) => {
		const request = grant({ users: [user] }, random, `first-${user}`);
		return must({ ...request, body: { amount: FIRST_CREDITS, kind: "purchase" } });
	});
	const numbers = Array.from({ length: FIRST_QUIZZES }, (_, number) => number);
	await inParallel(numbers, (number) =>
		must(create(world.authors[number % world.authors.length] ?? "", random, `first-quiz-${number}`)),
	);
	await inParallel([...world.quizzes], ({ id, author }) => must({ ...publish(id, author, "public"), wait_s: 10 }));
}

export interface Shift {
	caller: Caller;
	world: World;
	seed: number;
	round: number;
	/** Aborted when the runtime is killed. */
	over: AbortSignal;
	looks: Looks;
}

/** One of the clients that write at the same time, until the runtime is gone. */
export async function write({ caller, world, seed, round, over, looks }: Shift, writer: number): Promise<void> {
	const random = Random.of(seed, "round", round, "writer", writer);
	let failed = 0;
	for (let number = 0; !over.aborted && failed < FAILED_CONNECTIONS_MAX; number++) {
		const repeated = random.chance(REPEATED_PERMILLE) ? takeUnanswered(world, random) : null;
		const request = repeated?.request ?? drawRequest(world, random, `r${round}-w${writer}-${number}`);
		const isImpatient = random.chance(IMPATIENT_PERMILLE);
		const patience = isImpatient ? ([random.between(...IMPATIENCE_MS)] as const) : ([] as const);
		const call = await caller.call(request, { round, writer }, ...patience);
		learn(world, call);
		if (call.lost?.includes("fetch failed")) failed++;
		if (random.chance(LOOKED_AT_PERMILLE) || call.answer?.waited) await looks.at(caller, call);
	}
}

function takeUnanswered({ unanswered }: World, random: Random): Call | null {
	const index = random.below(Math.max(unanswered.length, 1));
	return unanswered.splice(index, 1)[0] ?? null;
}
