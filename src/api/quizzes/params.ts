import { z } from "@hono/zod-openapi";
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
