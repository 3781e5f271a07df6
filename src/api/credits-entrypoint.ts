import { WorkerEntrypoint } from "cloudflare:workers";
import { z } from "@hono/zod-openapi";
import { ID_PATTERNS } from "../domain/ids.ts";
import { IDEMPOTENCY_KEY_CHARS_MAX } from "../domain/limits.ts";
import { accepted } from "../domain/result.ts";
import { ratesOf } from "../env.ts";
import type { UserShard } from "../index.ts";
import type { HoldView } from "../shard/commands/credits.ts";
import type { Reply } from "../shard/requests.ts";
import type { Call } from "../shard/runner.ts";
import { isKnownUser } from "./accounts.ts";
import * as shapes from "./credit-schemas.ts";
import { firstFault } from "./json-body.ts";
import { PROBLEMS, type ProblemCode, ProblemError, platformProblem, refusalProblem } from "./problem.ts";
import { isWithinRate, tooMany } from "./rate-limits.ts";
import { faultsOf } from "./route.ts";
import { releaseOf, shown, withCost, withText } from "./routes/holds.ts";
import { shardOf } from "./shard-of.ts";

const callerSchema = z.strictObject({
	/** On whose behalf. */
	user: z.string().regex(ID_PATTERNS.user),
	tenant: z.string().regex(ID_PATTERNS.tenant),
	/** Who acts; it stands in the log. */
	service: z.string().regex(ID_PATTERNS.service),
	/** As the header of the same name; required to grant and to reserve. */
	idempotency_key: z
		.string()
		.regex(/^[\x21-\x7e]+$/)
		.max(IDEMPOTENCY_KEY_CHARS_MAX)
		.optional(),
});
export type Caller = z.input<typeof callerSchema>;

/** The same answer as over HTTP: the value with its log row, or the problem with its further members. */
export type Answer<T> =
	| { ok: true; value: T; sync_seq: number; replayed: boolean }
	| { ok: false; problem: { code: ProblemCode; status: number; title: string; detail: string; members: string } };

type Stub = DurableObjectStub<UserShard>;

/**
 * The credit commands for other Workers of the account, over a service binding to the entrypoint `Credits`. Who may bind
 * is decided by deployment, so there is no token; the user must be known in the tenant. Inputs and refusals are those of the
 * HTTP operations; no method throws for an expected refusal. `members` of a problem is JSON text.
 */
export class Credits extends WorkerEntrypoint<Env> {
	grant(caller: Caller, input: z.input<typeof shapes.grantBody>) {
		return this.#change(caller, shapes.grantBody, input, (shard, call, body) => shard.credits.grant(call, body), KEYED);
	}

	reserve(caller: Caller, input: z.input<typeof shapes.reserveBody>) {
		const run = async (shard: Stub, call: Call, body: z.output<typeof shapes.reserveBody>) =>
			shownIn(await shard.credits.reserve(call, withText(body)));
		return this.#change(caller, shapes.reserveBody, input, run, KEYED);
	}

	settle(caller: Caller, hold: string, input: z.input<typeof shapes.settleBody>) {
		return this.#onHold(caller, hold, shapes.settleBody, input, (shard, call, body) =>
			shard.credits.settle(call, hold, withCost(withText(body))),
		);
	}

	release(caller: Caller, hold: string, input: z.input<typeof shapes.releaseBody> = {}) {
		return this.#onHold(caller, hold, shapes.releaseBody, input, (shard, call, body) =>
			shard.credits.release(call, hold, releaseOf(body)),
		);
	}

	extend(caller: Caller, hold: string, input: z.input<typeof shapes.extensionBody>) {
		return this.#onHold(caller, hold, shapes.extensionBody, input, (shard, call, { amount = 0, ttl_s = null }) =>
			shard.credits.extend(call, hold, { amount, ttl_s }),
		);
	}

	refund(caller: Caller, hold: string, input: z.input<typeof shapes.refundBody> = {}) {
		return this.#onHold(caller, hold, shapes.refundBody, input, (shard, call, { amount = null, reason = null }) =>
			shard.credits.refund(call, hold, amount, reason),
		);
	}

	/** What the user has, as `GET …/credits`. */
	balance(caller: Caller) {
		const read = async (shard: Stub, call: Call) => {
			const value = await shard.credits.balance(call);
			if (!value) throw new ProblemError("not-found", "There is no such user.");
			return { outcome: { ok: true as const, value }, seq: 0, replayed: false };
		};
		return this.#change(caller, z.strictObject({}), {}, read, { reads: true });
	}

	/** A command on a hold: its id is checked as the path of the HTTP operation is. */
	#onHold<S extends z.ZodType>(
		caller: Caller,
		hold: string,
		schema: S,
		input: unknown,
		run: (shard: Stub, call: Call, body: z.output<S>) => Promise<Reply<HoldView>>,
	) {
		return this.#change(caller, schema, input, async (shard, call, body) => {
			valid(holdSchema, { hold });
			return shownIn(await run(shard, call, body));
		});
	}

	/** What one service does for one user counts as that user's own requests do, and apart from them. */
	async #count(service: string, { user, tenant }: { user: string; tenant: string }, now: number): Promise<void> {
		const rate = ratesOf(this.env).standard;
		if (!rate || (await isWithinRate(this.env, "standard", `${tenant} ${user} by ${service}`, now))) return;
		throw tooMany("standard", rate, now);
	}

	/** A fault of the platform as the caller is told of it; null for any other. What the caller is not told is logged. */
	#unavailable(error: unknown, request_id: string): ProblemError | null {
		const problem = platformProblem(error);
		if (problem) console.error(JSON.stringify({ at: "credits", request_id, error: String(error) }));
		return problem;
	}

	async #change<S extends z.ZodType, T>(
		from: Caller,
		schema: S,
		input: unknown,
		run: (shard: Stub, call: Call, body: z.output<S>) => Promise<Reply<T>>,
		{ keyed = false, reads = false }: { keyed?: boolean; reads?: boolean } = {},
	): Promise<Answer<T>> {
		const now = Date.now();
		const request_id = crypto.randomUUID();
		try {
			const { service, ...caller } = valid(callerSchema, from);
			const body = valid(schema, input);
			if (keyed && caller.idempotency_key === undefined) {
				throw new ProblemError("idempotency-key-required", "This operation needs an idempotency_key.");
			}
			await this.#count(service, caller, now);
			if (!(await isKnownUser(this.env, caller.user, caller.tenant))) {
				throw new ProblemError("not-found", "There is no such user in the tenant.");
			}
			const call = { ...caller, actor: service, now, request_id };
			const { outcome, seq, replayed } = await run(
				shardOf(this.env, caller.user, reads || caller.idempotency_key !== undefined),
				call,
				body,
			);
			if (!outcome.ok) throw refusalProblem(outcome.refusal, now);
			return { ok: true, value: outcome.value, sync_seq: seq, replayed };
		} catch (error) {
			const problem = error instanceof ProblemError ? error : this.#unavailable(error, request_id);
			if (!problem) throw error;
			const [status, title] = PROBLEMS[problem.code];
			const members = JSON.stringify(problem.members);
			return { ok: false, problem: { code: problem.code, status, title, detail: problem.message, members } };
		}
	}
}

const KEYED = { keyed: true };
const holdSchema = z.strictObject({ hold: shapes.holdId });

function shownIn({ outcome, ...reply }: Reply<HoldView>) {
	return { ...reply, outcome: outcome.ok ? accepted(shown(outcome.value)) : outcome };
}

function valid<S extends z.ZodType>(schema: S, input: unknown): z.output<S> {
	const result = schema.safeParse(input);
	const fault = result.success ? firstFault(result.data) : null;
	if (result.success && fault === null) return result.data;
	const errors = fault ? [fault] : (result.error?.issues.flatMap((issue) => faultsOf(issue, undefined)) ?? []);
	throw new ProblemError("invalid-request", "The call is not valid.", { errors });
}
