import { changeEmail } from "../../service/sign-in/change-email.ts";
import { changePassword } from "../../service/sign-in/change-password.ts";
import { disableTwoFactor } from "../../service/sign-in/disable-two-factor.ts";
import { enableTwoFactor } from "../../service/sign-in/enable-two-factor.ts";
import { renewBackupCodes } from "../../service/sign-in/renew-backup-codes.ts";
import { valueIn } from "../http/answer.ts";
import { newApp, requestBody, route, shows } from "../http/route.ts";
import * as shapes from "./schemas.ts";
import { counted } from "./visit.ts";

const tag = "sign-in";
const bySession = { security: [{ session: [] }] };

/** What a person who is signed in changes of their account, by the password once more. */
export const accountRoutes = newApp();

accountRoutes.openapi(
	route(
		{
			method: "post",
			path: "/v1/auth/change-password",
			tag,
			...bySession,
			operationId: "changePassword",
			summary: "Change the password",
			description: "By the one of before. All other sessions of the account end.",
			request: { body: requestBody(shapes.passwordChangeBody) },
			responses: shows(shapes.passwordChanged, "Changed"),
		},
		"conflict",
	),
	async (c) => {
		return c.json(valueIn(c, await changePassword(await counted(c, c.get("signed_in")), c.req.valid("json"))), 200);
	},
);

accountRoutes.openapi(
	route({
		method: "post",
		path: "/v1/auth/change-email",
		tag,
		...bySession,
		operationId: "changeEmail",
		summary: "Change the address",
		description:
			"It changes once the new one is confirmed by the link that is sent there; the one of before is told. Answers the same whether the new address has an account or not.",
		request: { body: requestBody(shapes.addressChangeBody) },
		responses: shows(shapes.verificationSent, "A mail is on its way"),
	}),
	async (c) => {
		return c.json(valueIn(c, await changeEmail(await counted(c, c.get("signed_in")), c.req.valid("json"))), 200);
	},
);

accountRoutes.openapi(
	route(
		{
			method: "post",
			path: "/v1/auth/two-factor/enable",
			tag,
			...bySession,
			operationId: "enableTwoFactor",
			summary: "Begin with a second factor",
			description: "It counts once `two-factor/verify-totp` was given a code of it.",
			request: { body: requestBody(shapes.passwordBody) },
			responses: shows(shapes.newFactor, "What the authenticator needs, and backup codes"),
		},
		"conflict",
	),
	async (c) =>
		c.json(valueIn(c, await enableTwoFactor(await counted(c, c.get("signed_in")), c.req.valid("json"))), 200),
);

accountRoutes.openapi(
	route(
		{
			method: "post",
			path: "/v1/auth/two-factor/disable",
			tag,
			...bySession,
			operationId: "disableTwoFactor",
			summary: "Go back to the password alone",
			description: "Another session takes the place of the one that asks.",
			request: { body: requestBody(shapes.passwordBody) },
			responses: shows(shapes.newSession, "The new session"),
		},
		"conflict",
	),
	async (c) =>
		c.json(valueIn(c, await disableTwoFactor(await counted(c, c.get("signed_in")), c.req.valid("json"))), 200),
);

accountRoutes.openapi(
	route(
		{
			method: "post",
			path: "/v1/auth/two-factor/generate-backup-codes",
			tag,
			...bySession,
			operationId: "renewBackupCodes",
			summary: "Get new backup codes",
			description: "Those of before are good no longer.",
			request: { body: requestBody(shapes.passwordBody) },
			responses: shows(shapes.backupCodes, "The codes"),
		},
		"conflict",
	),
	async (c) =>
		c.json(valueIn(c, await renewBackupCodes(await counted(c, c.get("signed_in")), c.req.valid("json"))), 200),
);
