import { acceptInvitation } from "../../service/tenants/accept-invitation.ts";
import { readInvitationOffer } from "../../service/tenants/open-invitation.ts";
import { valueIn } from "../http/answer.ts";
import { limitSignIn } from "../http/rate-limits.ts";
import { newApp, requestBody, route, shows } from "../http/route.ts";
import { personOf } from "./person.ts";
import { acceptanceBody, codeQuery, invitationOffer, membership } from "./schemas.ts";

const tag = "sign-in";

/** What whoever has the mail may ask, who is nobody here yet. */
export const offerRoutes = newApp();

offerRoutes.openapi(
	route({
		method: "get",
		path: "/v1/auth/invitation",
		tag,
		security: [],
		operationId: "getInvitationOffer",
		summary: "What an invitation offers",
		description: "For a page that is about to have it accepted. Changes nothing.",
		request: { query: codeQuery },
		responses: shows(invitationOffer, "What it offers"),
	}),
	async (c) => {
		await limitSignIn(c, null);
		const ctx = { env: c.env, now: c.get("now") };
		return c.json(valueIn(c, await readInvitationOffer(ctx, c.req.valid("query"))), 200);
	},
);

/** What a person does by a session. */
export const acceptanceRoutes = newApp();

acceptanceRoutes.openapi(
	route(
		{
			method: "post",
			path: "/v1/auth/accept-invitation",
			tag,
			security: [{ session: [] }],
			operationId: "acceptInvitation",
			summary: "Become a member by an invitation",
			description:
				"By an account with the address that it was sent to. Whoever was a member before is the same user again. A retry is answered as the first was.",
			request: { body: requestBody(acceptanceBody) },
			responses: shows(membership, "The membership"),
		},
		"conflict",
	),
	async (c) => {
		const { account, row } = c.get("signed_in");
		await limitSignIn(c, account);
		const who = { account, email: row.email, name: row.name };
		return c.json(valueIn(c, await acceptInvitation(personOf(c, account), who, c.req.valid("json"))), 200);
	},
);
