import { z } from "@hono/zod-openapi";
import { ATTEMPTS_PER_TAKER_MAX, DELAY_S_MAX, GRACE_S_MAX, TIME_LIMIT_S_MAX } from "../../domain/attempts/limits.ts";
import {
	MARKS_MIN,
	PASS_PERCENTAGE_DEFAULT,
	QUIZ_DESCRIPTION_CHARS_MAX,
	QUIZ_QUESTIONS_MAX,
	QUIZ_SUBJECTS_MAX,
	QUIZ_TAG_CHARS_MAX,
	QUIZ_TAGS_MAX,
	QUIZ_TITLE_CHARS_MAX,
	SLUG_CHARS_MAX,
	SUBJECT_NAME_CHARS_MAX,
} from "../../domain/quizzes/limits.ts";
import {
	DIFFICULTIES,
	NAVIGATIONS,
	OVERDUE_RULES,
	QUESTION_MARKS,
	SOURCES,
	VISIBILITIES,
} from "../../domain/quizzes/quiz.ts";
import { ADDRESS_PATTERN, SLUG_ADDRESS_CHARS_MAX, SLUG_PATTERN } from "../../domain/quizzes/slugs.ts";
import { VERSION_NAME_PATTERN } from "../../domain/quizzes/version-names.ts";
import { NAMED_STATUSES, QUIZ_STATUSES } from "../../domain/quizzes/workflow.ts";
import { inputTime, ofQuiz, ofUser, time, versionName, versionNumber } from "../schemas.ts";
import { draftQuestion, imageHash, keyedQuestion, notBlank, shownQuestion } from "./question-schemas.ts";

/** Shapes of quizzes, as their authors and as takers see them. */

export const questionMarks = z
	.enum(QUESTION_MARKS)
	.describe("Whether takers are told the marks of each question, or those of the whole alone");

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

const subjectShape = <Q extends z.ZodType>(question: Q) => ({
	name: notBlank(SUBJECT_NAME_CHARS_MAX).describe(`Heading, at most ${SUBJECT_NAME_CHARS_MAX} characters`),
	questions: z.array(question).min(1).max(QUIZ_QUESTIONS_MAX).describe("Its questions, in order; at least one"),
});
const SUBJECT = { description: "A part of a quiz" };
const subjects = <S extends z.ZodType>(subject: S) =>
	z
		.array(subject)
		.min(1)
		.max(QUIZ_SUBJECTS_MAX)
		.describe(`Its parts, in order, with at most ${QUIZ_QUESTIONS_MAX} questions together`);

const settingsShape = {
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
	time_limit_s: z
		.int()
		.min(1)
		.max(TIME_LIMIT_S_MAX)
		.optional()
		.describe("Seconds that an attempt takes at most; absent: as long as one likes"),
	grace_s: z
		.int()
		.min(0)
		.max(GRACE_S_MAX)
		.optional()
		.describe("Seconds after the deadline in which what arrives still counts; absent: 0"),
	overdue: z
		.enum(OVERDUE_RULES)
		.optional()
		.describe("Whether what is saved of an attempt counts that is not submitted in time; absent: `submit`"),
	opens_at: inputTime("From when on it can be taken").optional(),
	closes_at: inputTime("Until when it can be taken").optional(),
	delay_s: z
		.int()
		.min(0)
		.max(DELAY_S_MAX)
		.optional()
		.describe("Seconds between the end of one attempt and the beginning of the next; absent: 0"),
	navigation: z
		.enum(NAVIGATIONS)
		.optional()
		.describe("Whether one may go back to questions that come before one that was answered; absent: `free`"),
	shuffle: z
		.strictObject({
			questions: z.boolean().optional().describe("Questions; absent: no"),
			options: z.boolean().optional().describe("Options of choices; absent: no"),
		})
		.optional()
		.describe("What each attempt that is opened shows in an order of its own"),
	draw: z
		.array(
			z
				.strictObject({
					from: notBlank(SUBJECT_NAME_CHARS_MAX).describe("Name of a subject"),
					take: z.int().min(1).max(QUIZ_QUESTIONS_MAX).describe("How many of its questions"),
				})
				.openapi("QuizDraw", { description: "How many questions of one subject an attempt has" }),
		)
		.min(1)
		.max(QUIZ_SUBJECTS_MAX)
		.optional()
		.describe("What an attempt that is opened has of which subjects; absent: all questions"),
};
const SETTINGS = { description: "What is left out has its default. Frozen with each version" };
const quizSettings = z.object(settingsShape).openapi("QuizSettings", SETTINGS);

export const quizContent = z
	.object({
		title: z.string().describe(TITLE),
		description: z.string().describe(DESCRIPTION),
		tags: z.array(z.string()).describe(TAGS),
		source,
		difficulty,
		thumbnail: imageHash.optional(),
		pass_percentage: z.int().min(0).max(100).describe(PASS),
		settings: quizSettings.optional(),
		subjects: subjects(z.object(subjectShape(keyedQuestion)).openapi("SubjectWithKey", SUBJECT)),
	})
	.openapi("QuizContent", { description: "What a quiz says, with its key" });

/**
 * A content as its author writes it, for the document: what is read is the domain's `quizContentSchema`, and
 * test/http/quiz-draft.test.ts holds the two together.
 */
export const quizDraft = z
	.strictObject({
		title: notBlank(QUIZ_TITLE_CHARS_MAX).describe(TITLE),
		description: z.string().max(QUIZ_DESCRIPTION_CHARS_MAX).default("").describe(DESCRIPTION),
		tags: z.array(notBlank(QUIZ_TAG_CHARS_MAX)).max(QUIZ_TAGS_MAX).default([]).describe(TAGS),
		source: z.enum(SOURCES).default("upload").describe("How it was made"),
		difficulty: z.enum(DIFFICULTIES).default("beginner").describe("For whom it is"),
		thumbnail: imageHash.optional(),
		pass_percentage: z.int().min(0).max(100).default(PASS_PERCENTAGE_DEFAULT).describe(PASS),
		settings: z.strictObject(settingsShape).openapi("QuizSettingsDraft", SETTINGS).optional(),
		subjects: subjects(z.strictObject(subjectShape(draftQuestion)).openapi("SubjectDraft", SUBJECT)),
	})
	.openapi("QuizDraft", {
		description:
			"What a quiz is to say. docs/questions.md has all types of questions and their limits. Lengths are in UTF-16 code units, and " +
			"white space around a text is cut off before it is measured",
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
		thumbnail: imageHash.nullable(),
		question_count: z.int().min(1).describe("How many questions it has"),
		max_score: z.number().min(MARKS_MIN).describe("Marks that can be earned"),
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
		subjects: subjects(z.object(subjectShape(shownQuestion)).openapi("Subject", SUBJECT)),
	})
	.openapi("PlayableQuiz", { description: "A published quiz, its questions without the key" });

/** Shapes of what authors do besides writing and publishing. */

export const statusBody = z
	.strictObject({
		status: z.enum(NAMED_STATUSES).describe("Where it goes; docs/authoring.md has the transitions"),
	})
	.openapi("QuizStatusChange", { description: "Where a quiz goes", example: { status: "review" } });

export const slugBody = z
	.strictObject({
		slug: z
			.string()
			.max(SLUG_CHARS_MAX)
			.regex(SLUG_PATTERN, "must be words of a-z and 0-9, joined by hyphens")
			.describe("Words of a-z and 0-9, joined by hyphens"),
	})
	.openapi("SlugClaim", { description: "A readable address to claim", example: { slug: "volcanoes-for-beginners" } });

export const slugAddress = z
	.string()
	.max(SLUG_ADDRESS_CHARS_MAX)
	.regex(ADDRESS_PATTERN, "must be the slug of a quiz, like volcanoes-for-beginners")
	.openapi({ example: "volcanoes-for-beginners", description: "A slug, with the suffix that it may have got" });

export const duplicationBody = z
	.strictObject({
		version_number: versionNumber
			.optional()
			.openapi({ description: "Number of the version that is copied; absent, the draft" }),
	})
	.openapi("Duplication", { description: "What is copied", example: { version_number: 1 } });

const VERSION_DIGITS = /^[1-9]\d{0,8}$/;
const versionText = z.string().regex(VERSION_DIGITS, "must be the number of a version, from 1");
export const versionParam = versionText
	.transform(Number)
	.openapi({ type: "integer", minimum: 1, example: 1, description: "Number of a version" });

/** By its name. It has no example: the reference page would fill it in, and find nothing. */
export const versionNameFilter = z
	.string()
	.regex(VERSION_NAME_PATTERN, "must be the name of a version, as `version` says it")
	.openapi({ description: "Name of a version, as an attempt or an earlier answer has it; absent, the current one" });

export const diffQuery = z.object({
	against: z
		.union([z.literal("draft"), versionText.transform(Number)], "must be `draft` or the number of a version")
		.default("draft")
		.openapi({ type: "string", description: "`draft` or the number of a version" }),
});

export const versionHead = z
	.object({
		version: z.string().describe("Name of the version, opaque and never used again"),
		version_number: versionNumber,
		bytes: z.int().min(1).describe("Size of its content in bytes"),
		published_at: time("When this content was published first"),
	})
	.openapi("QuizVersionHead", { description: "A version of a quiz, without its content" });

export const version = versionHead
	.extend({ content: quizContent })
	.openapi("QuizVersion", { description: "A version of a quiz: a content that was published" });

const place = z
	.object({
		id: z.string().describe("The question"),
		subject: z.string().describe("Name of the subject that it is in"),
		index: z.int().min(0).describe("Its place in that subject, from 0"),
	})
	.openapi("QuestionPlace", { description: "Where a question stands" });
const fields = z.array(z.string()).describe("Names of the fields that differ");

export const quizDiff = z
	.object({
		version_number: versionNumber.openapi({ description: "Number of the version that is compared" }),
		against_version_number: versionNumber
			.nullable()
			.openapi({ description: "Number of the version that it is compared with; null is the draft" }),
		fields: fields.describe("Names of the quiz's own fields that differ"),
		added: z.array(place).describe("Questions that the other one alone has"),
		removed: z.array(place).describe("Questions that this version alone has"),
		changed: z
			.array(
				z
					.object({ id: z.string().describe("The question"), fields })
					.openapi("ChangedQuestion", { description: "A question that both have" }),
			)
			.describe("Questions that say something else"),
		moved: z
			.array(
				z
					.object({ id: z.string().describe("The question"), before: place, after: place })
					.openapi("MovedQuestion", { description: "Where a question stood and stands" }),
			)
			.describe("Questions that stand in another subject, or in another order among those that both have"),
	})
	.openapi("QuizDiff", { description: "What makes one content another" });
