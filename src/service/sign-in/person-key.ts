import { createHmac } from "node:crypto";
import { authSecretsOf } from "../../env.ts";

/** By what the requests about one address are counted: a keyed hash, so that no limiter is told addresses. @param email in lower case */
export const personKey = (env: Env, email: string): string =>
	createHmac("sha256", authSecretsOf(env)[0].value).update(`marksheet person 1 ${email}`).digest("base64url");
