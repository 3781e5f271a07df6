import { invite } from "../../service/tenants/invite.ts";
import { listInvitations } from "../../service/tenants/list-of-tenant.ts";
import { revokeInvitation } from "../../service/tenants/revoke-invitation.ts";
import { answer, valueIn } from "../http/answer.ts";
import { ctxOf } from "../http/context.ts";
import { cursorIn, page, pageQuery, pageSchema } from "../http/paging.ts";
import { makes, needs, newApp, requestBody, route, shows } from "../http/route.ts";
import * as schemas from "../schemas.ts";
import { idCursor, keyed, tenantParams, path as tenantPath } from "./params.ts";
import { invitation, invitationBody } from "./schemas.ts";

const tag = "tenants";
const path = `${tenantPath}/invitations`;

export const invitationRoutes = newApp();

invitationRoutes.openapi(
	route({
		method: "get",
		path,
		tag,
		operationId: "listInvitations",
		summary: "Whom the tenant has asked in",
		...needs("users:write", "Those that have ended too, in the order in which they were sent."),
		request: { params: tenantParams, query: pageQuery },
		responses: shows(pageSchema(invitation, "InvitationPage"), "A page of invitations"),
	}),
	async (c) => {
		const { limit, cursor } = c.req.valid("query");
		const input = { ...c.req.valid("param"), after: cursorIn(c, idCursor, cursor), limit };
		const { items, next } = valueIn(c, await listInvitations(ctxOf(c), input));
		return c.json(page(c, items, next), 200);
	},
);

invitationRoutes.openapi(
	route(
		{
			method: "post",
			path,
			tag,
			operationId: "invitePerson",
			summary: "Ask a person in",
			...needs(
				"users:write",
				"Writes to the address. Whoever has an account with it, and the code of the mail, becomes a member by that within seven days. " +
					"One that was sent to the address before is good no longer.",
			),
			request: { params: tenantParams, headers: keyed, body: requestBody(invitationBody) },
			responses: makes(invitation, "The invitation; its code is in the mail alone"),
		},
		...(["conflict", "idempotency-key-reused"] as const),
	),
	async (c) => {
		const input = { ...c.req.valid("json"), ...c.req.valid("param") };
		const { value } = await answer(c, await invite(ctxOf(c), input), 201);
		return c.json(value, 201);
	},
);

invitationRoutes.openapi(
	route(
		{
			method: "delete",
			path: `${path}/{invitation}`,
			tag,
			operationId: "revokeInvitation",
			summary: "Take an invitation back",
			...needs("users:write", "Its code is dead at once. Again, it changes nothing."),
			request: { params: tenantParams.extend({ invitation: schemas.invitationId }) },
			responses: shows(invitation, "The invitation, revoked"),
		},
		"conflict",
	),
	async (c) => {
		const { value } = await answer(c, await revokeInvitation(ctxOf(c), c.req.valid("param")), 200);
		return c.json(value, 200);
	},
);
