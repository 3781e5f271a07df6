import { disableUser, restoreUser } from "../../service/tenants/disable-user.ts";
import { listUsers } from "../../service/tenants/list-users.ts";
import { provisionUser } from "../../service/tenants/provision-user.ts";
import { answer, valueIn } from "../http/answer.ts";
import { ctxOf } from "../http/context.ts";
import { cursorIn, page, pageQuery, pageSchema } from "../http/paging.ts";
import { ifMatch } from "../http/preconditions.ts";
import { makes, needs, newApp, requestBody, route, shows } from "../http/route.ts";
import { conditional, idCursor, keyedConditional, tenantParams, path as tenantPath, userParams } from "./params.ts";
import { member, statusFilter, tenantUser, userBody } from "./schemas.ts";

const tag = "tenants";
const path = `${tenantPath}/users`;

/** Users whom a machine of the tenant makes, before they ever call. */
export const userRoutes = newApp();

userRoutes.openapi(
	route({
		method: "get",
		path,
		tag,
		operationId: "listUsers",
		summary: "All users of the tenant",
		...needs("users:write", "Guests too, in the order of their ids."),
		request: { params: tenantParams, query: pageQuery.extend({ status: statusFilter }) },
		responses: shows(pageSchema(member, "TenantUserPage"), "A page of users"),
	}),
	async (c) => {
		const { limit, cursor, status } = c.req.valid("query");
		const input = { ...c.req.valid("param"), status, after: cursorIn(c, idCursor, cursor), limit };
		const { items, next } = valueIn(c, await listUsers(ctxOf(c), input));
		return c.json(page(c, items, next), 200);
	},
);

userRoutes.openapi(
	route(
		{
			method: "put",
			path: `${path}/{user}`,
			tag,
			operationId: "putUser",
			summary: "Make a user, or replace the profile",
			...needs(
				"users:write",
				"The id is the client's choice, and names one user of one tenant for ever; of a tenant with a place it ends as the tenant's " +
					"does. It may be asked for again and again, and before the user ever called: a service can act for the user at once.",
			),
			request: { params: userParams, headers: conditional, body: requestBody(userBody) },
			responses: {
				...shows(tenantUser, "The user, who was there", "ETag"),
				...makes(tenantUser, "A new user", "ETag"),
			},
		},
		...(["conflict", "precondition-failed"] as const),
	),
	async (c) => {
		const input = { ...c.req.valid("json"), ...c.req.valid("param"), if_match: ifMatch(c) };
		const { value } = await answer(c, await provisionUser(ctxOf(c), input), 200);
		c.header("ETag", value.etag);
		return c.json(value, value.is_new ? 201 : 200);
	},
);

userRoutes.openapi(
	route(
		{
			method: "post",
			path: `${path}/{user}/disabling`,
			tag,
			operationId: "disableUser",
			summary: "Let a user in no longer",
			...needs(
				"users:write",
				"What was issued to the user is refused everywhere within a minute, and nobody acts on the user's behalf. Data stay. Again, it changes nothing.",
			),
			request: { params: userParams, headers: keyedConditional },
			responses: shows(tenantUser, "The user, disabled", "ETag"),
		},
		...(["conflict", "precondition-failed", "idempotency-key-reused"] as const),
	),
	async (c) => {
		const input = { ...c.req.valid("param"), if_match: ifMatch(c) };
		const { value } = await answer(c, await disableUser(ctxOf(c), input), 200);
		c.header("ETag", value.etag);
		return c.json(value, 200);
	},
);

userRoutes.openapi(
	route(
		{
			method: "post",
			path: `${path}/{user}/restoring`,
			tag,
			operationId: "restoreUser",
			summary: "Let a user in again",
			...needs("users:write", "Again, it changes nothing."),
			request: { params: userParams, headers: keyedConditional },
			responses: shows(tenantUser, "The user", "ETag"),
		},
		...(["conflict", "precondition-failed", "idempotency-key-reused"] as const),
	),
	async (c) => {
		const input = { ...c.req.valid("param"), if_match: ifMatch(c) };
		const { value } = await answer(c, await restoreUser(ctxOf(c), input), 200);
		c.header("ETag", value.etag);
		return c.json(value, 200);
	},
);
