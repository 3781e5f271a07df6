import { z } from "zod";
import type { Credits } from "../../../src/api/rpc/credits.ts";
import { CREDIT_AMOUNT_MAX, HOLD_TTL_S_MAX, MODEL_CHARS_MAX } from "../../../src/domain/credits/limits.ts";
import { ID_PATTERNS } from "../../../src/domain/ids.ts";

/** Most questions that one generation asks for. */
export const QUESTIONS_MAX = 50;

const TIMEOUT_MS_MAX = 600_000;

const wholeNumber = (min: number, max: number) => z.coerce.number().int().min(min).max(max);

const settingsSchema = z.object({
	PROVIDER_URL: z.url({ protocol: /^https?$/ }).transform((url) => url.replace(/\/+$/, "")),
	PROVIDER_KEY: z.string().regex(/^[\x21-\x7e]+$/),
	MODEL: z.string().min(1).max(MODEL_CHARS_MAX),
	CREDITS_PER_QUESTION: wholeNumber(1, Math.floor(CREDIT_AMOUNT_MAX / QUESTIONS_MAX)),
	/** How long the provider may take, to the last byte of its answer. */
	TIMEOUT_MS: wholeNumber(100, TIMEOUT_MS_MAX),
	/** How much longer than that the hold lives: time to make the draft and to settle. */
	HOLD_MARGIN_S: wholeNumber(1, HOLD_TTL_S_MAX - TIMEOUT_MS_MAX / 1_000).default(60),
	/** Who acts, in Marksheet's log. */
	SERVICE_ID: z.string().regex(ID_PATTERNS.service),
});
export type Settings = z.output<typeof settingsSchema>;

export interface GeneratorEnv extends Record<keyof Settings, string> {
	CREDITS: Service<Credits>;
	MARKSHEET: Fetcher;
	JOURNAL: R2Bucket;
}

/** @throws with the name of each setting that is missing or wrong */
export function settingsOf(env: GeneratorEnv): Settings {
	const result = settingsSchema.safeParse(env);
	if (!result.success) throw new Error(`Settings are wrong:\n${z.prettifyError(result.error)}`);
	return result.data;
}
