import { z } from "@hono/zod-openapi";
import { ATTEMPTS_PER_TAKER_MAX, TIME_TAKEN_S_MAX } from "../domain/attempts/limits.ts";
import { ID_PATTERNS } from "../domain/ids.ts";
import { TIME_MS_MAX } from "../domain/limits.ts";
import { MEDIA_TYPES } from "../domain/media/image-headers.ts";
import { MEDIA_BYTES_MAX, MEDIA_SIDE_PX_MAX } from "../domain/media/limits.ts";
import {
	PASS_PERCENTAGE_DEFAULT,
	QUIZ_DESCRIPTION_CHARS_MAX,
	QUIZ_QUESTIONS_MAX,
	QUIZ_SUBJECTS_MAX,
	QUIZ_TAG_CHARS_MAX,
	QUIZ_TAGS_MAX,
	QUIZ_TITLE_CHARS_MAX,
	SUBJECT_NAME_CHARS_MAX,
} from "../domain/quizzes/limits.ts";
import { DIFFICULTIES, QUESTION_MARKS, SOURCES, VISIBILITIES } from "../domain/quizzes/quiz.ts";
import { QUIZ_STATUSES } from "../domain/quizzes/workflow.ts";
import { ANSWERS, answers, draftQuestion, keyedQuestion, shownQuestion } from "./quizzes/question-schemas.ts";

/** Shapes of what goes in and out over HTTP; the OpenAPI document is made of them. */

export const id = (kind: keyof typeof ID_PATTERNS, example: string) =>
	z
		.string()
		.regex(ID_PATTERNS[kind], `must be the id of a ${kind}, like ${example}`)
		.openapi({ example, description: `Id of a ${kind}` });

/** Of a list. It has no example: the reference page would fill it in, and find nothing. */
export const idFilter = (kind: keyof typeof ID_PATTERNS) =>
	z.string().regex(ID_PATTERNS[kind], `must be the id of a ${kind}`).describe(`Id of a ${kind}`);

export const quizId = id("quiz", "quz_0000000205m5t8cfgq3nkw7r");
export const attemptId = id("attempt", "att_0000000305m5t8cfgq3nkw7r");
export const collectionId = id("collection", "col_0000000205m5t8cfgq3nkw7r");
export const shareId = id("share", "shr_0000000205m5t8cfgq3nkw7r");

/** One text, so that the reference page has a field for it: of a union it would make a choice of `me` alone. */
export const userParam = z
	.string()
	.regex(new RegExp(`^me$|${ID_PATTERNS.user.source}`), "must be `me` or a user's id, like usr_ada")
	.openapi({ example: "me", description: "A user's id, or `me` for oneself" });

/** An instant. @param description what happens then */
export const time = (description: string) => z.int().describe(`${description}; milliseconds since the epoch`);
const INPUT_TIME = z.int("must be a time in milliseconds").min(0).max(TIME_MS_MAX);
/** @param description what happens then */
export const inputTime = (description: string) => INPUT_TIME.describe(`${description}; milliseconds since the epoch`);

/** Ids as answers have them; parameters and bodies have {@link id}, which is strict. */
export const ofQuiz = z.string().describe("The quiz, as in `quz_0000000205m5t8cfgq3nkw7r`");
export const ofUser = (description: string) =>
	z.string().describe(`${description}: the id of a user, as in \`usr_ada\``);
const versionName = z.string().describe("Name of the version, opaque and never used again");
export const versionNumber = z.int().min(1).describe("Number of the version: 1 is the first publication");

const questionMarks = z
	.enum(QUESTION_MARKS)
	.describe("Whether takers are told the marks of each question, or those of the whole alone");

export const submissionBody = z
	.strictObject({
		quiz: quizId.describe("The quiz that is taken, at its current version"),
		answers: answers.refine(
			(all) => Object.keys(all).length <= QUIZ_QUESTIONS_MAX,
			`must have at most ${QUIZ_QUESTIONS_MAX} members`,
		),
		started_at: inputTime("When it was begun, not in the future").optional(),
		time_taken_s: z
			.int()
			.min(0)
			.max(TIME_TAKEN_S_MAX)
			.optional()
			.describe("Seconds that it took, at most what has passed since `started_at`"),
	})
	.openapi("Submission", {
		description: "An attempt that is submitted at once",
		example: { quiz: "quz_0000000205m5t8cfgq3nkw7r", answers: ANSWERS, time_taken_s: 95 },
	});

const score = z.int().min(0);
const percentage = z.number().min(0).max(100);

export const attempt = z
	.object({
		id: z.string().describe("The attempt"),
		status: z.literal("submitted").describe("Where it stands"),
		quiz: ofQuiz,
		version: versionName,
		version_number: versionNumber,
		title: z
			.string()
			.nullable()
			.describe("Of the quiz as it was attempted, whatever became of it; null where it cannot be read now"),
		number: z.int().min(1).describe("Which attempt of the user's at the quiz it is: 1 is the first"),
		score: score.describe("Marks that were earned"),
		max_score: score.describe("Marks that could be earned"),
		percentage: percentage.describe("Marks earned of those that could be, in per cent, to two decimals"),
		passed: z.boolean().describe("Whether that is at least the quiz's `pass_percentage`"),
		started_at: time("When it was begun, as the submission says; null where it does not").nullable(),
		time_taken_s: z.int().nullable().describe("Seconds that it took, as the submission says; null where it does not"),
		submitted_at: time("When it was submitted"),
		answers,
		question_marks: questionMarks,
		questions: z
			.array(
				z
					.object({
						id: z.string().describe("The question, as the quiz names it"),
						score: score.nullable().describe("Marks earned; null where the quiz hides the marks of questions"),
						max_score: score.describe("Marks that it is worth"),
					})
					.openapi("QuestionResult", { description: "What one question of an attempt came to" }),
			)
			.describe("What each question came to, in the order of the quiz"),
	})
	.openapi("Attempt", { description: "An attempt, marked" });

export const mediaHash = z
	.string()
	.regex(/^[0-9a-f]{64}$/, "must be the SHA-256 of a medium: 64 hex digits")
	.openapi({
		example: "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
		description: "SHA-256 of the bytes of an image, in hex",
	});

const binary = { schema: { type: "string" as const, format: "binary" } };
export const imageContent = Object.fromEntries(MEDIA_TYPES.map((type) => [type, binary]));
export const imageBody = { content: imageContent, required: true as const };

export const medium = z
	.object({
		media: z.string().describe("SHA-256 of the bytes, in hex: what quizzes name it by"),
		type: z.enum(MEDIA_TYPES).describe("Its media type, as its first bytes say"),
		bytes: z.int().min(1).max(MEDIA_BYTES_MAX).describe("Size of the file in bytes"),
		width: z.int().min(1).max(MEDIA_SIDE_PX_MAX).describe("Width in pixels"),
		height: z.int().min(1).max(MEDIA_SIDE_PX_MAX).describe("Height in pixels"),
		added_at: time("When it was uploaded"),
		url: z.string().describe("Where anybody can read it who knows the address"),
	})
	.openapi("Medium", { description: "An image of the user's" });

export const usedMedium = medium
	.extend({
		uses: z.int().min(0).describe("Drafts and versions that name it"),
		unused_since: time(
			"Since when nothing names it; it is dropped 30 days later. Null while something does",
		).nullable(),
	})
	.openapi("UsedMedium", { description: "An image of the user's, with how often it is used" });

const origin = z
	.object({
		quiz: ofQuiz,
		version_number: versionNumber.nullable().openapi({ description: "Number of its version; null for the draft" }),
		owner: ofUser("Whose quiz it is"),
	})
	.openapi("QuizOrigin", { description: "What a quiz is a copy of" });

export const quizHead = z
	.object({
		id: z.string().describe("The quiz"),
		status: z.enum(QUIZ_STATUSES).describe("Where it stands; docs/authoring.md has the transitions"),
		visibility: z
			.enum(VISIBILITIES)
			.nullable()
			.describe("Who may see it, as it was published last; null where it never was"),
		revision: z.int().min(1).describe("Grows with every change of the draft; `etag` is made of it"),
		etag: z.string().describe("Of the draft, for `If-Match`"),
		title: z.string().describe("Title of the draft"),
		slug: z.string().nullable().describe("Claimed last; `GET /v1/quizzes/{quiz}` says the address"),
		version_number: z.int().min(0).describe("Number of the version that was published last; 0 for none"),
		has_changes: z.boolean().describe("Whether the draft says anything else than that version"),
		origin: origin.nullable(),
		created_at: time("When it was created"),
		updated_at: time("When the draft or its status was changed last"),
		published_at: time("When it was published first; null where it never was").nullable(),
		deleted_at: time("When it was deleted; it is purged 30 days later. Null where it was not").nullable(),
	})
	.openapi("QuizHead", { description: "An own quiz without its content" });

const TITLE = `Title, plain text of at most ${QUIZ_TITLE_CHARS_MAX} characters`;
const DESCRIPTION = `What it is about, plain text of at most ${QUIZ_DESCRIPTION_CHARS_MAX} characters`;
const TAGS = `At most ${QUIZ_TAGS_MAX} words to find it by, in lower case`;
const PASS = "What an attempt must reach to be passed, in per cent";
export const difficulty = z.enum(DIFFICULTIES).describe("For whom it is");
export const source = z.enum(SOURCES).describe("How it was made");
const thumbnail = z.string().describe("SHA-256 of an image of the author's, in hex; it lies at `/v1/media/{media}`");

const subjects = <Q extends z.ZodType>(name: string, question: Q) =>
	z
		.array(
			z
				.object({
					name: z.string().describe(`Heading, at most ${SUBJECT_NAME_CHARS_MAX} characters`),
					questions: z.array(question).describe("Its questions, in order; at least one"),
				})
				.openapi(name, { description: "A part of a quiz" }),
		)
		.min(1)
		.max(QUIZ_SUBJECTS_MAX)
		.describe(`Its parts, in order, with at most ${QUIZ_QUESTIONS_MAX} questions together`);

export const quizSettings = z
	.object({
		attempts_max: z
			.int()
			.min(1)
			.max(ATTEMPTS_PER_TAKER_MAX)
			.optional()
			.describe("How often one user may take it, over all versions; absent: as often as they like"),
		question_marks: questionMarks.optional(),
		count_author: z
			.boolean()
			.optional()
			.describe("Whether its author's own attempts count in its statistics; absent: they do not"),
	})
	.openapi("QuizSettings", { description: "What is left out has its default. Frozen with each version" });

export const quizContent = z
	.object({
		title: z.string().describe(TITLE),
		description: z.string().describe(DESCRIPTION),
		tags: z.array(z.string()).describe(TAGS),
		source,
		difficulty,
		thumbnail: thumbnail.optional(),
		pass_percentage: z.int().min(0).max(100).describe(PASS),
		settings: quizSettings.optional(),
		subjects: subjects("SubjectWithKey", keyedQuestion),
	})
	.openapi("QuizContent", { description: "What a quiz says, with its key" });

/** A content as its author writes it, for the document: what is read is the domain's `quizContentSchema`. */
export const quizDraft = z
	.object({
		title: z.string().min(1).max(QUIZ_TITLE_CHARS_MAX).describe(TITLE),
		description: z.string().max(QUIZ_DESCRIPTION_CHARS_MAX).default("").describe(DESCRIPTION),
		tags: z.array(z.string().max(QUIZ_TAG_CHARS_MAX)).max(QUIZ_TAGS_MAX).default([]).describe(TAGS),
		source: z.enum(SOURCES).default("upload").describe("How it was made"),
		difficulty: z.enum(DIFFICULTIES).default("beginner").describe("For whom it is"),
		thumbnail: thumbnail.optional(),
		pass_percentage: z.int().min(0).max(100).default(PASS_PERCENTAGE_DEFAULT).describe(PASS),
		settings: quizSettings.optional(),
		subjects: subjects("SubjectDraft", draftQuestion),
	})
	.openapi("QuizDraft", {
		description: "What a quiz is to say. docs/questions.md has all types of questions and their limits",
	});

export const authoredQuiz = quizHead
	.extend({ content: quizContent })
	.openapi("AuthoredQuiz", { description: "An own quiz with the content of its draft" });

export const publicationBody = z
	.strictObject({
		visibility: z
			.enum(VISIBILITIES)
			.describe("Who may see it: its author alone, everybody of the tenant, or everybody"),
	})
	.openapi("Publication", { description: "How a quiz is published", example: { visibility: "public" } });

export const catalogQuiz = z
	.object({
		id: z.string().describe("The quiz"),
		owner: ofUser("Whose quiz it is"),
		visibility: z.enum(VISIBILITIES).describe("Who may see it"),
		version: versionName,
		version_number: versionNumber,
		title: z.string().describe(TITLE),
		description: z.string().describe(DESCRIPTION),
		tags: z.array(z.string()).describe(TAGS),
		difficulty,
		source,
		thumbnail: thumbnail.nullable(),
		question_count: z.int().min(1).describe("How many questions it has"),
		max_score: z.int().min(1).describe("Marks that can be earned"),
		published_at: time("When it was published first"),
		updated_at: time("When what is published was changed last"),
		popularity: z.int().min(0).describe("Users who have taken it, as last counted"),
		rating: z.int().min(0).describe("Likes as last counted"),
	})
	.openapi("CatalogQuiz", { description: "A published quiz as lists show it" });

export const playableQuiz = catalogQuiz
	.extend({
		slug: z.string().nullable().describe("For `GET /v1/slugs/{slug}`; null for none"),
		pass_percentage: z.int().min(0).max(100).describe(PASS),
		settings: quizSettings,
		favorites: z.int().min(0).describe("Users who have it among their favourites"),
		likes: z.int().min(0).describe("Users who like it"),
		views: z.int().min(0).describe("About how often it was read"),
		subjects: subjects("Subject", shownQuestion),
	})
	.openapi("PlayableQuiz", { description: "A published quiz, its questions without the key" });

const hidden = (description: string) =>
	`${description}; left out for others than the author where the quiz hides the marks of questions`;
const count = z.int().min(0);
const share = z.number().min(0).max(1);

const questionStatistics = z
	.object({
		id: z.string().describe("The question, as the quiz names it"),
		max_score: count.describe("Marks that it is worth"),
		n: count.describe("Attempts at the version that count"),
		answered: count.describe("Of these, those that did not leave it blank"),
		mean_score: z.number().min(0).optional().describe(hidden("Mean of the marks")),
		facility: share.nullable().optional().describe(hidden("Mean of the marks as a share of those it is worth")),
		discrimination: z
			.number()
			.min(-1)
			.max(1)
			.nullable()
			.optional()
			.describe(hidden("Correlation of its marks with those on the rest of the quiz; null where either does not vary")),
		option_counts: z
			.array(count)
			.optional()
			.describe(
				"How often each option was chosen, in their order; for the author, and empty where there are no options",
			),
	})
	.openapi("QuestionStatistics", { description: "Figures of one question, over the attempts at one version" });

export const quizStatistics = z
	.object({
		quiz: ofQuiz,
		attempts: count.describe("Attempts that count, over all versions"),
		takers: count.describe("Users with one of them"),
		mean_percentage: percentage.nullable().describe("Mean percentage over all versions; null without attempts"),
		pass_rate: share
			.nullable()
			.describe("Share of the attempts that were passed, over all versions; null without attempts"),
		histogram: z
			.array(count)
			.length(10)
			.describe("Attempts by tenths of the percentage, over all versions: 0 to below 10, …, 90 to 100"),
		version: versionName.openapi({ description: "Name of the version that the rest is of" }),
		version_number: versionNumber.openapi({ description: "Its number" }),
		version_attempts: count.describe("Attempts at that version; 0: nobody has taken it yet"),
		max_score: count.describe("Marks that can be earned at the version"),
		mean_score: z.number().min(0).nullable().describe("Mean of the marks at the version; null without attempts"),
		questions: z
			.array(questionStatistics)
			.describe("Its questions over the attempts at the version; empty where there are none"),
	})
	.openapi("QuizStatistics", { description: "Figures of a quiz and its questions" });

export const logRow = z
	.object({
		seq: z.int().min(1).describe("Its place in the user's log: 1 is the first, and there is no gap"),
		at: time("When it was written"),
		actor: z.string().describe("Who did it: a user, a service, or `system` for what is due by the clock"),
		kind: z.string().describe("What happened, as in `attempt.submitted`"),
		subject: z.string().describe("What it happened to: an id"),
		body: z.record(z.string(), z.unknown()).describe("What the kind says of it"),
		hash: z.string().describe("Stands for this row and all before it; 64 hex digits"),
	})
	.openapi("LogRow", { description: "A row of the user's log" });

export const syncState = z
	.object({
		head_seq: count.describe("The last row of the user's log; 0 where there is none"),
		applied_seq: count.describe("The last row that the catalog has applied"),
		lag: count.describe("Rows that it has not"),
		lag_ms: count.describe("Milliseconds that the oldest of them has waited; 0 if there is none"),
	})
	.openapi("SyncState", { description: "How far the catalog is behind the user's log" });
