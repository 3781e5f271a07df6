import { z } from "@hono/zod-openapi";
import type { Context } from "hono";
import { ProblemError } from "../http/problem.ts";
import { changeHeaders, keyedHeaders, sometimesNeeded } from "../http/route.ts";
import * as schemas from "../schemas.ts";

/** What the routes of authored quizzes share. */

export const path = "/v1/users/{user}/quizzes";
export const tag = "authoring";
export const userParams = z.object({ user: schemas.userParam });
export const quizParams = userParams.extend({ quiz: schemas.quizId });

const condition = {
	"If-Match": z.string().optional().openapi({ description: "ETag of the draft that you read; required to replace it" }),
};
export const conditional = changeHeaders.extend(condition);
export const keyedConditional = keyedHeaders.extend(condition);

export const publishing = changeHeaders.extend({
	"If-Match": sometimesNeeded(
		z.string().optional().openapi({
			description: "ETag of the draft that you read; required once a share has let somebody else edit it",
		}),
	),
});

/** The condition of a change, null for none. */
export const ifMatch = (c: Context) => c.req.header("If-Match") ?? null;

/** @throws ProblemError `precondition-required` */
export function requiredIfMatch(c: Context): string {
	const etag = ifMatch(c);
	if (etag === null) throw new ProblemError("precondition-required", "Changes of a draft need an If-Match header.");
	return etag;
}
