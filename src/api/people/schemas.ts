import { z } from "@hono/zod-openapi";
import { ID_PATTERNS } from "../../domain/ids.ts";
import { SCOPES } from "../../domain/people/roles.ts";
import { time } from "../schemas.ts";

/** Shapes of tokens and of who gets them. */

export const userId = z.string().regex(ID_PATTERNS.user).openapi({ example: "usr_ada" });
const tenantId = z.string().regex(ID_PATTERNS.tenant).openapi({ example: "ten_demo" });

const scopeText = z
	.string()
	.max(500)
	.openapi({
		description: `Scopes, separated by blanks: some of \`${SCOPES.join("`, `")}\``,
		example: "attempts:write attempts:read",
	});

export const tokenBody = z
	.strictObject({
		grant_type: z
			.literal("client_credentials")
			.optional()
			.describe("What clients of OAuth 2.0 send; it may be left out"),
		client_id: z
			.string()
			.max(100)
			.optional()
			.describe("The service or the key, where the key is sent as `client_secret` or by `Authorization: Basic`"),
		client_secret: z.string().max(200).optional().describe("The API key"),
		scope: scopeText.optional(),
		user: userId.optional().describe("Of a person with several users, which one the token is for"),
	})
	.openapi("TokenRequest", {
		description: "What the token is to be good for; all of it may be left out",
		example: { scope: "attempts:write attempts:read" },
	});

const issued = {
	access_token: z.string().describe("The token: send it as `Authorization: Bearer …`"),
	token_type: z.literal("Bearer").describe("How it is sent"),
	expires_in: z.int().min(1).describe("Seconds that it is good for"),
	scope: z.string().describe("What it is good for: scopes, separated by blanks"),
	user: z.string().describe("Whose it is: a user, or a service"),
	tenant: tenantId.describe("Of which tenant"),
};

export const issuedToken = z
	.object(issued)
	.openapi("IssuedToken", { description: "A token, as RFC 6749, section 5.1, shows it" });

export const guestBody = z
	.union([
		z.strictObject({ share: z.string().min(1).max(100).describe("The code of a share") }),
		z.strictObject({ quiz: z.string().regex(ID_PATTERNS.quiz).describe("A public quiz") }),
	])
	.openapi("GuestRequest", { description: "What lets the guest in", example: { share: "0123456789abcdefghjk0" } });

export const madeGuest = z
	.object({
		...issued,
		guest_secret: z.string().describe("Send it to `POST /v1/auth/token` for further tokens. It is shown this once."),
		expires_at: time("Until when it is good"),
	})
	.openapi("Guest", { description: "A user without an account, with a first token" });

export const claimBody = z
	.strictObject({ guest_secret: z.string().min(1).max(100).describe("What the guest got") })
	.openapi("GuestClaim", { description: "Which guest", example: { guest_secret: "gst_0123456789abcdefghjkmnpq" } });

export const claimedGuest = z
	.object({
		user: userId.describe("The user, who is the person's from now on"),
		tenant: tenantId.describe("Where it is"),
	})
	.openapi("ClaimedGuest", { description: "A guest who has an account now" });

const jwk = z
	.object({
		kty: z.literal("EC").describe("The kind of key"),
		crv: z.string().describe("Its curve"),
		x: z.string().describe("The point: its first coordinate"),
		y: z.string().describe("Its second coordinate"),
		kid: z.string().describe("As the header of a token names it"),
		alg: z.string().describe("What it signs with"),
		use: z.literal("sig").describe("What it is for"),
	})
	.openapi("JsonWebKey", { description: "A public key (RFC 7517)" });

export const jwks = z
	.object({ keys: z.array(jwk).describe("Those whose tokens are good now") })
	.openapi("JsonWebKeySet", { description: "The public keys of this installation (RFC 7517, section 5)" });
