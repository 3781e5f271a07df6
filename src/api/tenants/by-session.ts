import { createMiddleware } from "hono/factory";
import { isLikeSessionToken } from "../../domain/sign-in/tokens.ts";
import type { HonoEnv } from "../../env.ts";
import { bearerOf } from "../http/authenticate.ts";
import { limitSignIn } from "../http/rate-limits.ts";
import { signedInNow } from "../sign-in/visit.ts";

/** Lets a person by who sends the token of a session where others send a token: whoever makes a tenant need not be of one. */
export const orBySession = createMiddleware<HonoEnv>(async function orBySession(c, next) {
	if (c.req.method === "POST" && isLikeSessionToken(bearerOf(c) ?? "")) {
		const person = await signedInNow(c);
		await limitSignIn(c, person.account);
		c.set("signed_in", person);
	}
	await next();
});
