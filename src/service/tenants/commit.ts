import { createHmac } from "node:crypto";
import { isOutdated } from "../../accounts/guards.ts";
import { isKept, keepRequest, readRequest } from "../../accounts/requests.ts";
import { canonicalJson, type Json } from "../../domain/canonical.ts";
import { CHANGE_KEYS_KEPT_MS, CHANGE_TRIES_MAX } from "../../domain/people/limits.ts";
import { accepted, type Outcome, refused } from "../../domain/result.ts";
import { digestKeyOf } from "../../env.ts";
import type { Changed } from "../verbs.ts";
import type { Asker } from "./asker.ts";
import { deliverOrLeave } from "./deliver.ts";
import { type Telling, telling } from "./telling.ts";

/** What was decided: to be committed as a whole. */
export interface Change<T> {
	/** The id of what is made or changed. */
	made: string;
	writes: readonly D1PreparedStatement[];
	/** What the logs say of it. None where nothing changes. */
	tells: readonly Telling[];
	value: T;
	/** What goes on behind the answer, once it is committed. */
	behind?: () => Promise<unknown>;
}

/** A request for a change, as its idempotency key is for it. */
export interface Asked<T> {
	operation: string;
	input: Json;
	/** What is answered to a retry: what was made, as it is now. */
	again(made: string): Promise<Outcome<T>>;
}

const FINGERPRINT_HEX_DIGITS = 32;

/**
 * Carries out a change of ACCOUNTS: what it writes, what the logs of tenants say of it and its idempotency key are one transaction. Where what it
 * was decided upon has changed meanwhile, nothing is written and it is decided anew. Its events are handed over behind the answer.
 * @param decide reads what it needs, and decides; it may be called again
 */
export async function commit<T>(
	asker: Asker,
	asked: Asked<T>,
	decide: () => Promise<Outcome<Change<T>>>,
): Promise<Changed<T>> {
	const earlier = await earlierAnswer(asker, asked);
	if (earlier) return earlier;
	for (let tries = 0; tries < CHANGE_TRIES_MAX; tries++) {
		const decided = await decide();
		if (!decided.ok) return changed(decided);
		try {
			await write(asker, asked, decided.value);
		} catch (error) {
			if (isOutdated(error)) continue;
			const same = isKept(error) ? await earlierAnswer(asker, asked) : null;
			if (same) return same;
			throw error;
		}
		const { tells, value, behind } = decided.value;
		if (behind) asker.later(behind());
		for (const tenant of new Set(tells.map(({ tenant }) => tenant))) {
			asker.later(deliverOrLeave(asker.env, tenant, asker.now));
		}
		return changed(accepted(value));
	}
	return changed(refused({ code: "conflict", detail: "Others change the same all the time. Try again." }));
}

const changed = <T>(outcome: Outcome<T>, replayed = false): Changed<T> => ({
	outcome,
	written: null,
	visiting: false,
	replayed,
});

async function write<T>(asker: Asker, asked: Asked<T>, { made, writes, tells }: Change<T>): Promise<void> {
	const { env, now, actor, idempotency_key: key } = asker;
	const events = await Promise.all(tells.map((tell) => telling(asker, tell)));
	const kept =
		key === undefined
			? []
			: keepRequest(env.ACCOUNTS, { actor, key, fingerprint: fingerprint(asker, asked), made, at: now }, since(now));
	const statements = [...writes, ...events, ...kept];
	if (statements.length > 0) await env.ACCOUNTS.batch(statements);
}

const since = (now: number) => now - CHANGE_KEYS_KEPT_MS;

/** Null where the key is new, or there is none. */
async function earlierAnswer<T>(asker: Asker, asked: Asked<T>): Promise<Changed<T> | null> {
	const { env, now, actor, idempotency_key: key } = asker;
	const kept = key === undefined ? null : await readRequest(env.ACCOUNTS, actor, key, since(now));
	if (!kept) return null;
	if (kept.fingerprint === fingerprint(asker, asked)) return changed(await asked.again(kept.made), true);
	const detail = "This Idempotency-Key was used for another request. Send a new key with a new request.";
	return changed(refused({ code: "idempotency-key-reused", detail }));
}

/** Keyed, since what is asked for may be private. */
const fingerprint = <T>({ env }: Asker, { operation, input }: Asked<T>): string =>
	createHmac("sha256", digestKeyOf(env))
		.update(`marksheet request 1 ${operation} ${canonicalJson(input)}`)
		.digest("hex")
		.slice(0, FINGERPRINT_HEX_DIGITS);
