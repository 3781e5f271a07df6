import type { Caller } from "../../../src/api/rpc/credits.ts";
import { type Answered, type Failed, Journal, type Outcome, TRIES_MAX } from "./journal.ts";
import { createDraft, type Draft, fillDraft, removeDraft, requireAuthor, valueIn } from "./marksheet.ts";
import type { Order } from "./order.ts";
import { FAILURES, GenerationFailure, Problem } from "./problem.ts";
import { complete, usageIn } from "./provider.ts";
import { draftFrom, PLACEHOLDER, promptFor } from "./quiz.ts";
import { type GeneratorEnv, type Settings, settingsOf } from "./settings.ts";

/** What a generation delivered and what it cost. */
export interface Generated {
	hold: string;
	quiz: string;
	title: string;
	questions: number;
	/** Credits. */
	charged: number;
	available: number;
	dropped: number;
	tokens_used: number | null;
	usage: Answered["usage"];
}

/**
 * Reserve, make room for the quiz, work, write the outcome down, be paid, deliver. Every step is idempotent by the generation's
 * key, or by the hold, which the key alone determines. So a retry runs the same steps again: those that were taken replay their
 * answer, and the first that was not is where it continues. There is no other memory of how far a generation came.
 *
 * The user owns the draft, the credits and the token, and can do with them what the user likes at any moment. So nothing is asked
 * of the provider before there is a place for the quiz, and nothing that the provider said is handed out before it is paid for.
 * @throws Problem
 */
export async function generate(env: GeneratorEnv, order: Order): Promise<{ result: Generated; replayed: boolean }> {
	const settings = settingsOf(env);
	await requireAuthor(env.MARKSHEET, order);
	const { hold, isNew } = await reserve(env, settings, order);
	const generation = { env, settings, order, hold, journal: new Journal(env.JOURNAL) };
	const known = isNew ? null : await resume(generation);
	const made = await createDraft(env.MARKSHEET, order, `draft:${hold}`, PLACEHOLDER);
	if (!made.ok) {
		const detail = `${made.problem.code}: ${made.problem.message}`;
		const outcome = await generation.journal.decide(hold, { kind: "failed", code: "quiz-refused", detail });
		throw await giveUp(generation, null, outcome.kind === "failed" ? outcome : { code: "quiz-refused", detail });
	}
	const outcome = known ?? (await decided(generation));
	if (outcome.kind === "answered") return await deliver(generation, made.draft, outcome);
	throw await giveUp(generation, made.draft, outcome);
}

interface Generation {
	env: GeneratorEnv;
	settings: Settings;
	order: Order;
	hold: string;
	journal: Journal;
}

const callerOf = ({ SERVICE_ID }: Settings, { user, tenant }: Order, idempotency_key?: string): Caller => ({
	user,
	tenant,
	service: SERVICE_ID,
	...(idempotency_key !== undefined && { idempotency_key }),
});

/** The hold lives as long as the provider may take and a margin, so that a generation that crashed gives it back soon. */
const ttlOf = ({ TIMEOUT_MS, HOLD_MARGIN_S }: Settings) => Math.ceil(TIMEOUT_MS / 1_000) + HOLD_MARGIN_S;

async function reserve(env: GeneratorEnv, settings: Settings, order: Order) {
	const price = settings.CREDITS_PER_QUESTION;
	const answer = await env.CREDITS.reserve(callerOf(settings, order, `generation:${order.key}`), {
		amount: order.questions * price,
		unit_price: price,
		ttl_s: ttlOf(settings),
		purpose: "quiz generation",
		model: settings.MODEL,
		prompt: promptFor(order),
		// What was written is still to be paid for and delivered when the retry comes after the hold has run out.
		late_settle: "charge",
	});
	const { id } = valueIn(answer);
	return { hold: id, isNew: answer.ok && !answer.replayed };
}

/**
 * What an earlier call with this key left: its outcome; or null if it came to none and there is still a hold to work on,
 * which gets the time that the work may take. Outcomes are written before holds end, so the hold is asked first: where it
 * has ended, its outcome can be read.
 */
async function resume({ env, settings, order, hold, journal }: Generation): Promise<Outcome | null> {
	const extension = await env.CREDITS.extend(callerOf(settings, order), hold, { ttl_s: ttlOf(settings) });
	const outcome = await journal.read(hold);
	if (!outcome) valueIn(extension);
	return outcome;
}

/**
 * The outcome that holds: of this call's work, or of another call with the same key, which is waited for. The provider costs its
 * operator something each time, so one call at a time asks it, and a generation whose calls all broke off is given up.
 */
async function decided({ settings, order, hold, journal }: Generation): Promise<Outcome> {
	const life_ms = settings.TIMEOUT_MS + CLAIM_MARGIN_MS;
	for (;;) {
		const claim = await journal.claim(hold, Date.now(), life_ms);
		if (claim === "mine") return journal.decide(hold, await work(settings, order));
		if (claim === "exhausted") {
			const detail = `The provider was asked ${TRIES_MAX} times and no call lived to see its answer.`;
			return journal.decide(hold, { kind: "failed", code: "provider-failed", detail });
		}
		await new Promise((resolve) => setTimeout(resolve, WAIT_MS));
		const outcome = await journal.read(hold);
		if (outcome) return outcome;
	}
}

const CLAIM_MARGIN_MS = 1_000;
const WAIT_MS = 250;

async function work(settings: Settings, order: Order): Promise<Outcome> {
	try {
		const { text, usage } = await complete(settings, promptFor(order));
		return { kind: "answered", ...draftFrom(text, order), ...usageIn(usage) };
	} catch (error) {
		if (error instanceof GenerationFailure) return { kind: "failed", code: error.code, detail: error.message };
		throw error;
	}
}

async function deliver(
	generation: Generation,
	draft: Draft,
	{ content, dropped, tokens_used, usage }: Answered,
): Promise<{ result: Generated; replayed: boolean }> {
	const { env, settings, order, hold } = generation;
	const questions = content.subjects.reduce((sum, subject) => sum + subject.questions.length, 0);
	const settlement = { units: questions, quiz: draft.id, ...(tokens_used !== null && { tokens_used }) };
	const answer = await env.CREDITS.settle(callerOf(settings, order, `settle:${hold}`), hold, settlement);
	const { settled: charged, shortfall, available } = valueIn(answer);
	if (shortfall > 0) {
		const detail = `The hold ran out, and of ${charged + shortfall} credits only ${charged} were left.`;
		throw await overruled(generation, draft, { kind: "failed", code: "not-paid", detail });
	}
	const refusal = await fillDraft(env.MARKSHEET, order, draft, content);
	if (refusal) {
		const detail = `${refusal.code}: ${refusal.message}`;
		throw await overruled(generation, draft, { kind: "failed", code: "quiz-refused", detail });
	}
	return {
		result: {
			hold,
			quiz: draft.id,
			title: content.title,
			questions,
			charged,
			available,
			dropped,
			tokens_used,
			usage,
		},
		replayed: answer.ok && answer.replayed,
	};
}

/** A failure that comes after the outcome was written down. */
async function overruled(generation: Generation, draft: Draft, failure: Failed): Promise<Problem> {
	await generation.journal.overrule(generation.hold, failure);
	return giveUp(generation, draft, failure);
}

/** Everything goes back, also what was charged. A hold that has run out or was released gave it back already. */
async function giveUp(
	{ env, settings, order, hold }: Generation,
	draft: Draft | null,
	{ code, detail }: Pick<Failed, "code" | "detail">,
): Promise<Problem> {
	const caller = (step: string) => callerOf(settings, order, `${step}:${hold}`);
	const why = { reason: code, error: detail.slice(0, ERROR_CHARS_MAX) };
	const released = await env.CREDITS.release(caller("release"), hold, why);
	if (!released.ok && released.problem.code === CHARGED) {
		const refunded = await env.CREDITS.refund(caller("refund"), hold, { reason: code });
		// Refunded before, or nothing was charged.
		if (!refunded.ok && refunded.problem.code !== "conflict") valueIn(refunded);
	} else if (!released.ok && !GAVE_BACK.has(released.problem.code)) valueIn(released);
	if (draft) await removeDraft(env.MARKSHEET, order, draft);
	return problemOf({ code, detail }, hold);
}

function problemOf({ code, detail }: Pick<Failed, "code" | "detail">, hold: string): Problem {
	const [status, title] = FAILURES[code];
	return new Problem(status, code, detail, { title, hold });
}

const ERROR_CHARS_MAX = 2_000;
const CHARGED = "hold-already-settled";
const GAVE_BACK: ReadonlySet<string> = new Set(["hold-expired", "hold-already-released"]);
