import { createHmac } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { calculateJwkThumbprint, exportJWK, generateKeyPair, importJWK, SignJWT } from "jose";
import { z } from "zod";
import { ID_PATTERNS } from "../src/domain/ids.ts";
import { TOKEN_LIFE_S_DEFAULT } from "../src/domain/limits.ts";
import { SCOPES } from "../src/domain/people/roles.ts";
import { Failure } from "./failure.ts";

/** The local issuer of tokens: a key pair that lives in the state folder and nowhere else. */

const signerSchema = z.object({
	issuer: z.string(),
	audience: z.string(),
	key: z.object({ kty: z.literal("OKP"), crv: z.literal("Ed25519"), x: z.string(), d: z.string(), kid: z.string() }),
});
export type Signer = z.output<typeof signerSchema>;

/** What a token of a normal user may do. */
export const USER_SCOPES: readonly string[] = SCOPES.filter((scope) => scope !== "on-behalf-of" && scope !== "admin");
export const ALL_SCOPES: readonly string[] = SCOPES;

const fileIn = (folder: string) => join(folder, "signing-key.json");

/** The key of the state folder. @throws Failure if there is none yet */
export function readSigner(folder: string): Signer {
	const file = fileIn(folder);
	if (!existsSync(file)) {
		throw new Failure(
			`There is no signing key in ${folder} yet: run npm start first, or set STATE_DIR to that of the running server.`,
		);
	}
	try {
		return signerSchema.parse(JSON.parse(readFileSync(file, "utf8")));
	} catch {
		throw new Failure(`${file} is not a signing key. Delete it; the next npm start makes a new one.`);
	}
}

/** The key of the state folder, made if there is none; for the issuer and audience that the Worker expects. */
export async function ensureSigner(folder: string, issuer: string, audience: string): Promise<Signer> {
	const known = existsSync(fileIn(folder)) ? readSigner(folder) : null;
	if (known?.issuer === issuer && known.audience === audience) return known;
	const signer = { issuer, audience, key: known?.key ?? (await newKey()) };
	mkdirSync(folder, { recursive: true });
	// Written aside and moved, so that an interrupted start leaves no half a key.
	writeFileSync(`${fileIn(folder)}.new`, `${JSON.stringify(signer, null, "\t")}\n`, { mode: 0o600 });
	renameSync(`${fileIn(folder)}.new`, fileIn(folder));
	return signer;
}

async function newKey(): Promise<Signer["key"]> {
	const { privateKey } = await generateKeyPair("EdDSA", { crv: "Ed25519", extractable: true });
	const jwk = await exportJWK(privateKey);
	return signerSchema.shape.key.parse({ ...jwk, kid: (await calculateJwkThumbprint(jwk)).slice(0, 16) });
}

/** The public half, as the Worker's TOKEN_JWKS. */
export function publicKeySet({ key: { d: _, ...key } }: Signer): string {
	return JSON.stringify({ keys: [{ ...key, alg: "EdDSA", use: "sig" }] });
}

/** What `wrangler secret put` gives a deployed Worker. */
export interface Secrets {
	TOKEN_JWKS: string;
	SHARE_CODE_KEY: string;
	MASTER_KEYS: string;
	AUTH_SECRET: string;
}

/** What the Worker's secrets are on this machine; the other ones come of the signing key, so that they stay too. */
export function secretsOf(signer: Signer): Secrets {
	const secret = (purpose: string) => createHmac("sha256", signer.key.d).update(purpose).digest("base64url");
	return {
		TOKEN_JWKS: publicKeySet(signer),
		SHARE_CODE_KEY: secret("marksheet share codes"),
		AUTH_SECRET: secret("marksheet sign-ins"),
		MASTER_KEYS: `1:${secret("marksheet master key 1")}`,
	};
}

export interface TokenClaims {
	/** A user, or a service. */
	subject: string;
	/** The service that acts for the subject, where another does (RFC 8693). */
	actor?: string | undefined;
	tenant?: string | undefined;
	scopes?: readonly string[] | undefined;
	ttl_s?: number | undefined;
}

export const DEMO_TENANT = "ten_demo";

/** @throws Failure for an id of the wrong shape and for a scope that does not exist */
export async function signToken(signer: Signer, claims: TokenClaims): Promise<string> {
	const { subject, actor, tenant = DEMO_TENANT, scopes = USER_SCOPES, ttl_s = TOKEN_LIFE_S_DEFAULT } = claims;
	if (!ID_PATTERNS.service.test(subject)) requireId("user", subject);
	if (actor !== undefined) requireId("service", actor);
	requireId("tenant", tenant);
	const unknown = scopes.filter((scope) => !ALL_SCOPES.includes(scope));
	if (unknown.length > 0) {
		throw new Failure(`There is no scope "${unknown.join(", ")}". Allowed are: ${ALL_SCOPES.join(", ")}.`);
	}
	const now_s = Math.floor(Date.now() / 1_000);
	return new SignJWT({ tenant, scope: scopes.join(" "), ...(actor !== undefined && { act: { sub: actor } }) })
		.setProtectedHeader({ alg: "EdDSA", kid: signer.key.kid })
		.setSubject(subject)
		.setIssuer(signer.issuer)
		.setAudience(signer.audience)
		.setIssuedAt(now_s)
		.setExpirationTime(now_s + ttl_s)
		.sign(await importJWK(signer.key, "EdDSA"));
}

const EXAMPLES = { user: "usr_ada", tenant: "ten_demo", service: "svc_generator" };

export function requireId(kind: keyof typeof EXAMPLES, id: string): void {
	if (ID_PATTERNS[kind].test(id)) return;
	throw new Failure(
		`"${id}" is not the id of a ${kind}; it must be like ${EXAMPLES[kind]}: ${ID_PATTERNS[kind].source}`,
	);
}
