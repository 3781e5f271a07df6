import { z } from "@hono/zod-openapi";
import * as limits from "../domain/limits.ts";
import { ADDRESS_CHARS_MAX, ADDRESS_PATTERN, SLUG_PATTERN } from "../domain/slugs.ts";
import { VERSION_NAME_PATTERN } from "../domain/version-names.ts";
import { NAMED_STATUSES } from "../domain/workflow.ts";
import { quizContent, time } from "./schemas.ts";

/** Shapes of what authors do besides writing and publishing. */

export const statusBody = z
	.strictObject({ status: z.enum(NAMED_STATUSES) })
	.openapi("QuizStatusChange", { example: { status: "review" } });

export const slugBody = z
	.strictObject({
		slug: z.string().max(limits.SLUG_CHARS_MAX).regex(SLUG_PATTERN, "must be words of a-z and 0-9, joined by hyphens"),
	})
	.openapi("SlugClaim", { example: { slug: "volcanoes-for-beginners" } });

export const slugAddress = z
	.string()
	.max(ADDRESS_CHARS_MAX)
	.regex(ADDRESS_PATTERN, "must be the slug of a quiz, like volcanoes-for-beginners")
	.openapi({ example: "volcanoes-for-beginners" });

export const duplicationBody = z
	.strictObject({
		version_number: z.int().min(1).optional().openapi({ description: "What is copied; absent, the draft" }),
	})
	.openapi("Duplication", { example: { version_number: 1 } });

const VERSION_DIGITS = /^[1-9]\d{0,8}$/;
const versionText = z.string().regex(VERSION_DIGITS, "must be the number of a version, from 1");
export const versionParam = versionText.transform(Number).openapi({ type: "integer", minimum: 1, example: 1 });

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
	.object({ version: z.string(), version_number: z.int(), bytes: z.int(), published_at: time })
	.openapi("QuizVersionHead");

export const version = versionHead.extend({ content: quizContent }).openapi("QuizVersion");

const place = z.object({ id: z.string(), subject: z.string(), index: z.int() }).openapi("QuestionPlace");
const fields = z.array(z.string()).openapi({ description: "Names of the fields that differ" });

export const quizDiff = z
	.object({
		version_number: z.int(),
		against_version_number: z.int().nullable().openapi({ description: "Null is the draft" }),
		fields,
		added: z.array(place),
		removed: z.array(place),
		changed: z.array(z.object({ id: z.string(), fields })),
		moved: z.array(z.object({ id: z.string(), before: place, after: place })),
	})
	.openapi("QuizDiff");
