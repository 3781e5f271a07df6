import { z } from "zod";
import { count, hash, MARKS_READER, time } from "../log/event-fields.ts";
import { DIFFICULTIES, SOURCES, VISIBILITIES } from "./quiz.ts";

/** What log rows say of authored quizzes. What stands in log/events.ts about changing these holds here too. */

const quizSaved = z.object({ quiz: z.string(), revision: z.int().min(1), title: z.string(), content_hash: hash });

const quizCreated = quizSaved.extend({
	/** What it is a copy of; `version` is null for a copy of the draft. */
	origin: z.object({ owner: z.string(), quiz: z.string(), version: z.int().min(1).nullable() }).optional(),
});

/** What a slug is claimed with: the instant of the first claim, which a claim again repeats. */
const slugClaim = z.object({ slug: z.string(), claimed_at: time });

const quizPublished = z.object({
	quiz: z.string(),
	version: hash,
	version_number: z.int().min(1),
	/** Size of the content, which lies in R2 under `version`. */
	bytes: count,
	visibility: z.enum(VISIBILITIES),
	title: z.string(),
	description: z.string(),
	tags: z.array(z.string()),
	difficulty: z.enum(DIFFICULTIES),
	source: z.enum(SOURCES),
	questions: z.int().min(1),
	/** Whole marks; where these are not all there is to say, they are rounded down, and `max_hundredths` says it. */
	max_score: z.int().min(1),
	/** A row that has it needs reader 2. */
	max_hundredths: z.int().min(1).optional(),
	reader: z.literal(MARKS_READER).optional(),
	/** Of the first publication. */
	published_at: time,
	thumbnail: hash.optional(),
	/** Where the quiz had no slug before. */
	claim: slugClaim.optional(),
	/** The texts of the questions, as far as they are searched: see search/search.ts. Absent in older rows. */
	search_text: z.string().optional(),
});

export const QUIZ_BODIES = {
	"quiz.created": quizCreated,
	"quiz.revised": quizSaved.extend({ restored_from: z.int().min(1).optional() }),
	"quiz.published": quizPublished,
	"quiz.withdrawn": z.object({ quiz: z.string() }),
};

export const AUTHORING_BODIES = {
	"quiz.moved": z.object({ quiz: z.string(), status: z.enum(["draft", "review"]) }),
	/** `last` is its latest version as it was published, null where it never was: whoever reads statistics still sees it. */
	"quiz.archived": z.object({
		quiz: z.string(),
		last: quizPublished.omit({ claim: true, search_text: true, reader: true }).nullable(),
		reader: z.literal(MARKS_READER).optional(),
	}),
	"quiz.slug_claimed": slugClaim.extend({ quiz: z.string() }),
	/** `version_number` is 0 where it never was published; `slug` is the one that it gives up with all others. */
	"quiz.deleted": z.object({ quiz: z.string(), version_number: count, slug: z.string().nullable() }),
	"quiz.undeleted": z.object({ quiz: z.string(), claim: slugClaim.nullable() }),
	"quiz.purged": z.object({ quiz: z.string() }),
};

export type QuizKind = keyof typeof QUIZ_BODIES | keyof typeof AUTHORING_BODIES;
