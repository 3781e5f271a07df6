import { z } from "@hono/zod-openapi";
import * as limits from "../domain/limits.ts";

/** Fields that the shapes of credits and of holds share. */

export const credits = z.int().min(0);
export const amount = z.int().min(1).max(limits.CREDIT_AMOUNT_MAX);
export const anyAmount = z.int().min(0).max(limits.CREDIT_AMOUNT_MAX);
export const line = (charsMax: number) => z.string().min(1).max(charsMax);
