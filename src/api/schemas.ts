import { z } from "@hono/zod-openapi";
import { ID_PATTERNS } from "../domain/ids.ts";
import { LOT_KINDS } from "../domain/ledger.ts";
import * as limits from "../domain/limits.ts";
import { DIFFICULTIES, SOURCES, VISIBILITIES } from "../domain/quiz.ts";

/** Shapes of what goes in and out over HTTP; the OpenAPI document is made of them. */

const id = (kind: keyof typeof ID_PATTERNS, example: string) =>
	z.string().regex(ID_PATTERNS[kind], `must be the id of a ${kind}, like ${example}`).openapi({ example });

export const quizId = id("quiz", "quz_0000000205m5t8cfgq3nkw7r");
export const attemptId = id("attempt", "att_0000000305m5t8cfgq3nkw7r");
export const holdId = id("hold", "hld_0000000405m5t8cfgq3nkw7r");
export const userParam = z
	.union([z.literal("me"), z.string().regex(ID_PATTERNS.user, "must be `me` or a user's id, like usr_ada")])
	.openapi({ example: "me" });

const time = z.int().openapi({ description: "Milliseconds since the epoch" });
const inputTime = z.int().min(0).max(limits.TIME_MS_MAX);
const credits = z.int().min(0);

export const submissionBody = z
	.strictObject({
		quiz: quizId,
		answers: z
			.record(
				z
					.string()
					.max(limits.QUESTION_ID_CHARS_MAX)
					.regex(/^[A-Za-z0-9_.-]+$/),
				z
					.int()
					.min(0)
					.max(limits.OPTIONS_MAX - 1),
			)
			.refine(
				(answers) => Object.keys(answers).length <= limits.QUIZ_QUESTIONS_MAX,
				`must have at most ${limits.QUIZ_QUESTIONS_MAX} members`,
			),
		started_at: inputTime.optional(),
		time_taken_s: z.int().min(0).max(limits.TIME_TAKEN_S_MAX).optional(),
	})
	.openapi("Submission", {
		example: { quiz: "quz_0000000205m5t8cfgq3nkw7r", answers: { "1": 2, "2": 0 }, time_taken_s: 95 },
	});

export const attempt = z
	.object({
		id: z.string(),
		quiz: z.string(),
		version: z.string(),
		version_number: z.int(),
		number: z.int(),
		status: z.literal("submitted"),
		score: z.int(),
		max_score: z.int(),
		percentage: z.number(),
		passed: z.boolean(),
		started_at: time.nullable(),
		time_taken_s: z.int().nullable(),
		submitted_at: time,
		answers: z.record(z.string(), z.int()),
		questions: z.array(z.object({ id: z.string(), score: z.int(), max_score: z.int() })),
	})
	.openapi("Attempt");

const amount = z.int().min(1).max(limits.CREDIT_AMOUNT_MAX);

export const grantBody = z
	.strictObject({
		amount,
		kind: z.enum(LOT_KINDS),
		priority: z.int().min(0).max(limits.LOT_PRIORITY_MAX).default(limits.LOT_PRIORITY_DEFAULT),
		effective_at: inputTime.optional(),
		expires_at: inputTime.optional(),
		reference: z.string().min(1).max(limits.REFERENCE_CHARS_MAX).optional(),
	})
	.openapi("Grant", { example: { amount: 100, kind: "purchase", reference: "order 1042" } });

export const lot = z
	.object({
		id: z.string(),
		kind: z.enum(LOT_KINDS),
		status: z.enum(["scheduled", "active", "exhausted"]),
		amount: credits,
		priority: z.int(),
		granted: credits,
		available: credits,
		held: credits,
		consumed: credits,
		expired: credits,
		voided: credits,
		effective_at: time,
		expires_at: time.nullable(),
		created_at: time,
		reference: z.string().nullable(),
	})
	.openapi("Lot");

export const balance = z
	.object({
		available: credits,
		held: credits,
		granted: credits,
		consumed: credits,
		expired: credits,
		voided: credits,
		lots: z.array(lot),
		expiring: z.array(z.object({ at: time, lot: z.string(), amount: credits })),
	})
	.openapi("Balance");

const overCapture = z.union([
	z.enum(["reject", "cap"]),
	z.strictObject({ overdraft: z.int().min(1).max(limits.CREDIT_AMOUNT_MAX) }),
]);

const text = (bytesMax: number) =>
	z.string().refine((value) => Buffer.byteLength(value) <= bytesMax, `must have at most ${bytesMax} bytes`);

export const reserveBody = z
	.strictObject({
		amount,
		ttl_s: z.int().min(1).max(limits.HOLD_TTL_S_MAX).default(limits.HOLD_TTL_S_DEFAULT),
		purpose: z.string().min(1).max(limits.PURPOSE_CHARS_MAX).optional(),
		model: z.string().min(1).max(limits.MODEL_CHARS_MAX).optional(),
		prompt: text(limits.PROMPT_BYTES_MAX).optional(),
		over_capture: overCapture.default("reject"),
		late_settle: z.enum(["reject", "charge"]).default("reject"),
	})
	.openapi("Reservation", { example: { amount: 5, ttl_s: 600, purpose: "quiz generation", model: "gpt-5-mini" } });

export const settleBody = z
	.strictObject({
		amount: z.int().min(0).max(limits.CREDIT_AMOUNT_MAX),
		tokens_used: z.int().min(0).max(limits.TOKENS_USED_MAX).optional(),
		cost_cents: z.int().min(0).max(limits.COST_CENTS_MAX).optional(),
		quiz: quizId.optional(),
		units: z.int().min(0).max(limits.CREDIT_AMOUNT_MAX).optional(),
	})
	.openapi("Settlement", { example: { amount: 4, tokens_used: 5321, cost_cents: 2 } });

export const releaseBody = z
	.strictObject({ reason: z.string().min(1).max(limits.REASON_CHARS_MAX).optional() })
	.openapi("Release", { example: { reason: "the provider timed out" } });

export const HOLD_STATUSES = ["held", "settled", "released", "expired"] as const;

export const holdRecord = z
	.object({
		id: z.string(),
		status: z.enum(HOLD_STATUSES),
		amount: credits,
		slices: z.array(z.object({ lot: z.string(), amount: credits })),
		over_capture: overCapture,
		late_settle: z.enum(["reject", "charge"]),
		purpose: z.string().nullable(),
		model: z.string().nullable(),
		prompt: z.string().nullable(),
		opened_at: time,
		expires_at: time,
		settled: credits,
		returned: credits,
		lapsed: credits,
		shortfall: credits,
		tokens_used: z.int().nullable(),
		cost_cents: z.int().nullable(),
		quiz: z.string().nullable(),
		reason: z.string().nullable(),
		ended_at: time.nullable(),
	})
	.openapi("HoldRecord");

export const hold = holdRecord.extend({ available: credits }).openapi("Hold");

export const ledgerLine = z
	.object({
		seq: z.int(),
		at: time,
		actor: z.string(),
		kind: z.string(),
		subject: z.string(),
		balance_before: credits,
		balance_after: credits,
		postings: z.array(z.object({ lot: z.string(), from: z.string(), to: z.string(), amount: credits })),
		detail: z.record(z.string(), z.unknown()),
	})
	.openapi("LedgerEntry");

export const quizHead = z
	.object({
		id: z.string(),
		status: z.enum(["draft", "published", "withdrawn"]),
		visibility: z.enum(VISIBILITIES).nullable(),
		revision: z.int(),
		etag: z.string(),
		title: z.string(),
		content_hash: z.string(),
		version: z.int(),
		version_hash: z.string().nullable(),
		created_at: time,
		updated_at: time,
		published_at: time.nullable(),
	})
	.openapi("QuizHead");

const difficulty = z.enum(DIFFICULTIES);
const source = z.enum(SOURCES);
const shown = { id: z.string(), question: z.string(), options: z.array(z.string()), marks: z.int() };
const keyed = { ...shown, correctAnswer: z.int(), explanation: z.string().optional() };
const subjects = <Q extends z.ZodRawShape>(question: Q) =>
	z.array(z.object({ name: z.string(), questions: z.array(z.object(question)) }));
const contentHead = {
	...{ title: z.string(), description: z.string(), tags: z.array(z.string()), source, difficulty },
	...{ pass_percentage: z.int() },
};

export const authoredQuiz = quizHead
	.extend({ content: z.object({ ...contentHead, subjects: subjects(keyed) }) })
	.openapi("AuthoredQuiz");

export const publicationBody = z
	.strictObject({ visibility: z.enum(VISIBILITIES) })
	.openapi("Publication", { example: { visibility: "public" } });

export const catalogQuiz = z
	.object({
		...{ id: z.string(), owner: z.string(), visibility: z.enum(VISIBILITIES) },
		...{ version: z.string(), version_number: z.int(), title: z.string(), description: z.string() },
		...{
			tags: z.array(z.string()),
			difficulty: z.string(),
			source: z.string(),
			questions: z.int(),
			max_score: z.int(),
		},
		...{ published_at: time, updated_at: time },
	})
	.openapi("CatalogQuiz");

export const playableQuiz = catalogQuiz
	.extend({ pass_percentage: z.int(), subjects: subjects(shown) })
	.openapi("PlayableQuiz");

export const quizStatistics = z
	.object({
		...{ quiz: z.string(), version: z.string(), version_number: z.int(), attempts: z.int(), takers: z.int() },
		...{ max_score: z.int(), mean_score: z.number().nullable(), mean_percentage: z.number().nullable() },
		...{ pass_rate: z.number().nullable(), histogram: z.array(z.int()) },
		questions: z.array(
			z.object({
				...{ id: z.string(), max_score: z.int(), n: z.int(), answered: z.int(), mean_score: z.number() },
				...{ facility: z.number().nullable(), discrimination: z.number().nullable(), choices: z.array(z.int()) },
			}),
		),
	})
	.openapi("QuizStatistics");

export const logRow = z
	.object({
		...{ seq: z.int(), at: time, actor: z.string(), kind: z.string(), subject: z.string() },
		...{ body: z.record(z.string(), z.unknown()), hash: z.string() },
	})
	.openapi("LogRow");

export const syncState = z
	.object({
		head_seq: z.int(),
		applied_seq: z.int(),
		lag: z.int(),
		lag_ms: z
			.int()
			.openapi({ description: "Age of the oldest row that the catalog has not applied; 0 if there is none" }),
	})
	.openapi("SyncState");
