import { readPasswordReset } from "../../service/sign-in/read-password-reset.ts";
import { requestPasswordReset } from "../../service/sign-in/request-password-reset.ts";
import { resetPassword } from "../../service/sign-in/reset-password.ts";
import { sendVerification } from "../../service/sign-in/send-verification.ts";
import { signIn } from "../../service/sign-in/sign-in.ts";
import { signUp } from "../../service/sign-in/sign-up.ts";
import { answerByBackupCode, answerByTotp, confirmTwoFactor } from "../../service/sign-in/verify-code.ts";
import { verifyEmail } from "../../service/sign-in/verify-email.ts";
import { valueIn } from "../http/answer.ts";
import { newApp, requestBody, route, shows } from "../http/route.ts";
import * as shapes from "./schemas.ts";
import { counted, signedInNow, visitAbout } from "./visit.ts";

const tag = "sign-in";
/** Needs no credential. */
const open = { security: [] };

/** What somebody may do who is not signed in, or not quite: accounts, their addresses, and the two steps of a sign-in. */
export const signInRoutes = newApp();

signInRoutes.openapi(
	route({
		method: "post",
		path: "/v1/auth/sign-up/email",
		tag,
		...open,
		operationId: "signUp",
		summary: "Make an account",
		description:
			"Writes to the address, which is to be confirmed by the link in the mail. An address that has an account already is answered the same, and its owner is written to.",
		request: { body: requestBody(shapes.signUpBody) },
		responses: shows(shapes.verificationSent, "A mail is on its way"),
	}),
	async (c) => {
		const body = c.req.valid("json");
		return c.json(valueIn(c, await signUp(await visitAbout(c, body.email), body)), 200);
	},
);

signInRoutes.openapi(
	route({
		method: "post",
		path: "/v1/auth/send-verification-email",
		tag,
		...open,
		operationId: "sendVerificationEmail",
		summary: "Get the mail again that confirms an address",
		description: "Answers the same whatever the address is.",
		request: { body: requestBody(shapes.addressBody) },
		responses: shows(shapes.mailAccepted, "Taken in"),
	}),
	async (c) => {
		const body = c.req.valid("json");
		return c.json(valueIn(c, await sendVerification(await visitAbout(c, body.email), body)), 200);
	},
);

signInRoutes.openapi(
	route({
		method: "get",
		path: "/v1/auth/verify-email",
		tag,
		...open,
		operationId: "verifyEmail",
		summary: "Confirm an address",
		description:
			"The link in the mail, or what the page behind it calls. Doing it again does no harm. The person has a tenant of their own from then on.",
		request: { query: shapes.tokenQuery },
		responses: shows(shapes.verified, "Confirmed"),
	}),
	async (c) => {
		return c.json(valueIn(c, await verifyEmail(await visitAbout(c, null), c.req.valid("query"))), 200);
	},
);

signInRoutes.openapi(
	route({
		method: "post",
		path: "/v1/auth/sign-in/email",
		tag,
		...open,
		operationId: "signIn",
		summary: "Sign in",
		description:
			"With an address and a password. Where the account has a second factor, the answer has a `challenge` that is to be answered with a code. " +
			"`POST /v1/auth/token` makes tokens of the session for everything else.",
		request: { body: requestBody(shapes.signInBody) },
		responses: shows(shapes.signedInOrChallenge, "Signed in, or half of it"),
	}),
	async (c) => {
		const body = c.req.valid("json");
		return c.json(valueIn(c, await signIn(await visitAbout(c, body.email), body)), 200);
	},
);

signInRoutes.openapi(
	route(
		{
			method: "post",
			path: "/v1/auth/two-factor/verify-totp",
			tag,
			security: [{ session: [] }, {}],
			operationId: "verifyTotp",
			summary: "Answer with a code of an authenticator",
			description:
				"With a `challenge`, the second step of a sign-in; five wrong codes end it. Without one, and with a session, it confirms a second factor that was begun; " +
				"another session then takes the place of the one that asks. A code is good once.",
			request: { body: requestBody(shapes.totpBody) },
			responses: shows(shapes.newSession, "Signed in"),
		},
		"conflict",
	),
	async (c) => {
		const { challenge, code } = c.req.valid("json");
		const outcome =
			challenge === undefined
				? await confirmTwoFactor(await counted(c, await signedInNow(c)), { code })
				: await answerByTotp(await visitAbout(c, null), { challenge, code });
		return c.json(valueIn(c, outcome), 200);
	},
);

signInRoutes.openapi(
	route(
		{
			method: "post",
			path: "/v1/auth/two-factor/verify-backup-code",
			tag,
			...open,
			operationId: "verifyBackupCode",
			summary: "Answer with a backup code",
			description: "The second step of a sign-in, where the authenticator is lost. A code is good once.",
			request: { body: requestBody(shapes.backupCodeBody) },
			responses: shows(shapes.newSession, "Signed in"),
		},
		"conflict",
	),
	async (c) => c.json(valueIn(c, await answerByBackupCode(await visitAbout(c, null), c.req.valid("json"))), 200),
);

signInRoutes.openapi(
	route({
		method: "post",
		path: "/v1/auth/request-password-reset",
		tag,
		...open,
		operationId: "requestPasswordReset",
		summary: "Ask for a new password",
		description: "Writes to the address if it has an account. Answers the same whatever the address is.",
		request: { body: requestBody(shapes.addressBody) },
		responses: shows(shapes.mailAccepted, "Taken in"),
	}),
	async (c) => {
		const body = c.req.valid("json");
		return c.json(valueIn(c, await requestPasswordReset(await visitAbout(c, body.email), body)), 200);
	},
);

signInRoutes.openapi(
	route({
		method: "get",
		path: "/v1/auth/reset-password",
		tag,
		...open,
		operationId: "getPasswordReset",
		summary: "Whether a reset can be used",
		description: "For a page that is about to ask for the new password. Changes nothing.",
		request: { query: shapes.tokenQuery },
		responses: shows(shapes.resetOpen, "It can"),
	}),
	async (c) => {
		return c.json(valueIn(c, await readPasswordReset(await visitAbout(c, null), c.req.valid("query"))), 200);
	},
);

signInRoutes.openapi(
	route({
		method: "post",
		path: "/v1/auth/reset-password",
		tag,
		...open,
		operationId: "resetPassword",
		summary: "Choose a new password by a mail",
		description: "The token is good once. All sessions of the account end.",
		request: { body: requestBody(shapes.resetBody) },
		responses: shows(shapes.passwordChanged, "Changed"),
	}),
	async (c) => {
		return c.json(valueIn(c, await resetPassword(await visitAbout(c, null), c.req.valid("json"))), 200);
	},
);
