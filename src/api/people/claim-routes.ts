import { claimGuest } from "../../service/people/claim-guest.ts";
import { valueIn } from "../http/answer.ts";
import { newApp, requestBody, route, shows } from "../http/route.ts";
import { personOf } from "../tenants/person.ts";
import * as shapes from "./schemas.ts";

const tag = "tokens";

/** What only who is signed in may do with a guest. */
export const claimRoutes = newApp();

claimRoutes.openapi(
	route({
		method: "post",
		path: "/v1/auth/guests/claim",
		tag,
		security: [{ session: [] }],
		operationId: "claimGuest",
		summary: "Make a guest's attempts one's own",
		description:
			"The guest's user becomes one of the person who is signed in, with all that it has. Tokens of before are good no longer.",
		request: { body: requestBody(shapes.claimBody) },
		responses: shows(shapes.claimedGuest, "It is the person's"),
	}),
	async (c) => {
		const { guest_secret } = c.req.valid("json");
		const { account } = c.get("signed_in");
		return c.json(valueIn(c, await claimGuest(personOf(c, account), { account, guest_secret })), 200);
	},
);
