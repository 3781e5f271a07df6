import type { Context } from "hono";
import { WAIT_S_MAX } from "../../domain/limits.ts";
import type { Outcome } from "../../domain/result.ts";
import type { HonoEnv } from "../../env.ts";
import type { Changed } from "../../service/verbs.ts";
import { waitForCatalog } from "../../service/waiting.ts";
import { refusalProblem } from "./problem.ts";

/** The value of an outcome, or its refusal as a problem. */
export function valueIn<T>(c: Context<HonoEnv>, outcome: Outcome<T>): T {
	if (!outcome.ok) throw refusalProblem(outcome.refusal, c.get("now"));
	return outcome.value;
}

/**
 * The answer to a change: the value with `status`, or the refusal's problem; with the row of the log that holds it, unless the
 * caller visits another user's shard by a share. Where the client prefers to wait for the catalog, it comes only once the catalog
 * has it, or with 202 where that did not get there in time.
 */
export async function answer<T, S extends 200 | 201>(
	c: Context<HonoEnv>,
	{ outcome, written, visiting, replayed }: Changed<T>,
	status: S,
) {
	if (written && !visiting) c.header("Sync-Seq", String(written.seq));
	if (replayed) c.header("Idempotent-Replayed", "true");
	const value = valueIn(c, outcome);
	const wait_s = preferredWait(c.req.header("Prefer"));
	if (wait_s === null || !written) return { value, status } as const;
	const bookmark = await waitForCatalog(c.env, written, wait_s * 1_000, !replayed);
	c.header("Preference-Applied", `wait=${wait_s}`);
	if (bookmark) c.header("x-d1-bookmark", bookmark);
	return { value, status: bookmark === null ? (202 as const) : status };
}

/** The `wait` of RFC 7240 in seconds, at most WAIT_S_MAX; null where there is none that can be read. */
function preferredWait(header: string | undefined): number | null {
	const [, seconds] = /(?:^|[,;])\s*wait\s*=\s*"?(\d{1,9})"?\s*(?:$|[,;])/i.exec(header ?? "") ?? [];
	return seconds === undefined ? null : Math.min(Number(seconds), WAIT_S_MAX);
}
