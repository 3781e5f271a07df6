import { WorkerEntrypoint } from "cloudflare:workers";
import { z } from "@hono/zod-openapi";
import { ID_PATTERNS } from "../../domain/ids.ts";
import { faultsOf } from "../../domain/input-faults.ts";
import { IDEMPOTENCY_KEY_CHARS_MAX } from "../../domain/limits.ts";
import type { Scope } from "../../domain/people/roles.ts";
import { ratesOf } from "../../env.ts";
import { logLine, reason, word } from "../../log-line.ts";
import type { Ctx } from "../../service/context.ts";
import { extendHold } from "../../service/credits/extend-hold.ts";
import { grantCredits } from "../../service/credits/grant-credits.ts";
import { readBalance } from "../../service/credits/read-balance.ts";
import { refundHold } from "../../service/credits/refund-hold.ts";
import { releaseHold } from "../../service/credits/release-hold.ts";
import { reserveCredits } from "../../service/credits/reserve-credits.ts";
import { settleHold } from "../../service/credits/settle-hold.ts";
import { hearOfChanges } from "../../service/people/accounts-view.ts";
import { type Changed, looked } from "../../service/verbs.ts";
import * as shapes from "../credits/schemas.ts";
import { firstFault } from "../http/json-body.ts";
import { PROBLEMS, type ProblemCode, ProblemError, platformProblem, refusalProblem } from "../http/problem.ts";
import { isWithinRate, tooMany } from "../http/rate-limits.ts";

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

/** What another Worker of the account may do for the users whom it names. */
const SCOPES: ReadonlySet<string> = new Set<Scope>([
	"credits:read",
	"credits:reserve",
	"credits:grant",
	"on-behalf-of",
]);

/**
 * The credit commands for other Workers of the account, over a service binding to the entrypoint `Credits`. Who may bind
 * is decided by deployment, so there is no token; the user must be known in the tenant. Inputs and refusals are those of the
 * HTTP operations; no method throws for an expected refusal. `members` of a problem is JSON text.
 */
export class Credits extends WorkerEntrypoint<Env> {
	grant(caller: Caller, input: z.input<typeof shapes.grantBody>) {
		return this.#answer(caller, shapes.grantBody, input, (ctx, user, grant) => grantCredits(ctx, { user, grant }));
	}

	reserve(caller: Caller, input: z.input<typeof shapes.reserveBody>) {
		return this.#answer(caller, shapes.reserveBody, input, (ctx, user, body) => reserveCredits(ctx, { ...body, user }));
	}

	settle(caller: Caller, hold: string, input: z.input<typeof shapes.settleBody>) {
		return this.#onHold(caller, hold, shapes.settleBody, input, settleHold);
	}

	release(caller: Caller, hold: string, input: z.input<typeof shapes.releaseBody> = {}) {
		return this.#onHold(caller, hold, shapes.releaseBody, input, releaseHold);
	}

	extend(caller: Caller, hold: string, input: z.input<typeof shapes.extensionBody>) {
		return this.#onHold(caller, hold, shapes.extensionBody, input, extendHold);
	}

	refund(caller: Caller, hold: string, input: z.input<typeof shapes.refundBody> = {}) {
		return this.#onHold(caller, hold, shapes.refundBody, input, refundHold);
	}

	/** What the user has, as `GET …/credits`. */
	balance(caller: Caller) {
		return this.#answer(caller, z.strictObject({}), {}, async (ctx, user) => looked(await readBalance(ctx, { user })));
	}

	/** A command on a hold: its id is checked as the path of the HTTP operation is. */
	#onHold<S extends z.ZodType<object>, T>(
		caller: Caller,
		hold: string,
		schema: S,
		input: unknown,
		verb: (ctx: Ctx, input: z.output<S> & { user: string; hold: string }) => Promise<Changed<T>>,
	) {
		return this.#answer(caller, schema, input, async (ctx, user, body) =>
			verb(ctx, { ...body, user, ...valid(holdSchema, { hold }) }),
		);
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
		if (problem) logLine("error", { at: "credits", request_id: word(request_id), error: reason(error) });
		return problem;
	}

	async #answer<S extends z.ZodType, T>(
		from: Caller,
		schema: S,
		input: unknown,
		verb: (ctx: Ctx, user: string, body: z.output<S>) => Promise<Changed<T>>,
	): Promise<Answer<T>> {
		const now = Date.now();
		const request_id = crypto.randomUUID();
		try {
			const { service, user, tenant, idempotency_key } = valid(callerSchema, from);
			const body = valid(schema, input);
			await this.#count(service, { user, tenant }, now);
			await hearOfChanges(this.env, now, (work) => this.ctx.waitUntil(work));
			const ctx: Ctx = {
				env: this.env,
				principal: {
					tenant,
					subject: service,
					actor: service,
					scopes: SCOPES,
					is_guest: false,
					rate_class: "standard",
					is_vouched_for: true,
					origin: null,
					signed_in_at: null,
				},
				now,
				request_id,
				idempotency_key,
				is_member: false,
				came_from: () => ({ address: null, user_agent: null }),
				seen: () => null,
				reached: () => {},
				later: (work) => this.ctx.waitUntil(work),
			};
			const { outcome, written, replayed } = await verb(ctx, user, body);
			if (!outcome.ok) throw refusalProblem(outcome.refusal, now);
			return { ok: true, value: outcome.value, sync_seq: written?.seq ?? 0, replayed };
		} catch (error) {
			const problem = error instanceof ProblemError ? error : this.#unavailable(error, request_id);
			if (!problem) throw error;
			const [status, title] = PROBLEMS[problem.code];
			const members = JSON.stringify(problem.members);
			return { ok: false, problem: { code: problem.code, status, title, detail: problem.message, members } };
		}
	}
}

const holdSchema = z.strictObject({ hold: shapes.holdId });

function valid<S extends z.ZodType>(schema: S, input: unknown): z.output<S> {
	const result = schema.safeParse(input);
	const fault = result.success ? firstFault(result.data) : null;
	if (result.success && fault === null) return result.data;
	const errors = fault ? [fault] : (result.error?.issues.flatMap((issue) => faultsOf(issue, undefined)) ?? []);
	throw new ProblemError("invalid-request", "The call is not valid.", { errors });
}
