import { z } from "@hono/zod-openapi";
import { ID_PATTERNS } from "../domain/ids.ts";
import { TIME_MS_MAX } from "../domain/limits.ts";

/** Fields that many shapes of what goes in and out over HTTP have; each capability has its own shapes beside its routes. */

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

export const tenantId = id("tenant", "ten_00001j6s5t8cfgq3nkw7r2vd");
export const serviceId = id("service", "svc_00001j6s5t8cfgq3nkw7r2vd");
export const keyId = id("key", "key_00001j6s5t8cfgq3nkw7r2vd");
export const invitationId = id("invitation", "inv_00001j6s5t8cfgq3nkw7r2vd");

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
export const versionName = z.string().describe("Name of the version, opaque and never used again");
export const versionNumber = z.int().min(1).describe("Number of the version: 1 is the first publication");
