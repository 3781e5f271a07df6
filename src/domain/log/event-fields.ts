import { z } from "zod";

/** Fields that bodies of many kinds of events have. */

export const count = z.int().min(0);
/** Milliseconds since the epoch. */
export const time = z.int().min(0);
/** SHA-256 in hex. */
export const hash = z.string().regex(/^[0-9a-f]{64}$/);
