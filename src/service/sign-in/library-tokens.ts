import { createEmailVerificationToken } from "better-auth/api";
import { EMAIL_TOKEN_LIFE_MS } from "../../domain/sign-in/limits.ts";
import { SECOND_MS } from "../../domain/units.ts";
import { authSecretsOf } from "../../env.ts";

/** A token with which the library takes an address for verified; it is signed, and stored nowhere. @param account null where it is not known whose */
export function emailToken(env: Env, email: string, account: string | null): Promise<string> {
	const bound = account === null ? undefined : { userId: account };
	return createEmailVerificationToken(
		authSecretsOf(env)[0].value,
		email,
		undefined,
		EMAIL_TOKEN_LIFE_MS / SECOND_MS,
		bound,
	);
}
