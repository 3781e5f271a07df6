import type { Caller } from "../../../src/api/credits-entrypoint.ts";
import { type Answered, type Failed, Journal, type Outcome } from "./journal.ts";
import { createDraft, requireAuthor, valueIn } from "./marksheet.ts";
import type { Order } from "./order.ts";
import { FAILURES, GenerationFailure, Problem } from "./problem.ts";
import { complete, usageIn } from "./provider.ts";
import { draftFrom, promptFor } from "./quiz.ts";
import { type GeneratorEnv, type Settings, settingsOf } from "./settings.ts";

/** What a generation delivered and what it cost. */
export interface Generated {
	hold: string;
	quiz: string;
	title: string;
	questions: number;
	/** Credits; `shortfall` is what could not be charged because the hold had run out and its credits were spent. */
	charged: number;
	shortfall: number;
	available: number;
	dropped: number;
	tokens_used: number | null;
	usage: Answered["usage"];
}

/**
 * Reserve, work, write the outcome down, act on it. Every step is idempotent by the generation's key, or by the hold,
 * which the key alone determines. So a retry runs the same steps again: those that were taken replay their answer, and
 * the first that was not is where it continues. There is no other memory of how far a generation came.
 * @throws Problem
 */
export async function generate(env: GeneratorEnv, order: Order): Promise<{ result: Generated; replayed: boolean }> {
	const settings = settingsOf(env);
	await requireAuthor(env.MARKSHEET, order);
	const { hold, isNew } = await reserve(env, settings, order);
	const journal = new Journal(env.JOURNAL);
	const known = isNew ? null : await resume(env, settings, order, hold, journal);
	const outcome = known ?? (await journal.decide(hold, await work(settings, order)));
	if (outcome.kind === "answered") return await deliver(env, settings, order, hold, outcome, journal);
	throw await giveUp(env, settings, order, hold, outcome);
}

const callerOf = ({ SERVICE_ID }: Settings, { user, tenant }: Order, idempotency_key?: string): Caller => ({
	...{ user, tenant, service: SERVICE_ID },
	...(idempotency_key !== undefined && { idempotency_key }),
});

/** The hold lives as long as the provider may take and a margin, so that a generation that crashed gives it back soon. */
const ttlOf = ({ TIMEOUT_MS, HOLD_MARGIN_S }: Settings) => Math.ceil(TIMEOUT_MS / 1_000) + HOLD_MARGIN_S;

async function reserve(env: GeneratorEnv, settings: Settings, order: Order) {
	const price = settings.CREDITS_PER_QUESTION;
	const answer = await env.CREDITS.reserve(callerOf(settings, order, `generation:${order.key}`), {
		...{ amount: order.questions * price, unit_price: price, ttl_s: ttlOf(settings) },
		...{ purpose: "quiz generation", model: settings.MODEL, prompt: promptFor(order) },
		// At a settlement the quiz is there already. Whoever got it pays for it, even if the hold ran out meanwhile.
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
async function resume(
	env: GeneratorEnv,
	settings: Settings,
	order: Order,
	hold: string,
	journal: Journal,
): Promise<Outcome | null> {
	const extension = await env.CREDITS.extend(callerOf(settings, order), hold, { ttl_s: ttlOf(settings) });
	const outcome = await journal.read(hold);
	if (!outcome) valueIn(extension);
	return outcome;
}

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
	env: GeneratorEnv,
	settings: Settings,
	order: Order,
	hold: string,
	{ content, dropped, tokens_used, usage }: Answered,
	journal: Journal,
): Promise<{ result: Generated; replayed: boolean }> {
	const draft = await createDraft(env.MARKSHEET, order, `draft:${hold}`, content);
	if (!draft.ok) {
		const { code, message } = draft.problem;
		const refusal: Failed = { kind: "failed", code: "quiz-refused", detail: `${code}: ${message}` };
		await journal.overrule(hold, refusal);
		throw await giveUp(env, settings, order, hold, refusal);
	}
	const questions = content.subjects.reduce((sum, subject) => sum + subject.questions.length, 0);
	const settlement = { units: questions, quiz: draft.id, ...(tokens_used !== null && { tokens_used }) };
	const answer = await env.CREDITS.settle(callerOf(settings, order, `settle:${hold}`), hold, settlement);
	const { settled: charged, shortfall, available } = valueIn(answer);
	return {
		result: {
			...{ hold, quiz: draft.id, title: content.title, questions },
			...{ charged, shortfall, available, dropped, tokens_used, usage },
		},
		replayed: answer.ok && answer.replayed,
	};
}

/** Everything goes back. A hold that has run out or was released gave it back already. */
async function giveUp(env: GeneratorEnv, settings: Settings, order: Order, hold: string, { code, detail }: Failed) {
	const caller = callerOf(settings, order, `release:${hold}`);
	const answer = await env.CREDITS.release(caller, hold, { reason: code, error: detail.slice(0, ERROR_CHARS_MAX) });
	if (!answer.ok && !GAVE_BACK.has(answer.problem.code)) valueIn(answer);
	const [status, title] = FAILURES[code];
	return new Problem(status, code, detail, { title, hold });
}

const ERROR_CHARS_MAX = 2_000;
const GAVE_BACK: ReadonlySet<string> = new Set(["hold-expired", "hold-already-released"]);
