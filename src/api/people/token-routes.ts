import type { Context } from "hono";
import { JWKS_MAX_AGE_S } from "../../domain/people/limits.ts";
import { scopesIn } from "../../domain/people/roles.ts";
import type { HonoEnv } from "../../env.ts";
import { type Issuance, issueToken } from "../../service/people/issue-token.ts";
import { makeGuest } from "../../service/people/make-guest.ts";
import { publishedKeys } from "../../service/people/published-keys.ts";
import { valueIn } from "../http/answer.ts";
import { bearerOf, unauthenticated } from "../http/authenticate.ts";
import { ProblemError } from "../http/problem.ts";
import { addressOf, countBadCredential, limitSignIn, refuseBadAddress } from "../http/rate-limits.ts";
import { newApp, optionalBody, requestBody, route, shows } from "../http/route.ts";
import * as shapes from "./schemas.ts";

const tag = "tokens";
const open = { security: [] };

/** Tokens, and what they are verified with. They need a session, a key or a guest's secret, and no token. */
export const tokenRoutes = newApp();

export const ctxFor = (c: Context<HonoEnv>) => ({
	env: c.env,
	now: c.get("now"),
	request_id: c.get("request_id"),
	later: (work: Promise<unknown>) => c.executionCtx.waitUntil(work),
});

tokenRoutes.openapi(
	route({
		method: "post",
		path: "/v1/auth/token",
		tag,
		security: [{ session: [] }],
		operationId: "issueToken",
		summary: "Get a token",
		description:
			"For a session, an API key or a guest's secret, sent as `Authorization: Bearer …`; a client of OAuth 2.0 may send the key as its secret, by " +
			"`Authorization: Basic …` or in the form. The token is good for a quarter of an hour; ask for another then.",
		request: { body: optionalBody(shapes.tokenBody) },
		responses: shows(shapes.issuedToken, "The token"),
	}),
	async (c) => {
		const { client_id, client_secret, user, scope } = c.req.valid("json") ?? {};
		refuseBadAddress(c);
		const basic = basicOf(c);
		const credential = basic?.secret ?? client_secret ?? bearerOf(c);
		if (!credential)
			throw unauthenticated("Send a session's token or an API key as Authorization: Bearer <credential>.");
		const client = basic?.id ?? client_id;
		const scopes = scope === undefined ? undefined : scopesIn(scope);
		const result = await issueToken(ctxFor(c), { credential, client, user, scopes });
		return c.json(valueIn(c, await knownOr(c, result)), 200);
	},
);

/** @throws ProblemError `unauthenticated` */
async function knownOr(c: Context<HonoEnv>, result: Issuance) {
	if (result.who === "known") return result.outcome;
	const oauth = { error: "invalid_client" };
	const headers = { "WWW-Authenticate": 'Bearer realm="marksheet"' };
	if (result.why === "expired")
		throw new ProblemError("unauthenticated", "The credential has expired.", oauth, headers);
	await countBadCredential(c);
	throw new ProblemError("unauthenticated", "The credential is not valid.", oauth, headers);
}

/** RFC 7617; both parts are as forms write them (RFC 6749, section 2.3.1). */
function basicOf(c: Context<HonoEnv>): { id: string; secret: string } | null {
	const [, encoded] = /^Basic ([A-Za-z0-9+/]+=*)$/i.exec(c.req.header("Authorization") ?? "") ?? [];
	if (encoded === undefined) return null;
	const text = Buffer.from(encoded, "base64").toString("utf8");
	const at = text.indexOf(":");
	const [id, secret] = [text.slice(0, at), text.slice(at + 1)].map(unescaped);
	return at < 0 || id === undefined || secret === undefined ? null : { id, secret };
}

function unescaped(text: string): string {
	try {
		return decodeURIComponent(text.replaceAll("+", " "));
	} catch {
		return text;
	}
}

tokenRoutes.openapi(
	route({
		method: "get",
		path: "/v1/auth/jwks",
		tag,
		...open,
		operationId: "getTokenKeys",
		summary: "The keys that tokens are verified with",
		description:
			"The public keys of this installation, as a JSON Web Key Set. One that will sign is here ten minutes before it does.",
		responses: shows(shapes.jwks, "The keys", "Cache-Control"),
	}),
	async (c) => {
		const keys = await publishedKeys(ctxFor(c));
		c.header("Cache-Control", `public, max-age=${JWKS_MAX_AGE_S}`);
		return c.json({ keys }, 200);
	},
);

tokenRoutes.openapi(
	route({
		method: "post",
		path: "/v1/auth/guests",
		tag,
		...open,
		operationId: "makeGuest",
		summary: "Come in as a guest",
		description:
			"Where a share or a public quiz is, and its tenant lets guests in: a user without an account, who may take quizzes.",
		request: { body: requestBody(shapes.guestBody) },
		responses: { 201: { description: "The guest", content: { "application/json": { schema: shapes.madeGuest } } } },
	}),
	async (c) => {
		await limitSignIn(c, null);
		const caller = addressOf(c) ?? "here";
		return c.json(valueIn(c, await makeGuest(ctxFor(c), caller, c.req.valid("json"))), 201);
	},
);
