import type { Context } from "hono";
import { ProblemError } from "./problem.ts";

/** The condition of a change, null for none. */
export const ifMatch = (c: Context) => c.req.header("If-Match") ?? null;

/** @param what needs it, as a sentence begins @throws ProblemError `precondition-required` */
export function requiredIfMatch(c: Context, what: string): string {
	const etag = ifMatch(c);
	if (etag === null) throw new ProblemError("precondition-required", `${what} an If-Match header.`);
	return etag;
}
