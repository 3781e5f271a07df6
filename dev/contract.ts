import type { z } from "zod";
import type { attempt, quizStatistics } from "../src/api/attempts/schemas.ts";
import type * as credits from "../src/api/credits/schemas.ts";
import type { syncState } from "../src/api/log/schemas.ts";
import type * as admin from "../src/api/operation/schemas.ts";
import type { catalogQuiz, playableQuiz, quizHead } from "../src/api/quizzes/schemas.ts";

/** The answers of the API, from the very schemas that its document is made of. */

export type Attempt = z.output<typeof attempt>;
export type Balance = z.output<typeof credits.balance>;
export type Hold = z.output<typeof credits.hold>;
export type QuizHead = z.output<typeof quizHead>;
export type CatalogQuiz = z.output<typeof catalogQuiz>;
export type PlayableQuiz = z.output<typeof playableQuiz>;
export type QuizStatistics = z.output<typeof quizStatistics>;
export type SyncState = z.output<typeof syncState>;
export type Replication = z.output<typeof admin.replication>;
export type RotatedKey = z.output<typeof admin.rotatedKey>;
export type Rebuild = z.output<typeof admin.rebuild>;
export type Sweep = z.output<typeof admin.sweep>;
export type TableDigest = z.output<typeof admin.digest>;
export type DeadLetter = z.output<typeof admin.deadLetter>;
export type Acknowledged = z.output<typeof admin.acknowledged>;
export type KeyRotation = z.output<typeof admin.rotation>;
export type Redriven = z.output<typeof admin.redriven>;

export interface Page<T> {
	items: T[];
	next_cursor: string | null;
}

export interface Problem {
	code: string;
	title: string;
	detail: string;
	errors?: { pointer: string; detail: string }[];
}
