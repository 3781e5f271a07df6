import { z } from "zod";

/** Fields that bodies of many kinds of events have. */

export const count = z.int().min(0);
/** Milliseconds since the epoch. */
export const time = z.int().min(0);
/** What a row needs that says marks in hundredths: an earlier reader would add whole ones in their place. */
export const MARKS_READER = 2 as const;
/** SHA-256 in hex. */
export const hash = z.string().regex(/^[0-9a-f]{64}$/);
