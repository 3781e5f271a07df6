import { ID_PATTERNS } from "../domain/ids.ts";
import type { Scope } from "../domain/people/roles.ts";
import { accepted, type Outcome, type Refusal, refused } from "../domain/result.ts";
import type { Reply } from "../shard/engine/requests.ts";
import type { Call } from "../shard/engine/runner.ts";
import type { Ctx } from "./context.ts";
import { isKnownUser } from "./people/known-users.ts";
import { scopeRefusal } from "./principal.ts";
import { type Stub, shardOf } from "./shard-of.ts";
import { rememberTenant } from "./tenants.ts";

/**
 * What the use cases are made of. A verb takes who asks and an input that a door has validated, passes its gates in the order
 * that is written there, and gives an outcome: refusals are values, a throw is a bug or a fault of the platform. It knows nothing of
 * HTTP, so that every door answers the same.
 */

/** The outcome of a change, and which row of whose log the caller must have seen to have seen it; null if no shard was asked. */
export interface Changed<T> {
	outcome: Outcome<T>;
	written: { user: string; seq: number } | null;
	/** The caller is here by a share: the row would tell how much the owner does. */
	visiting: boolean;
	replayed: boolean;
}

/** A user's shard, and the call that a request makes on it. */
export interface OnShard {
	call: Call;
	shard: Stub;
}

/** The refusal of a thing that is not there, or not for the caller. */
export const unknown = (what: string) =>
	refused({ code: "not-found", detail: `There is no such ${what}, or you may not know of it.` });

export const found = <T>(thing: T | null, what: string): Outcome<T> =>
	thing === null ? unknown(what) : accepted(thing);

/** The outcome where a gate was closed, so that nothing was written. */
export const notWritten = (refusal: Refusal): Changed<never> => looked(refused(refusal));

/** What was only read, for a door that answers reads as it does changes. */
export const looked = <T>(outcome: Outcome<T>): Changed<T> => ({
	outcome,
	written: null,
	visiting: false,
	replayed: false,
});

/**
 * The shard of the user who is named, and the call on it. `me` and one's own id are oneself; another user is only for a service
 * that may act on behalf of users, in the same tenant, and only where that user is known: a name alone never makes an object.
 * Gates: the scope; a user and no service; the user is known.
 * @param repeatable a second call changes nothing more than the first
 */
export async function shardOfUser(
	ctx: Ctx,
	named: string,
	scope: Scope,
	repeatable: boolean,
): Promise<Outcome<OnShard>> {
	const { env, principal, now, request_id, idempotency_key } = ctx;
	const forbidden = scopeRefusal(principal, scope);
	if (forbidden) return refused(forbidden);
	const user = named === "me" ? principal.subject : named;
	if (!ID_PATTERNS.user.test(user)) {
		const detail = "A service has no shard of its own; name the user on whose behalf it acts.";
		return refused({ code: "not-found", detail });
	}
	if (user !== principal.subject) {
		const allowed = principal.scopes.has("on-behalf-of") && (await isKnownUser(env, user, principal.tenant));
		if (!allowed) return unknown("user");
	}
	const { tenant, actor } = principal;
	const call: Call = {
		user,
		tenant,
		actor,
		now,
		request_id,
		...(idempotency_key !== undefined && { idempotency_key }),
	};
	return accepted({ call, shard: shardOf(env, user, repeatable) });
}

/** A reply with its value as callers see it. */
export const shownReply = <T, S>({ outcome, ...reply }: Reply<T>, shown: (value: T) => S): Reply<S> => ({
	...reply,
	outcome: outcome.ok ? accepted(shown(outcome.value)) : outcome,
});

/** The same where a value is shown only after something has been read for it. */
export async function openedReply<T, S>(
	{ outcome, ...reply }: Reply<T>,
	open: (value: T) => Promise<S>,
): Promise<Reply<S>> {
	return { ...reply, outcome: outcome.ok ? accepted(await open(outcome.value)) : outcome };
}

/** The reply for a user whose shard is not asked any more. */
export const noUser = (): Reply<never> => ({ outcome: unknown("user"), seq: 0, replayed: false });

/** What a change of the user's own shard came to. */
export function written<T>({ principal }: Ctx, { user }: Call, { outcome, seq, replayed }: Reply<T>): Changed<T> {
	// A shard that has a log and has answered has compared its owner with the caller.
	if (seq > 0 && user === principal.subject) rememberTenant(user, principal.tenant);
	return { outcome, written: { user, seq }, visiting: false, replayed };
}

/** What a change of another user's shard came to, which the caller visits by a share. */
export function visited<T>(owner: string, { outcome, seq, replayed }: Reply<T>): Changed<T> {
	return { outcome, written: { user: owner, seq }, visiting: true, replayed };
}

/**
 * A verb that is one command of the user's shard.
 * @param keyed without an idempotency key it is refused: a retry of it could not be told from a new one
 */
export function change<I extends { user: string }, T>(
	scope: Scope,
	run: (on: OnShard, input: I, ctx: Ctx) => Promise<Reply<T>>,
	{ keyed = false } = {},
) {
	return async function change(ctx: Ctx, input: I): Promise<Changed<T>> {
		const hasKey = ctx.idempotency_key !== undefined;
		if (keyed && !hasKey) return notWritten(KEY_REQUIRED);
		const on = await shardOfUser(ctx, input.user, scope, hasKey);
		if (!on.ok) return notWritten(on.refusal);
		return written(ctx, on.value.call, await run(on.value, input, ctx));
	};
}

const KEY_REQUIRED = {
	code: "idempotency-key-required",
	detail: "This operation needs an Idempotency-Key.",
} as const satisfies Refusal;

/**
 * A verb that reads the user's shard.
 * @param what it is that is not found where the answer is null
 */
export function look<I extends { user: string }, T>(
	scope: Scope,
	what: string,
	read: (on: OnShard, input: I, ctx: Ctx) => Promise<T | null>,
) {
	return async function look(ctx: Ctx, input: I): Promise<Outcome<T>> {
		const on = await shardOfUser(ctx, input.user, scope, true);
		return on.ok ? found(await read(on.value, input, ctx), what) : on;
	};
}

/** A page of a list, and the position behind it; null where there is no further page. */
export interface Page<T> {
	items: T[];
	next: number | null;
}

/** Where a list begins that is read from its newest row on. */
export const NEWEST = Number.MAX_SAFE_INTEGER;

/** The page of rows that were read one further than it is long. */
export function pageOf<R, T>(
	rows: R[] | null,
	limit: number,
	position: (row: R) => number,
	shown: (row: R) => T,
): Page<T> | null {
	if (rows === null) return null;
	const items = rows.slice(0, limit);
	const last = items.at(-1);
	return { items: items.map(shown), next: rows.length > limit && last ? position(last) : null };
}
