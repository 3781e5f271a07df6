import type { Refusal } from "../../domain/result.ts";
import { FACTOR_FAILURES_MAX, FACTOR_LOCK_MS } from "../../domain/sign-in/limits.ts";

type Field = "token" | "code" | "password";
/** What a request calls a field, where it is not the same. */
export type FieldNames = Partial<Record<Field, string>>;

/** What the library refuses, by its codes. */
type Judgement =
	| { kind: "unauthenticated"; detail: string }
	| { kind: "fault"; field: Field; detail: string }
	| { kind: "conflict"; detail: string }
	| { kind: "locked" };

const NOT_SIGNED_IN: Judgement = { kind: "unauthenticated", detail: "The session has ended, or there is none." };
/** Whether it is the one or the other tells whether a sign-up before has made the account, and so whether there was one. */
const NOT_LET_IN: Judgement = {
	kind: "unauthenticated",
	detail:
		"The address and the password do not belong together, or the address has not been confirmed yet by the link in the mail.",
};
const BAD_TOKEN: Judgement = { kind: "fault", field: "token", detail: "Is not good, or not any longer." };
const BAD_CODE: Judgement = { kind: "fault", field: "code", detail: "Is not right, or was used before." };
const SIGN_IN_AGAIN: Judgement = {
	kind: "unauthenticated",
	detail: "This sign-in has ended. Begin again with the password.",
};
const NO_FACTOR: Judgement = { kind: "conflict", detail: "The account has no second factor." };

const JUDGEMENTS: Readonly<Record<string, Judgement>> = {
	UNAUTHORIZED: NOT_SIGNED_IN,
	FAILED_TO_GET_SESSION: NOT_SIGNED_IN,
	INVALID_EMAIL_OR_PASSWORD: NOT_LET_IN,
	EMAIL_NOT_VERIFIED: NOT_LET_IN,
	INVALID_TOKEN: BAD_TOKEN,
	TOKEN_EXPIRED: BAD_TOKEN,
	USER_NOT_FOUND: BAD_TOKEN,
	INVALID_USER: BAD_TOKEN,
	INVALID_PASSWORD: { kind: "fault", field: "password", detail: "Is not the account's password." },
	CREDENTIAL_ACCOUNT_NOT_FOUND: { kind: "conflict", detail: "The account has no password. Ask for a new one by mail." },
	INVALID_CODE: BAD_CODE,
	INVALID_BACKUP_CODE: BAD_CODE,
	INVALID_TWO_FACTOR_COOKIE: SIGN_IN_AGAIN,
	TOO_MANY_ATTEMPTS_REQUEST_NEW_CODE: SIGN_IN_AGAIN,
	ACCOUNT_TEMPORARILY_LOCKED: { kind: "locked" },
	TOTP_ALREADY_ENABLED: { kind: "conflict", detail: "The account has a second factor already." },
	TOTP_NOT_ENABLED: NO_FACTOR,
	TWO_FACTOR_NOT_ENABLED: NO_FACTOR,
	BACKUP_CODES_NOT_ENABLED: NO_FACTOR,
};

/** Of errors that have no code, or one that is not known here. Most statuses say nothing: the library takes its own faults for the caller's too. */
const BY_STATUS: Readonly<Record<number, Judgement>> = {
	401: NOT_SIGNED_IN,
	409: { kind: "conflict", detail: "Another request of the account was faster. Send it again." },
};

/** The refusal that an error of the library is; null for what is none, or not known here. */
export function libraryRefusal(error: unknown, fields: FieldNames, now: number): Refusal | null {
	const judgement = JUDGEMENTS[codeOf(error)] ?? BY_STATUS[statusOf(error)];
	if (!judgement) return null;
	switch (judgement.kind) {
		case "unauthenticated":
			return { code: "unauthenticated", detail: judgement.detail };
		case "fault":
			return faultIn(fields[judgement.field] ?? judgement.field, judgement.detail);
		case "conflict":
			return { code: "conflict", detail: judgement.detail };
		case "locked":
			return {
				code: "rate-limited",
				detail: `More than ${FACTOR_FAILURES_MAX} second factors were wrong.`,
				rule: "second-factor",
				limit: FACTOR_FAILURES_MAX,
				retry_at: now + FACTOR_LOCK_MS,
			};
	}
}

/** One field of the body that is not right. */
export const faultIn = (field: string, detail: string): Refusal => ({
	code: "invalid-request",
	detail: "One field is not valid.",
	errors: [{ pointer: `/${field}`, detail }],
});

function statusOf(error: unknown): number {
	if (!(error instanceof Error) || error.name !== "APIError" || !("statusCode" in error)) return 0;
	return typeof error.statusCode === "number" ? error.statusCode : 0;
}

/** Errors of the library say their code in their body; other packages' errors have none. */
function codeOf(error: unknown): string {
	if (!(error instanceof Error) || error.name !== "APIError" || !("body" in error)) return "";
	const { body } = error;
	return typeof body === "object" && body !== null && "code" in body && typeof body.code === "string" ? body.code : "";
}
