import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { migrateLocal } from "../../dev/databases.ts";
import { ensureSigner } from "../../dev/signer.ts";
import { bundleWorker, workerOptions } from "../../dev/worker.ts";
import { Caller, tokensFor } from "./caller.ts";
import { checkEverything, type Findings } from "./checks/everything.ts";
import { Violations } from "./checks/violation.ts";
import { History, isDone } from "./history.ts";
import { Looks } from "./looks.ts";
import { type Fault, planOf } from "./plan.ts";
import { Runtime } from "./runtime.ts";
import type { World } from "./world.ts";
import { furnish, write } from "./writers.ts";

export interface Settings {
	folder: string;
	seed: number;
	rounds: number;
	users: number;
	writers: number;
}

/** What happened in a run, as it was seen from outside. */
export interface Tally {
	kills: number;
	faults: Partial<Record<Fault, number>>;
	batches: number;
	sent: number;
	delivered: number;
	/** Messages in the queue when the runtime was killed: they were lost with it. */
	lost_in_kills: number;
	/** Of these, at the last kill, after which every shard must catch up. */
	lost_in_last_kill: number;
	/** Reads under faults that were answered, and of these the ones after an answer that had waited for the catalog. */
	looks: Looks["counts"];
}

export interface Report extends Findings {
	settings: Settings;
	history: History;
	tally: Tally;
}

const AUTHOR_SHARE = 5;

/**
 * Lets clients write while the runtime is killed and its queue and database fail, then looks whether everything is as it
 * was answered. Progress goes to `note`; violations go into the folder too, with every call.
 * @throws Failure if the runtime does not start or ends on its own
 */
export async function crashRun(settings: Settings, note: (text: string) => void): Promise<Report> {
	const { folder, seed, rounds } = settings;
	mkdirSync(folder, { recursive: true });
	const { vars } = workerOptions();
	const signer = await ensureSigner(folder, vars.TOKEN_ISSUER, vars.TOKEN_AUDIENCE);
	await Promise.all([bundleWorker(folder), migrateLocal(folder)]);
	const users = Array.from({ length: settings.users }, (_, index) => `usr_crash${index}`);
	const tokens = await tokensFor(signer, users);
	const authors = users.slice(0, Math.ceil(users.length / AUTHOR_SHARE));
	const world: World = { users, authors, quizzes: [], holds: [], unanswered: [] };
	const history = new History();
	const violations = new Violations();
	const looks = new Looks(violations);
	const tally: Tally = {
		kills: 0,
		faults: {},
		batches: 0,
		sent: 0,
		delivered: 0,
		lost_in_kills: 0,
		lost_in_last_kill: 0,
		looks: looks.counts,
	};
	let runtime = await Runtime.start(folder, planOf(seed, 1).batching);
	try {
		await furnish(new Caller(runtime.url, tokens, history), world, seed);
		note("users and quizzes are there");
		for (let round = 1; round <= rounds; round++) {
			await playRound({
				runtime,
				caller: new Caller(runtime.url, tokens, history),
				world,
				round,
				settings,
				tally,
				looks,
			});
			runtime = await Runtime.start(folder, round < rounds ? planOf(seed, round + 1).batching : undefined);
			const answered = history.calls.filter(({ answer }) => isDone(answer)).length;
			note(`round ${round} of ${rounds}: ${history.calls.length} calls, ${answered} done`);
		}
		const restarted = performance.now();
		const caller = new Caller(runtime.url, tokens, history);
		const ground = { caller, history, world, restarted, note };
		const report = { settings, history, tally, ...(await checkEverything(ground, violations)) };
		if (report.violations.length > 0) writeDown(folder, report);
		return report;
	} finally {
		runtime.discard();
	}
}

/** What was found, with every call, beside the state and the Worker's log. */
function writeDown(folder: string, { violations, history }: Report): void {
	const lines = (items: readonly object[]) => items.map((item) => `${JSON.stringify(item)}\n`).join("");
	writeFileSync(join(folder, "violations.jsonl"), lines(violations));
	writeFileSync(join(folder, "calls.jsonl"), lines(history.calls));
}

interface Round {
	runtime: Runtime;
	caller: Caller;
	world: World;
	round: number;
	settings: Settings;
	tally: Tally;
	looks: Looks;
}

/** All writers at once until the moment of the plan, and then the end. */
async function playRound({ runtime, caller, world, round, settings, tally, looks }: Round): Promise<void> {
	const { seed, writers } = settings;
	const plan = planOf(seed, round);
	await runtime.begin(plan.faults);
	const over = new AbortController();
	const shift = { caller, world, seed, round, over: over.signal, looks };
	const work = Promise.all(Array.from({ length: writers }, (_, writer) => write(shift, writer)));
	await new Promise((resolve) => setTimeout(resolve, plan.kill_after_ms));
	const borne = await runtime.borne();
	over.abort();
	await runtime.kill();
	await work;
	tally.kills++;
	tally.batches += borne.batches;
	tally.sent += borne.sent;
	tally.delivered += borne.delivered;
	tally.lost_in_last_kill = borne.sent - borne.delivered;
	tally.lost_in_kills += tally.lost_in_last_kill;
	for (const [fault, times] of Object.entries(borne.faults)) {
		const name = fault as Fault;
		tally.faults[name] = (tally.faults[name] ?? 0) + times;
	}
}
