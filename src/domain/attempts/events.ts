import { z } from "zod";
import { count, hash, MARKS_READER, time } from "../log/event-fields.ts";

/** What log rows say of attempts. What stands in log/events.ts about changing these holds here too. */

const attemptSubmitted = z.object({
	attempt: z.string(),
	quiz: z.string(),
	version: hash,
	version_number: z.int().min(1),
	/** Of that version, so that the taker's attempts say what they were about whatever becomes of the quiz. Absent in older rows. */
	title: z.string().optional(),
	/** 1 for the user's first attempt at the quiz; so takers can be counted as a sum. */
	number: z.int().min(1),
	/** Whole marks; where these are not all there is to say, they are rounded down, and `hundredths` says it all. */
	score: count,
	max_score: z.int().min(1),
	percentage_bp: z.int().min(0).max(10_000),
	passed: z.boolean(),
	started_at: time.nullable(),
	time_taken_s: count.nullable(),
	/** SHA-256 of the canonical JSON of the answers as the shard keeps them: sealed where there is a text among them, but not in older rows. */
	answers_digest: hash,
	/**
	 * `[question id, choice, score, max, number of options]`, in the order of the version's questions. A choice is the index of
	 * the chosen option, a list of indices where several may be chosen, or null of a blank answer. An answer that is no choice
	 * of options has 0 for its choice and 0 options; what it says is in the shard alone.
	 */
	items: z.array(z.tuple([z.string(), z.union([count, z.array(count)]).nullable(), count, z.int().min(1), count])),
	/**
	 * Which of the user's attempts at the quiz it is among those that count in statistics, 0 where it does not count. Absent: all
	 * of them did, and it is `number`.
	 */
	counted: count.optional(),
	/** The marks in hundredths, the items in their order. Absent: the whole ones, times a hundred. A row that has it needs reader 2. */
	hundredths: z
		.object({ score: count, max_score: z.int().min(1), items: z.array(z.tuple([count, z.int().min(1)])) })
		.optional(),
	reader: z.literal(MARKS_READER).optional(),
	/** Where it was opened before it was submitted. */
	sitting: z
		.object({
			/** The row that opened it, and when that was. */
			opened: count,
			opened_at: time,
			deadline: time.nullable(),
			/** Who ended it: the taker, or the clock, at the end of the time. */
			by: z.enum(["taker", "clock"]),
			/** Places in `items` of the questions that the taker had flagged. */
			flagged: z.array(count).optional(),
			/** Seconds on each of the items, as the client counted them; null where it did not. */
			times_s: z.array(count.nullable()).optional(),
		})
		.optional(),
	/** The items are some of the version's questions, which were drawn for this attempt. */
	drawn: z.literal(true).optional(),
	/** Where the taker is not told the marks of each question. */
	question_marks: z.literal("hidden").optional(),
});

const attemptOpened = z.object({
	attempt: z.string(),
	quiz: z.string(),
	version: hash,
	version_number: z.int().min(1),
	title: z.string().optional(),
	/** 1 for the user's first attempt at the quiz; what is submitted of it has the same. */
	number: z.int().min(1),
	/** Until when answers count, without grace; null where there is no end. */
	deadline: time.nullable(),
	/** What was drawn and shuffled follows from it and the version. */
	seed: count,
});

const attemptAbandoned = z.object({ attempt: z.string(), quiz: z.string(), number: z.int().min(1), opened: count });

export const ATTEMPT_BODIES = {
	"attempt.submitted": attemptSubmitted,
	/** The taker has begun. The answers of it are in the shard alone until they are submitted. */
	"attempt.opened": attemptOpened,
	/** The clock has ended it, and nothing of it counts. */
	"attempt.abandoned": attemptAbandoned,
};

/** Rows that need no message of their own: they go with the next, or after a while. */
export const QUIET_KINDS: readonly string[] = ["attempt.opened"];
