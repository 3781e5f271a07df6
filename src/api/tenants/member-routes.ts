import { addMember } from "../../service/tenants/add-member.ts";
import { changeMember } from "../../service/tenants/change-member.ts";
import { listMembers } from "../../service/tenants/list-users.ts";
import { removeMember } from "../../service/tenants/remove-member.ts";
import { answer, valueIn } from "../http/answer.ts";
import { ctxOf } from "../http/context.ts";
import { cursorIn, page, pageQuery, pageSchema } from "../http/paging.ts";
import { ifMatch } from "../http/preconditions.ts";
import { makes, needs, newApp, requestBody, route, shows } from "../http/route.ts";
import { conditional, idCursor, keyed, tenantParams, path as tenantPath, userParams } from "./params.ts";
import { member, memberBody, roleBody, statusFilter, tenantUser } from "./schemas.ts";

const tag = "tenants";
const path = `${tenantPath}/members`;

export const memberRoutes = newApp();

memberRoutes.openapi(
	route({
		method: "get",
		path,
		tag,
		operationId: "listMembers",
		summary: "Who is of the tenant",
		...needs("users:write", "All but guests, in the order of their ids."),
		request: { params: tenantParams, query: pageQuery.extend({ status: statusFilter }) },
		responses: shows(pageSchema(member, "MemberPage"), "A page of members"),
	}),
	async (c) => {
		const { limit, cursor, status } = c.req.valid("query");
		const input = { ...c.req.valid("param"), status, after: cursorIn(c, idCursor, cursor), limit };
		const { items, next } = valueIn(c, await listMembers(ctxOf(c), input));
		return c.json(page(c, items, next), 200);
	},
);

memberRoutes.openapi(
	route(
		{
			method: "post",
			path,
			tag,
			operationId: "addMember",
			summary: "Add a user whom no person stands behind yet",
			...needs(
				"users:write",
				"The id is the server's: to choose it, put the user. A person with an address comes by an invitation.",
			),
			request: { params: tenantParams, headers: keyed, body: requestBody(memberBody) },
			responses: makes(tenantUser, "The user", "ETag"),
		},
		...(["conflict", "idempotency-key-reused"] as const),
	),
	async (c) => {
		const input = { ...c.req.valid("json"), ...c.req.valid("param") };
		const { value } = await answer(c, await addMember(ctxOf(c), input), 201);
		c.header("ETag", value.etag);
		return c.json(value, 201);
	},
);

memberRoutes.openapi(
	route(
		{
			method: "patch",
			path: `${path}/{user}`,
			tag,
			operationId: "changeMember",
			summary: "Give a member another role",
			...needs(
				"users:write",
				"Only owners make and unmake owners, and one stays. What was issued before is refused within a minute if it is good for more.",
			),
			request: { params: userParams, headers: conditional, body: requestBody(roleBody) },
			responses: shows(tenantUser, "The member", "ETag"),
		},
		...(["conflict", "precondition-failed"] as const),
	),
	async (c) => {
		const input = { ...c.req.valid("json"), ...c.req.valid("param"), if_match: ifMatch(c) };
		const { value } = await answer(c, await changeMember(ctxOf(c), input), 200);
		c.header("ETag", value.etag);
		return c.json(value, 200);
	},
);

memberRoutes.openapi(
	route(
		{
			method: "delete",
			path: `${path}/{user}`,
			tag,
			operationId: "removeMember",
			summary: "End a membership",
			...needs(
				"users:write",
				"The user is disabled; data stay, and whoever is invited again is the same user. Oneself one may remove without the scope; the last owner stays.",
			),
			request: { params: userParams, headers: conditional },
			responses: shows(tenantUser, "The user, disabled", "ETag"),
		},
		...(["conflict", "precondition-failed"] as const),
	),
	async (c) => {
		const input = { ...c.req.valid("param"), if_match: ifMatch(c) };
		const { value } = await answer(c, await removeMember(ctxOf(c), input), 200);
		c.header("ETag", value.etag);
		return c.json(value, 200);
	},
);
