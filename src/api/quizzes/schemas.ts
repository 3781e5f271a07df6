import { z } from "@hono/zod-openapi";
import { SLUG_CHARS_MAX } from "../../domain/quizzes/limits.ts";
import { ADDRESS_PATTERN, SLUG_ADDRESS_CHARS_MAX, SLUG_PATTERN } from "../../domain/quizzes/slugs.ts";
import { VERSION_NAME_PATTERN } from "../../domain/quizzes/version-names.ts";
import { NAMED_STATUSES } from "../../domain/quizzes/workflow.ts";
import { quizContent, time, versionNumber } from "../schemas.ts";

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
