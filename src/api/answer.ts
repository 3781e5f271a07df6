import type { Context } from "hono";
import { CursorReads, outlook } from "../catalog/cursor-reads.ts";
import { waitUntilApplied } from "../catalog/waiting.ts";
import { WAIT_S_MAX } from "../domain/limits.ts";
import type { HonoEnv } from "../env.ts";
import type { Reply } from "../shard/requests.ts";
import type { Call } from "../shard/runner.ts";
import { rememberTenant } from "./own-tenant.ts";
import { ProblemError, refusalProblem } from "./problem.ts";

const clock = () => Date.now();
const cursors = new CursorReads(outlook, clock);

/**
 * The answer to a change: the value with `status`, or the refusal's problem; with the row of the log that holds it, unless the
 * caller visits another user's shard by a share. Where the client prefers to wait for the catalog, it comes only once the catalog
 * has it, or with 202 where that did not get there in time.
 */
export async function answer<T, S extends 200 | 201>(
	c: Context<HonoEnv>,
	call: Pick<Call, "user" | "now"> & { visitor?: string },
	reply: Reply<T>,
	status: S,
) {
	// It would tell a visitor how much the owner does.
	if (call.visitor === undefined) c.header("Sync-Seq", String(reply.seq));
	if (reply.replayed) c.header("Idempotent-Replayed", "true");
	const { subject, tenant } = c.get("principal");
	// A shard that has a log and has answered has compared its owner with the caller.
	if (reply.seq > 0 && call.user === subject) rememberTenant(subject, tenant);
	if (!reply.outcome.ok) throw refusalProblem(reply.outcome.refusal, call.now);
	const wait_s = preferredWait(c.req.header("Prefer"));
	const { value } = reply.outcome;
	if (wait_s === null) return { value, status } as const;
	const { user } = call;
	const waiting = {
		readCursor: () => cursors.read(c.env.CATALOG, user),
		outlook,
		clock,
		pause: (ms: number) => scheduler.wait(ms),
		draw: Math.random,
	};
	// What was answered before, and what may have changed nothing, may have been in the catalog for long.
	const looksAtOnce = reply.replayed || wait_s === 0;
	const wait_ms = wait_s * 1_000;
	const bookmark = await waitUntilApplied(waiting, { user, seq: reply.seq, wait_ms, looksAtOnce });
	c.header("Preference-Applied", `wait=${wait_s}`);
	if (bookmark) c.header("x-d1-bookmark", bookmark);
	return { value, status: bookmark === null ? (202 as const) : status };
}

/** The `wait` of RFC 7240 in seconds, at most WAIT_S_MAX; null where there is none that can be read. */
function preferredWait(header: string | undefined): number | null {
	const [, seconds] = /(?:^|[,;])\s*wait\s*=\s*"?(\d{1,9})"?\s*(?:$|[,;])/i.exec(header ?? "") ?? [];
	return seconds === undefined ? null : Math.min(Number(seconds), WAIT_S_MAX);
}

/** A single thing, or 404. */
export function found<T>(thing: T | null, what: string): T {
	if (thing === null) throw new ProblemError("not-found", `There is no such ${what}, or you may not know of it.`);
	return thing;
}
