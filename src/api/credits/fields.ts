import { z } from "@hono/zod-openapi";
import { CREDIT_AMOUNT_MAX } from "../../domain/credits/limits.ts";

/** Fields that the shapes of credits and of holds share. */

/** Credits in an answer: a whole number, 0 or more. */
export const credits = (description: string) => z.int().min(0).describe(description);
const AMOUNT = z.int().min(1).max(CREDIT_AMOUNT_MAX);
const ANY_AMOUNT = z.int().min(0).max(CREDIT_AMOUNT_MAX);
export const amount = (description: string) => AMOUNT.describe(description);
export const anyAmount = (description: string) => ANY_AMOUNT.describe(description);
export const line = (charsMax: number, description: string) => z.string().min(1).max(charsMax).describe(description);
