import { createEmailVerificationToken } from "better-auth/api";
import { decodeJwt, errors } from "jose";
import { z } from "zod";
import { EMAIL_TOKEN_LIFE_MS } from "../../domain/sign-in/limits.ts";
import { SECOND_MS } from "../../domain/units.ts";
import { authSecretsOf } from "../../env.ts";

const life_s = EMAIL_TOKEN_LIFE_MS / SECOND_MS;

/** A token with which the library takes an address for verified; it is signed, and stored nowhere. @param account null where it is not known whose */
export function emailToken(env: Env, email: string, account: string | null): Promise<string> {
	const bound = account === null ? undefined : { userId: account };
	return createEmailVerificationToken(authSecretsOf(env)[0].value, email, undefined, life_s, bound);
}

export interface AddressChange {
	account: string;
	from: string;
	to: string;
	/** When it was asked for, milliseconds since the epoch. */
	asked_at: number;
}

/** As the library's own, with which it gives an account another address; besides it says to the millisecond when that was asked for. */
export function addressChangeToken(env: Env, { account, from, to, asked_at }: AddressChange): Promise<string> {
	const bound = { userId: account, requestType: "change-email-verification", asked_at };
	return createEmailVerificationToken(authSecretsOf(env)[0].value, from, to, life_s, bound);
}

/** Those of releases before say the second alone. */
const addressChangeSchema = z.object({
	updateTo: z.string().min(1),
	userId: z.string(),
	iat: z.number(),
	asked_at: z.number().optional(),
});

/** Whose address a token is to change, and since when, as it says itself: the library then verifies it. Null of one that changes none. */
export function addressChangeIn(token: string): Pick<AddressChange, "account" | "asked_at"> | null {
	try {
		const { success, data } = addressChangeSchema.safeParse(decodeJwt(token));
		return success ? { account: data.userId, asked_at: data.asked_at ?? data.iat * SECOND_MS } : null;
	} catch (error) {
		if (error instanceof errors.JWTInvalid) return null;
		throw error;
	}
}
