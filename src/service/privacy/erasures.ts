import {
	type ErasureRow,
	finishErasure,
	keepErasedQuizzes,
	moveErasure,
	openErasures,
} from "../../accounts/erasures.ts";
import { heldAmong } from "../../catalog/media/media.ts";
import { forgetUploader, putAside } from "../../catalog/media/media-objects.ts";
import { forgetCurrentVersion } from "../../catalog/quizzes/current-versions.ts";
import { removeVersions } from "../../catalog/quizzes/versions.ts";
import { causeOf } from "../../catalog/replication/causes.ts";
import { deadSeqs } from "../../catalog/replication/dead-letters.ts";
import * as catalog from "../../catalog/replication/erased.ts";
import { readRebuild } from "../../catalog/replication/rebuilds.ts";
import { mintPeopleId } from "../../domain/ids.ts";
import { type LogEvent, messageSchema, readRow } from "../../domain/log/events.ts";
import { MESSAGE_EVENTS_MAX, STEP_MS_MAX } from "../../domain/log/limits.ts";
import { ERASURE_STEPS, type ErasureStep, isErasureStep } from "../../domain/privacy/erasure.ts";
import { ERASURE_PAUSE_MS, ERASURES_AT_ONCE_MAX, ERASURES_MS_MAX } from "../../domain/privacy/limits.ts";
import { logLine, reason, word } from "../../log-line.ts";
import { shardOf } from "../shard-of.ts";
import { eraseKey } from "./user-keys.ts";

/** What became of a piece of a step: the step goes on from a position, it is done, or it has to wait, and what for. */
type Piece = { next: unknown } | "done" | { waits: string };

interface Work {
	env: Env;
	erasure: ErasureRow;
	now: number;
}

const DONE = "done" as const;

/** A piece of each step, from the position that the piece before gave; null at the beginning. */
const PIECES: Record<Exclude<ErasureStep, "finished">, (work: Work, position: unknown) => Promise<Piece>> = {
	async key({ env, erasure }) {
		await eraseKey(env, erasure.user_id);
		return DONE;
	},

	async directory({ env, erasure: { user_id, tenant_id }, now }) {
		const isEntombed = await catalog.entomb(env.CATALOG, user_id, tenant_id, now);
		return isEntombed ? DONE : { waits: "A rebuild of the user's part of the catalog must come to its end first." };
	},

	async shard({ env, erasure: { user_id: user, tenant_id: tenant }, now }) {
		const isClosed = await shardOf(env, user, true).erasure.begin({ user, tenant, now });
		if (!isClosed) throw new Error(`the shard of ${user} is another tenant's`);
		return DONE;
	},

	publications: removeOwned,

	async pause({ erasure, now }) {
		const until = erasure.updated_at + ERASURE_PAUSE_MS;
		return now < until
			? { waits: `Until ${new Date(until).toISOString()}, so that what was under way has ended.` }
			: DONE;
	},

	figures: unfoldPiece,
	contents: contentsPiece,

	async traces({ env, erasure }, position) {
		// A row that was written while the first of these steps went on.
		const owned = await removeOwned({ env, erasure });
		if (owned !== DONE) return owned;
		const after: readonly [number, string] = isPlace(position) ? position : [0, ""];
		const next = await catalog.removeMessages(env.CATALOG, erasure.user_id, after);
		if (next) return { next };
		await catalog.removeTraces(env.CATALOG, erasure.user_id);
		return DONE;
	},

	async emptying({ env, erasure, now }) {
		const { user_id: user, requested_by: actor, id } = erasure;
		const tombstone = { user, actor, erasure: id, now };
		const stub = shardOf(env, user, true).erasure;
		if (!(await stub.empty(tombstone))) return { next: null };
		await stub.renew(tombstone);
		return DONE;
	},

	async account({ env, erasure, now }) {
		// Once more, for an isolate that made a key in the very moment of the first step and was lost before it removed that.
		await eraseKey(env, erasure.user_id);
		const event = mintPeopleId("event", now, crypto.getRandomValues(new Uint8Array(10)));
		await finishErasure(env.ACCOUNTS, erasure, event, now);
		return DONE;
	},
};

const isPlace = (position: unknown): position is [number, string] => Array.isArray(position);

async function removeOwned({ env, erasure }: Pick<Work, "env" | "erasure">): Promise<Piece> {
	return (await catalog.removeOwned(env.CATALOG, erasure.user_id)) ? { next: null } : DONE;
}

/** Takes out the last rows of the log that are still in the catalog. */
async function unfoldPiece({ env, erasure }: Work): Promise<Piece> {
	const { user_id: user } = erasure;
	const tomb = await catalog.readTomb(env.CATALOG, user);
	if (!tomb) throw new Error(`${user} has no tombstone in the catalog`);
	const { applied_seq: to, head_hash } = tomb;
	if (to === 0) return DONE;
	const rebuild = await readRebuild(env.CATALOG, "under way");
	if (rebuild?.phase === "wipe") return { waits: "A rebuild empties the catalog; it takes this out too." };
	const log = shardOf(env, user, true).erasure;
	if (head_hash !== "" && (await log.hashAt(to)) !== head_hash) {
		return { waits: "The catalog has applied another log than this one: rebuild everything." };
	}
	const { from, rows } = await lastRows(log, to);
	const dead = await deadSeqs(env.CATALOG, user, from, to);
	const events: LogEvent[] = [];
	for (const [index, row] of rows.entries()) {
		const seq = from + 1 + index;
		const reading = readRow(row, seq);
		if (dead.has(seq) || reading.status === "poison") continue;
		if (reading.status === "ahead") {
			return { waits: `Another release has applied row ${seq}, ${reading.needs}: go on with that one.` };
		}
		events.push(reading.event);
	}
	try {
		await catalog.unfoldLast(env.CATALOG, { user, from, to, events });
	} catch (error) {
		// Somebody else has done it: the cursor is read again.
		if (causeOf(error) !== "moved") throw error;
	}
	return { next: null };
}

type Log = ReturnType<typeof shardOf>["erasure"];

/** The rows up to row `to` of the log, as many of the last ones as fit into a message. */
async function lastRows(log: Log, to: number): Promise<{ from: number; rows: unknown[] }> {
	for (let from = Math.max(0, to - MESSAGE_EVENTS_MAX); ; ) {
		const { last, rows } = messageSchema.parse(await log.rows(from));
		if (last >= to) return { from, rows: rows.slice(0, to - from) };
		from = last;
	}
}

/** What the next rows of the log name that lies elsewhere, or is shown with what is others'. */
async function contentsPiece({ env, erasure }: Work, position: unknown): Promise<Piece> {
	const from = Number(position ?? 0);
	const page: unknown = await shardOf(env, erasure.user_id, true).erasure.rows(from);
	if (page === null) return DONE;
	const { rows, last } = messageSchema.parse(page);
	const events = rows.flatMap((row, index) => {
		const reading = readRow(row, from + 1 + index);
		return reading.status === "read" ? [reading.event] : [];
	});
	const quizzes = [...new Set(events.flatMap((event) => (event.kind === "quiz.created" ? [event.body.quiz] : [])))];
	const versions = new Set(events.flatMap((event) => (event.kind === "quiz.published" ? [event.body.version] : [])));
	const media = new Set(events.flatMap((event) => (event.kind === "media.added" ? [event.body.media] : [])));
	await keepErasedQuizzes(env.ACCOUNTS, quizzes);
	for (const quiz of quizzes) await forgetCurrentVersion(env.CONTENT_CACHE, quiz);
	await catalog.removeViews(env.CATALOG, quizzes);
	if (versions.size > 0) {
		if (await readRebuild(env.CATALOG, "under way"))
			return { waits: "Until the rebuild is over the catalog does not know whose contents these are too." };
		// Before contents had nonces, two authors' could be the same.
		const others = await catalog.versionsAmong(env.CATALOG, [...versions]);
		await removeVersions(
			env,
			[...versions].filter((version) => !others.has(version)),
		);
	}
	const held = await heldAmong(env.CATALOG, [...media]);
	for (const hash of media) {
		if (held.has(hash)) await forgetUploader(env.CONTENT, hash, erasure.user_id);
		else await putAside(env.CONTENT, hash);
	}
	return { next: last };
}

const stepAfter = (step: ErasureStep): ErasureStep => ERASURE_STEPS[ERASURE_STEPS.indexOf(step) + 1] ?? "finished";

/**
 * Goes on with an erasure until it is done, has to wait, or the time is over. What has happened is written down after each piece; a piece that
 * was carried out and not written down is carried out again, which changes nothing.
 * @param clock says what time it is
 */
export async function continueErasure(env: Env, erasure: ErasureRow, clock: () => number): Promise<void> {
	const deadline = clock() + STEP_MS_MAX;
	let at = erasure;
	while (clock() < deadline) {
		const { step } = at;
		if (!isErasureStep(step) || step === "finished") return;
		const moved = afterPiece(at, step, await carryOut(env, at, step, clock()), clock());
		if (moved.step === "finished") return;
		const isSame = moved.step === step && moved.position === at.position && moved.trouble === at.trouble;
		const stays = isSame && (moved.trouble === null || moved.updated_at === at.updated_at);
		// Where somebody else has gone on with it meanwhile, they do.
		if (!stays && !(await moveErasure(env.ACCOUNTS, at, moved))) return;
		if (moved.trouble !== null) return;
		at = { ...at, ...moved };
	}
}

async function carryOut(env: Env, erasure: ErasureRow, step: keyof typeof PIECES, now: number): Promise<Piece> {
	try {
		return await PIECES[step]({ env, erasure, now }, JSON.parse(erasure.position));
	} catch (error) {
		logLine("error", { at: "erasure", erasure: word(erasure.id), step: word(step), error: reason(error) });
		return { waits: "Something failed, and is tried again." };
	}
}

function afterPiece(
	at: ErasureRow,
	step: ErasureStep,
	piece: Piece,
	now: number,
): Pick<ErasureRow, "step" | "position" | "trouble" | "updated_at"> {
	if (piece === DONE) return { step: stepAfter(step), position: "null", trouble: null, updated_at: now };
	if ("next" in piece) return { step, position: JSON.stringify(piece.next), trouble: null, updated_at: now };
	// A pause is counted from its beginning.
	return { step, position: at.position, trouble: piece.waits, updated_at: step === "pause" ? at.updated_at : now };
}

/** Goes on with those that are under way, the one that has waited longest first, for a bounded time. */
export async function continueErasures(env: Env, clock: () => number): Promise<void> {
	const deadline = clock() + ERASURES_MS_MAX;
	for (const erasure of await openErasures(env.ACCOUNTS, ERASURES_AT_ONCE_MAX)) {
		if (clock() >= deadline) return;
		await continueErasure(env, erasure, clock);
	}
}
