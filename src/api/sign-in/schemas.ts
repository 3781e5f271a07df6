import { z } from "@hono/zod-openapi";
import {
	EMAIL_CHARS_MAX,
	PASSWORD_CHARS_MAX,
	PASSWORD_CHARS_MIN,
	PERSON_NAME_CHARS_MAX,
	SIGN_IN_TEXT_CHARS_MAX,
} from "../../domain/sign-in/limits.ts";
import { SESSION_ID } from "../../domain/sign-in/tokens.ts";
import { time } from "../schemas.ts";

/** Shapes of signing in over HTTP. */

const EXAMPLE_EMAIL = "ada@example.org";

/** In lower case from here on: the same address is written in many ways. */
export const email = z
	.email("must be an address like ada@example.org")
	.max(EMAIL_CHARS_MAX)
	.transform((text) => text.toLowerCase())
	.openapi({ description: "An e-mail address; case does not matter", example: EXAMPLE_EMAIL, format: "email" });

const newPassword = z
	.string()
	.max(PASSWORD_CHARS_MAX)
	.describe(`At least ${PASSWORD_CHARS_MIN} characters of any kind, and none of the passwords that are tried first`);
const password = z.string().min(1).max(PASSWORD_CHARS_MAX).describe("The account's password");
const text = (description: string) => z.string().min(1).max(SIGN_IN_TEXT_CHARS_MAX).describe(description);
const code = text("The code that the authenticator shows now");
const challenge = text("What the sign-in answered with");

const EXAMPLE_PASSWORD = "a long walk to the harbour";

export const signUpBody = z
	.strictObject({
		email,
		password: newPassword,
		name: z.string().max(PERSON_NAME_CHARS_MAX).default("").describe("What the person is called; absent: nothing"),
	})
	.openapi("SignUp", {
		description: "A new account",
		example: { email: EXAMPLE_EMAIL, password: EXAMPLE_PASSWORD, name: "Ada Lovelace" },
	});

export const addressBody = z
	.strictObject({ email })
	.openapi("Address", { description: "Whom it is about", example: { email: EXAMPLE_EMAIL } });

export const signInBody = z.strictObject({ email, password }).openapi("SignIn", {
	description: "An account's address and password",
	example: { email: EXAMPLE_EMAIL, password: EXAMPLE_PASSWORD },
});

export const resetBody = z
	.strictObject({ token: text("The token of the mail"), new_password: newPassword })
	.openapi("PasswordReset", {
		description: "A new password, by a mail",
		example: { token: "zJ6b8u1cQeTq4mXv0KfYh2LwRnSa9DgP", new_password: EXAMPLE_PASSWORD },
	});

export const passwordChangeBody = z
	.strictObject({ current_password: password, new_password: newPassword })
	.openapi("PasswordChange", {
		description: "A new password, by the one of before",
		example: { current_password: "what it was so far", new_password: EXAMPLE_PASSWORD },
	});

export const addressChangeBody = z.strictObject({ new_email: email, password }).openapi("AddressChange", {
	description: "Another address for the account",
	example: { new_email: "lovelace@example.org", password: EXAMPLE_PASSWORD },
});

export const sessionBody = z
	.strictObject({ session: z.string().regex(SESSION_ID, "must be the id of a session").describe("Id of a session") })
	.openapi("SessionNamed", {
		description: "One of one's own sessions",
		example: { session: "ses_05m5t8cfgq3nkw7r05m5t8cf" },
	});

export const passwordBody = z
	.strictObject({ password })
	.openapi("PasswordShown", { description: "The password, once more", example: { password: EXAMPLE_PASSWORD } });

export const totpBody = z
	.strictObject({
		code,
		challenge: challenge
			.optional()
			.describe("What the sign-in answered with; absent where you are signed in and confirm a new factor"),
	})
	.openapi("TotpCode", { description: "A code of an authenticator", example: { code: "492039" } });

export const backupCodeBody = z
	.strictObject({ code: text("One of the backup codes, which is good once"), challenge })
	.openapi("BackupCode", {
		description: "A backup code",
		example: { code: "Rk2v9-TmQ4c", challenge: "2fa-x.y" },
	});

export const tokenQuery = z.object({ token: text("The token of the mail") });

const account = z
	.object({
		id: z.string().describe("The account, as in `acc_0000000205m5t8cfgq3nkw7r`"),
		email: z.string().describe("Its address"),
		name: z.string().describe("What the person is called; may be empty"),
		email_verified: z.boolean().describe("Whether the address was confirmed"),
		two_factor_enabled: z.boolean().describe("Whether signing in takes a second factor"),
		created_at: time("When it was made"),
	})
	.openapi("Account", { description: "A person" });

const session = z
	.object({
		id: z.string().describe("The session"),
		created_at: time("When the person signed in"),
		expires_at: time("When it ends, unless it is used before"),
		network: z
			.string()
			.nullable()
			.describe("The network that the sign-in came from, cut short; null where that is not kept"),
		user_agent: z.string().nullable().describe("What the client called itself; null where that is not kept"),
		current: z.boolean().describe("Whether it is the one that asks"),
	})
	.openapi("Session", { description: "A place where a person is signed in" });

export const newSession = z
	.object({
		status: z.literal("signed_in").describe("The person is signed in"),
		token: z
			.string()
			.describe("The session's token, for the operations of `sign-in` and for `POST /v1/auth/token`; shown here only"),
		session: z.string().describe("The session"),
		expires_at: time("When it ends, unless it is used before"),
		account,
	})
	.openapi("NewSession", { description: "A session that has begun" });

const secondFactorRequired = z
	.object({
		status: z.literal("second_factor_required").describe("The password is right, and is not enough"),
		challenge: z
			.string()
			.describe("To be sent with a code, to `two-factor/verify-totp` or `two-factor/verify-backup-code`"),
		expires_at: time("Until when"),
	})
	.openapi("SecondFactorRequired", { description: "A sign-in that waits for its second factor" });

export const signedInOrChallenge = z
	.union([newSession, secondFactorRequired])
	.openapi("SignInAnswer", { description: "A session, or what is still needed for one" });

export const currentSession = z
	.object({ session, account })
	.openapi("CurrentSession", { description: "Who is signed in" });

export const sessions = z
	.object({ items: z.array(session).describe("The newest sign-in first") })
	.openapi("Sessions", { description: "Where a person is signed in" });

export const newFactor = z
	.object({
		totp_uri: z.string().describe("`otpauth://…`, for an authenticator (RFC 6238)"),
		backup_codes: z.array(z.string()).describe("Codes that are good once each, for when the authenticator is lost"),
	})
	.openapi("NewSecondFactor", { description: "A second factor that waits to be confirmed; shown here only" });

export const backupCodes = z
	.object({ backup_codes: z.array(z.string()).describe("Codes that are good once each") })
	.openapi("BackupCodes", { description: "Backup codes, in place of those of before; shown here only" });

/** @param status what became of the request */
const done = <S extends string>(status: S, name: string, description: string) =>
	z.object({ status: z.literal(status).describe(description) }).openapi(name, { description });

export const verificationSent = done("verification_sent", "VerificationSent", "A mail is on its way to the address");
export const mailAccepted = done(
	"accepted",
	"MailAccepted",
	"If the address has such an account, a mail is on its way",
);
export const verified = done("verified", "AddressVerified", "The address is confirmed");
export const passwordChanged = done("changed", "PasswordChanged", "The password is the new one");
export const signedOut = done("signed_out", "SignedOut", "The session has ended");
export const resetOpen = z
	.object({ expires_at: time("Until when the token is good") })
	.openapi("PasswordResetOpen", { description: "A reset that can be used" });
export const revoked = z
	.object({ revoked: z.int().min(0).describe("How many sessions were ended") })
	.openapi("SessionsRevoked", { description: "Sessions that were ended" });

export const keptMails = z
	.object({
		items: z
			.array(
				z
					.object({
						to: z.string().describe("Whom it is to"),
						subject: z.string().describe("What it is about"),
						text: z.string().describe("What it says"),
						link: z.string().nullable().describe("The link that it is about; null for one that only tells something"),
						created_at: time("When it was written"),
					})
					.openapi("KeptMail", { description: "A mail" }),
			)
			.describe("The newest first"),
	})
	.openapi("KeptMails", { description: "Mail that was kept instead of sent" });

export const mailQuery = z.object({
	to: z
		.string()
		.max(EMAIL_CHARS_MAX)
		.optional()
		.openapi({ description: "Only those to this address", example: EXAMPLE_EMAIL }),
});
