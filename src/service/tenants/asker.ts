import type { CameFrom, Ctx } from "../context.ts";

/** Who asks for a change of ACCOUNTS, and by which request. */
export interface Asker {
	env: Env;
	/** Milliseconds since the epoch. */
	now: number;
	request_id: string;
	idempotency_key: string | undefined;
	/** A user, a service or an account. */
	actor: string;
	/** For whom, where that is another. */
	on_behalf_of: string | null;
	came_from(): CameFrom;
	/** Lets work go on after the answer. */
	later(work: Promise<unknown>): void;
}

export function askerOf({ env, principal, now, request_id, idempotency_key, came_from, later }: Ctx): Asker {
	const { actor, subject } = principal;
	const on_behalf_of = actor === subject ? null : subject;
	return { env, now, request_id, idempotency_key, actor, on_behalf_of, came_from, later };
}
