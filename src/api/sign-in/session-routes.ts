import { revokeOtherSessions, revokeSession, signOut } from "../../service/sign-in/end-sessions.ts";
import { listSessions } from "../../service/sign-in/list-sessions.ts";
import { accountOf, shownSession } from "../../service/sign-in/shown.ts";
import { valueIn } from "../http/answer.ts";
import { newApp, requestBody, route, shows } from "../http/route.ts";
import * as shapes from "./schemas.ts";

const tag = "sign-in";
const bySession = { security: [{ session: [] }] };

/** Where a person is signed in. */
export const sessionRoutes = newApp();

sessionRoutes.openapi(
	route({
		method: "get",
		path: "/v1/auth/get-session",
		tag,
		...bySession,
		operationId: "getSession",
		summary: "Who is signed in",
		description: "The session of the token, and its account.",
		responses: shows(shapes.currentSession, "The session"),
	}),
	async (c) => {
		const { row, session } = c.get("signed_in");
		return c.json({ session: shownSession(row, session), account: accountOf(row) }, 200);
	},
);

sessionRoutes.openapi(
	route({
		method: "get",
		path: "/v1/auth/list-sessions",
		tag,
		...bySession,
		operationId: "listSessions",
		summary: "Where one is signed in",
		description: "All sessions of the account that have not ended. Their tokens are stored nowhere.",
		responses: shows(shapes.sessions, "The sessions"),
	}),
	async (c) => c.json({ items: await listSessions(c.get("signed_in")) }, 200),
);

sessionRoutes.openapi(
	route({
		method: "post",
		path: "/v1/auth/sign-out",
		tag,
		...bySession,
		operationId: "signOut",
		summary: "End the session",
		description: "Tokens that were given for it are refused within a minute.",
		responses: shows(shapes.signedOut, "Signed out"),
	}),
	async (c) => c.json(await signOut(c.get("signed_in")), 200),
);

sessionRoutes.openapi(
	route({
		method: "post",
		path: "/v1/auth/revoke-session",
		tag,
		...bySession,
		operationId: "revokeSession",
		summary: "End one of one's sessions",
		description: "Tokens that were given for it are refused within a minute.",
		request: { body: requestBody(shapes.sessionBody) },
		responses: shows(shapes.revoked, "Ended"),
	}),
	async (c) => c.json(valueIn(c, await revokeSession(c.get("signed_in"), c.req.valid("json"))), 200),
);

sessionRoutes.openapi(
	route({
		method: "post",
		path: "/v1/auth/revoke-other-sessions",
		tag,
		...bySession,
		operationId: "revokeOtherSessions",
		summary: "End all other sessions",
		description: "All but the one that asks. Tokens that were given for them are refused within a minute.",
		responses: shows(shapes.revoked, "Ended"),
	}),
	async (c) => c.json(await revokeOtherSessions(c.get("signed_in")), 200),
);
