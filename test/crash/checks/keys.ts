import { isDeepStrictEqual } from "node:util";
import type { Caller } from "../caller.ts";
import { type Answer, type Call, type History, isDone, REPEATER } from "../history.ts";
import { inParallel } from "../parallel.ts";
import { explain } from "./explained.ts";
import type { UserLog } from "./logs.ts";
import type { Violations } from "./violation.ts";

/** Sends every keyed request once more. @returns the last call of each key */
export async function repeatEverything(caller: Caller, history: History): Promise<Map<string, Call>> {
	const first = [...history.keyed.values()].flatMap(([call]) => (call ? [call] : []));
	const repeats = await inParallel(first, ({ request, round }) => caller.call(request, { round, writer: REPEATER }));
	return new Map(repeats.map((call) => [call.request.key ?? "", call]));
}

/** Refusals that are not kept under the key: the same request may succeed later. */
const NOT_KEPT: ReadonlySet<number> = new Set([400, 404, 412, 429]);
const isKept = (answer: Answer | null): answer is Answer => answer !== null && !NOT_KEPT.has(answer.status);

/** What an answer says, without what is of the single request, and with 202 as the usual status. */
function essenceOf({ status, seq, body }: Answer, usual: number) {
	const { request_id: _request_id, ...rest } = body;
	return { status: status === 202 ? usual : status, seq, body: rest };
}

export interface KeyChecks {
	history: History;
	repeats: ReadonlyMap<string, Call>;
	/** Before everything was repeated, and after. */
	before: ReadonlyMap<string, UserLog>;
	after: ReadonlyMap<string, UserLog>;
}

/**
 * One key, one effect: all answers of a key are the same; what was answered is in the log; what was not is there whole,
 * and then the repeat replays it, or absent, and then the repeat does it. And each row of a command belongs to one key.
 */
export function checkKeys({ history, repeats, before, after }: KeyChecks, violations: Violations): void {
	const owners = new Map<string, string>();
	for (const [key, calls] of history.keyed) {
		const last = repeats.get(key);
		const user = last?.request.user ?? "";
		const where = { user, call: key };
		if (!violations.require(!!last?.answer, "repeat", () => `the repeat is ${last?.lost}`, where)) continue;
		checkFailed(calls, last, where, violations);
		const kept = calls.map(({ answer }) => answer).filter(isKept);
		checkSameAnswers(kept, where, violations);
		const [log, done] = [after.get(user), kept.find(isDone)];
		if (!done || !log || !last) continue;
		const explained = explain(last, done, log);
		if (!("row" in explained)) {
			violations.add("answer is not in the log", explained.unexplained, where);
			continue;
		}
		const { seq } = explained.row;
		const row = `${user} ${seq}`;
		const earlier = owners.get(row);
		violations.require(
			earlier === undefined,
			"one row, two keys",
			() => `row ${seq} is also that of ${earlier}`,
			where,
		);
		owners.set(row, key);
		const head = before.get(user)?.rows.length ?? 0;
		const isWhole = last.answer?.replayed === seq <= head;
		const detail = () =>
			`row ${seq}, head ${head} before, and the repeat ${last.answer?.replayed ? "replays" : "acts"}`;
		violations.require(isWhole, "neither whole nor absent", detail, where);
	}
	for (const log of after.values()) checkOwners(log, owners, violations);
}

function checkSameAnswers(
	kept: readonly Answer[],
	where: { user: string; call: string },
	violations: Violations,
): void {
	const [first, ...others] = kept;
	if (!first) return;
	const usual = kept.find(({ status }) => status !== 202)?.status ?? 202;
	for (const answer of others) {
		const [a, b] = [essenceOf(first, usual), essenceOf(answer, usual)];
		const detail = () => `first ${JSON.stringify(a)}, then ${JSON.stringify(b)}`;
		violations.require(isDeepStrictEqual(a, b), "one key, two answers", detail, where);
	}
	const acted = kept.filter(({ replayed }) => !replayed).length;
	violations.require(acted <= 1, "one key, two effects", () => `${acted} answers are no replay`, where);
	const replayed = others.at(-1)?.replayed ?? true;
	violations.require(replayed, "acknowledged and gone", () => "the repeat is answered as if it were the first", where);
}

/** A 500 says that nothing was changed: what was only ever answered so is absent until the repeat. */
function checkFailed(
	calls: readonly Call[],
	last: Call | undefined,
	where: { user: string; call: string },
	violations: Violations,
): void {
	const earlier = calls.filter((call) => call !== last);
	if (!earlier.every(({ lost }) => lost === "answered 500")) return;
	violations.require(
		!last?.answer?.replayed,
		"failed and yet done",
		() => "answered 500, and there all the same",
		where,
	);
}

/** Kinds of rows that come from a command with a key, and from nothing else. */
const KEYED_KINDS: ReadonlySet<string> = new Set([
	"attempt.submitted",
	"quiz.created",
	"credits.granted",
	"credits.held",
	"credits.extended",
	"credits.settled",
	"credits.released",
]);

function checkOwners({ user, rows }: UserLog, owners: ReadonlyMap<string, string>, violations: Violations): void {
	for (const { seq, kind, subject } of rows) {
		const isOwned = !KEYED_KINDS.has(kind) || owners.has(`${user} ${seq}`);
		violations.require(isOwned, "a row of no call", () => `row ${seq}: ${kind} ${subject}`, { user });
	}
}
