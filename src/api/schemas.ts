import { z } from "@hono/zod-openapi";
import { ID_PATTERNS } from "../domain/ids.ts";
import { MEDIA_TYPES } from "../domain/image-headers.ts";
import * as limits from "../domain/limits.ts";
import { DIFFICULTIES, QUESTION_MARKS, SOURCES, VISIBILITIES } from "../domain/quiz.ts";
import { QUIZ_STATUSES } from "../domain/workflow.ts";
import { ANSWERS, answers, keyedQuestion, shownQuestion } from "./question-schemas.ts";

/** Shapes of what goes in and out over HTTP; the OpenAPI document is made of them. */

export const id = (kind: keyof typeof ID_PATTERNS, example: string) =>
	z.string().regex(ID_PATTERNS[kind], `must be the id of a ${kind}, like ${example}`).openapi({ example });

/** Of a list. It has no example: the reference page would fill it in, and find nothing. */
export const idFilter = (kind: keyof typeof ID_PATTERNS) =>
	z.string().regex(ID_PATTERNS[kind], `must be the id of a ${kind}`);

export const quizId = id("quiz", "quz_0000000205m5t8cfgq3nkw7r");
export const attemptId = id("attempt", "att_0000000305m5t8cfgq3nkw7r");
export const collectionId = id("collection", "col_0000000205m5t8cfgq3nkw7r");
export const shareId = id("share", "shr_0000000205m5t8cfgq3nkw7r");

/** One text, so that the reference page has a field for it: of a union it would make a choice of `me` alone. */
export const userParam = z
	.string()
	.regex(new RegExp(`^me$|${ID_PATTERNS.user.source}`), "must be `me` or a user's id, like usr_ada")
	.openapi({ example: "me", description: "A user's id, or `me` for oneself" });

export const time = z.int().openapi({ description: "Milliseconds since the epoch" });
export const inputTime = z
	.int("must be a time in milliseconds")
	.min(0)
	.max(limits.TIME_MS_MAX)
	.openapi({ description: "Milliseconds since the epoch" });

const questionMarks = z
	.enum(QUESTION_MARKS)
	.openapi({ description: "Whether takers are told the marks of each question, or those of the whole alone" });

export const submissionBody = z
	.strictObject({
		quiz: quizId,
		answers: answers.refine(
			(all) => Object.keys(all).length <= limits.QUIZ_QUESTIONS_MAX,
			`must have at most ${limits.QUIZ_QUESTIONS_MAX} members`,
		),
		started_at: inputTime.optional(),
		time_taken_s: z.int().min(0).max(limits.TIME_TAKEN_S_MAX).optional(),
	})
	.openapi("Submission", {
		example: { quiz: "quz_0000000205m5t8cfgq3nkw7r", answers: ANSWERS, time_taken_s: 95 },
	});

export const attempt = z
	.object({
		id: z.string(),
		quiz: z.string(),
		version: z.string(),
		version_number: z.int(),
		title: z.string().nullable().openapi({
			description: "Of the quiz as it was attempted, whatever became of it; null where it cannot be read now",
		}),
		number: z.int(),
		status: z.literal("submitted"),
		score: z.int(),
		max_score: z.int(),
		percentage: z.number(),
		passed: z.boolean(),
		started_at: time.nullable(),
		time_taken_s: z.int().nullable(),
		submitted_at: time,
		answers,
		question_marks: questionMarks,
		questions: z.array(
			z.object({
				id: z.string(),
				score: z.int().nullable().openapi({ description: "Null where the quiz hides the marks of questions" }),
				max_score: z.int(),
			}),
		),
	})
	.openapi("Attempt");

export const mediaHash = z
	.string()
	.regex(/^[0-9a-f]{64}$/, "must be the SHA-256 of a medium: 64 hex digits")
	.openapi({ example: "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08" });

const binary = { schema: { type: "string" as const, format: "binary" } };
export const imageContent = Object.fromEntries(MEDIA_TYPES.map((type) => [type, binary]));
export const imageBody = { content: imageContent, required: true as const };

export const medium = z
	.object({
		media: z.string().openapi({ description: "SHA-256 of the bytes: what quizzes name it by" }),
		type: z.enum(MEDIA_TYPES),
		bytes: z.int(),
		width: z.int(),
		height: z.int(),
		added_at: time,
		url: z.string().openapi({ description: "Where anybody can read it who knows the address" }),
	})
	.openapi("Medium");

export const usedMedium = medium
	.extend({
		uses: z.int().openapi({ description: "Drafts and versions that name it" }),
		unused_since: time
			.nullable()
			.openapi({ description: "It is dropped 30 days later; null while something names it" }),
	})
	.openapi("UsedMedium");

export const quizHead = z
	.object({
		id: z.string(),
		status: z.enum(QUIZ_STATUSES),
		visibility: z.enum(VISIBILITIES).nullable(),
		revision: z.int().openapi({ description: "Grows with every change of the draft; `etag` is made of it" }),
		etag: z.string(),
		title: z.string(),
		slug: z.string().nullable().openapi({ description: "Claimed last; `GET /v1/quizzes/{quiz}` says the address" }),
		version_number: z.int().openapi({ description: "Of the version that was published last, 0 for none" }),
		has_changes: z.boolean().openapi({ description: "Whether the draft says anything else than that version" }),
		origin: z
			.object({ quiz: z.string(), version_number: z.int().nullable(), owner: z.string() })
			.nullable()
			.openapi({ description: "What it is a copy of; `version_number` is null for a copy of the draft" }),
		created_at: time,
		updated_at: time,
		published_at: time.nullable(),
		deleted_at: time.nullable().openapi({ description: "It is purged 30 days later" }),
	})
	.openapi("QuizHead");

const sha256 = z.string().openapi({ description: "SHA-256 in hex", example: "64be1dd3ae60e50b".repeat(4) });
export const difficulty = z.enum(DIFFICULTIES);
export const source = z.enum(SOURCES);
const subjects = <Q extends z.ZodType>(question: Q) =>
	z.array(z.object({ name: z.string(), questions: z.array(question) }));
export const quizSettings = z
	.object({
		attempts_max: z
			.int()
			.optional()
			.openapi({ description: "How often one user may take it, over all versions; absent: as often as they like" }),
		question_marks: questionMarks.optional(),
		count_author: z
			.boolean()
			.optional()
			.openapi({ description: "Whether its author's own attempts count in its statistics; absent: they do not" }),
	})
	.openapi("QuizSettings", { description: "What is left out has its default. Frozen with each version" });
const contentHead = {
	title: z.string(),
	description: z.string(),
	tags: z.array(z.string()),
	source,
	difficulty,
	pass_percentage: z.int(),
	thumbnail: sha256.optional(),
	settings: quizSettings.optional(),
};

export const quizContent = z.object({ ...contentHead, subjects: subjects(keyedQuestion) }).openapi("QuizContent");

export const authoredQuiz = quizHead.extend({ content: quizContent }).openapi("AuthoredQuiz");

export const publicationBody = z
	.strictObject({ visibility: z.enum(VISIBILITIES) })
	.openapi("Publication", { example: { visibility: "public" } });

export const catalogQuiz = z
	.object({
		id: z.string(),
		owner: z.string(),
		visibility: z.enum(VISIBILITIES),
		version: z.string(),
		version_number: z.int(),
		title: z.string(),
		description: z.string(),
		tags: z.array(z.string()),
		difficulty: z.string(),
		source: z.string(),
		thumbnail: sha256.nullable(),
		question_count: z.int(),
		max_score: z.int(),
		published_at: time,
		updated_at: time,
		popularity: z.int().openapi({ description: "Users who have taken it, as last counted" }),
		rating: z.int().openapi({ description: "Likes as last counted" }),
	})
	.openapi("CatalogQuiz");

export const playableQuiz = catalogQuiz
	.extend({
		pass_percentage: z.int(),
		settings: quizSettings,
		slug: z.string().nullable().openapi({ description: "For `GET /v1/slugs/{slug}`" }),
		subjects: subjects(shownQuestion),
		favorites: z.int(),
		likes: z.int(),
		views: z.int().openapi({ description: "About how often it was read" }),
	})
	.openapi("PlayableQuiz");

const OF_MARKS = { description: "Left out for others than the author where the quiz hides the marks of questions" };
const perVersion = (description: string) => ({ description: `${description}, at the version` });

export const quizStatistics = z
	.object({
		quiz: z.string(),
		attempts: z.int().openapi({ description: "Over all versions, those that count" }),
		takers: z.int().openapi({ description: "Users with one of them" }),
		mean_percentage: z.number().nullable().openapi({ description: "Over all versions; null without attempts" }),
		pass_rate: z
			.number()
			.nullable()
			.openapi({ description: "Share of the attempts that were passed, over all versions" }),
		histogram: z
			.array(z.int())
			.openapi({ description: "Attempts by tenths of the percentage, over all versions: 0 to below 10, …, 90 to 100" }),
		version: z.string(),
		version_number: z.int().openapi({ description: "Of which version the rest is" }),
		version_attempts: z.int().openapi({ description: "Attempts at that version; 0: nobody has taken it yet" }),
		max_score: z.int().openapi(perVersion("Marks that can be earned")),
		mean_score: z.number().nullable().openapi(perVersion("Mean of the marks")),
		questions: z
			.array(
				z.object({
					id: z.string(),
					max_score: z.int(),
					n: z.int(),
					answered: z.int(),
					mean_score: z.number().optional().openapi(OF_MARKS),
					facility: z.number().nullable().optional().openapi(OF_MARKS),
					discrimination: z.number().nullable().optional().openapi(OF_MARKS),
					option_counts: z
						.array(z.int())
						.optional()
						.openapi({ description: "How often each option was chosen; for the author" }),
				}),
			)
			.openapi({ description: "Over the attempts at the version; empty where there are none" }),
	})
	.openapi("QuizStatistics");

export const logRow = z
	.object({
		seq: z.int(),
		at: time,
		actor: z.string(),
		kind: z.string(),
		subject: z.string(),
		body: z.record(z.string(), z.unknown()),
		hash: z.string(),
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
