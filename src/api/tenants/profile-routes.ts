import { z } from "@hono/zod-openapi";
import { changeProfile } from "../../service/tenants/change-profile.ts";
import { readProfile } from "../../service/tenants/read-profile.ts";
import { answer, valueIn } from "../http/answer.ts";
import { ctxOf } from "../http/context.ts";
import { ifMatch } from "../http/preconditions.ts";
import { needs, newApp, requestBody, route, shows } from "../http/route.ts";
import * as schemas from "../schemas.ts";
import { conditional } from "./params.ts";
import { profile, profileChange } from "./schemas.ts";

const tag = "profiles";
const path = "/v1/users/{user}";
const params = z.object({ user: schemas.userParam });

export const profileRoutes = newApp();

profileRoutes.openapi(
	route({
		method: "get",
		path,
		tag,
		operationId: "getUser",
		summary: "A user's profile",
		...needs("attempts:read", "Who the user is, and how much the user has."),
		request: { params },
		responses: shows(profile, "The profile; its ETag is for If-Match", "ETag"),
	}),
	async (c) => {
		const value = valueIn(c, await readProfile(ctxOf(c), c.req.valid("param")));
		c.header("ETag", value.etag);
		return c.json(value, 200);
	},
);

profileRoutes.openapi(
	route(
		{
			method: "patch",
			path,
			tag,
			operationId: "changeUser",
			summary: "Change a user's profile",
			...needs("attempts:write"),
			request: { params, headers: conditional, body: requestBody(profileChange) },
			responses: shows(profile, "The profile", "ETag"),
		},
		...(["conflict", "precondition-failed"] as const),
	),
	async (c) => {
		const input = { ...c.req.valid("json"), ...c.req.valid("param"), if_match: ifMatch(c) };
		const { value } = await answer(c, await changeProfile(ctxOf(c), input), 200);
		c.header("ETag", value.etag);
		return c.json(value, 200);
	},
);
