import { createHash } from "node:crypto";
import { z } from "zod";
import { base32, ID_PATTERNS } from "../ids.ts";
import { ISSUERS_MAX } from "./limits.ts";
import { placementOf, placementSuffix } from "./placement.ts";
import { MEMBER_ROLES, type MemberRole } from "./roles.ts";

/**
 * Other issuers of tokens (Auth0, Clerk, Entra, Google, Keycloak, …) whose people are users here. A user of theirs is (tenant, issuer,
 * subject), and the id follows from these, so that no look-up is needed to know it.
 */

const claimName = z.string().min(1).max(200);
const tenantId = z.string().regex(ID_PATTERNS.tenant);

const issuerSchema = z
	.strictObject({
		/** As the claim `iss` says it. */
		issuer: z.url().max(500),
		/** Where its keys are; in a deployment by https. */
		jwks_url: z
			.url({ protocol: /^https?$/ })
			.max(1_000)
			.optional(),
		/** Or its keys themselves. */
		jwks: z.object({ keys: z.array(z.looseObject({ kty: z.string() })).min(1) }).optional(),
		/** Which of these the claim `aud` must name. */
		audience: z.union([z.string().min(1), z.array(z.string().min(1)).min(1)]),
		algorithms: z.array(z.enum(["RS256", "ES256", "EdDSA"])).min(1),
		/** The claim that names the person, where it is not `sub`. It must never name another. */
		subject_claim: claimName.default("sub"),
		/** The tenant of all of its people. */
		tenant: tenantId.optional(),
		/** Or the claim that says which organization, and what tenant each is. Others are refused. */
		tenant_claim: claimName.optional(),
		tenants: z.record(z.string(), tenantId).optional(),
		/** The claim with the person's roles, a text or a list, and what role here each of them is; the highest counts. */
		roles_claim: claimName.optional(),
		roles: z.record(z.string(), z.enum(MEMBER_ROLES)).default({}),
		/** Of whom none of these is said. */
		role: z.enum(MEMBER_ROLES).default("learner"),
	})
	.refine(
		({ jwks_url, jwks }) => (jwks_url === undefined) !== (jwks === undefined),
		"needs jwks_url or jwks, and not both",
	)
	.refine(
		({ tenant, tenant_claim, tenants }) =>
			tenant === undefined ? tenant_claim !== undefined && tenants !== undefined : tenant_claim === undefined,
		"needs tenant, or tenant_claim with tenants",
	);
export type Issuer = z.output<typeof issuerSchema>;

export const issuersSchema = z.array(issuerSchema).max(ISSUERS_MAX);

/**
 * What is wrong with issuers beside each other and where they are used, for whom sets them; null where nothing is. Of two of one name the second would
 * replace the first, and one of the installation's own name would be asked for the installation's own tokens.
 */
export function issuersFault(issuers: Issuer[], own: string, isLocal: boolean): string | null {
	const names = issuers.map(({ issuer }) => issuer);
	const twice = names.find((name, index) => names.indexOf(name) !== index);
	if (twice !== undefined) return `must name ${twice} once, and not twice`;
	if (names.includes(own)) return "must not name TOKEN_ISSUER, which is this installation";
	const plain = issuers.find(({ jwks_url }) => jwks_url !== undefined && !isPrivateAddress(jwks_url));
	if (plain && !isLocal) return `must have the keys of ${plain.issuer} fetched by https`;
	return null;
}

/** Nobody on the way reads or changes what is fetched from it. */
export const isPrivateAddress = (url: string): boolean => new URL(url).protocol === "https:";

/** What the claims of another issuer's token say of who it is; null where that is nobody here. */
export interface ForeignIdentity {
	tenant: string;
	user: string;
	subject: string;
	role: MemberRole;
}

export function foreignIdentity(issuer: Issuer, claims: Record<string, unknown>): ForeignIdentity | null {
	const subject = claims[issuer.subject_claim];
	if (typeof subject !== "string" || subject === "") return null;
	const tenant = issuer.tenant ?? tenantOf(issuer, claims);
	if (tenant === undefined) return null;
	return { tenant, subject, user: foreignUser(tenant, issuer.issuer, subject), role: roleOf(issuer, claims) };
}

function tenantOf({ tenant_claim = "", tenants = {} }: Issuer, claims: Record<string, unknown>): string | undefined {
	const named = claims[tenant_claim];
	return typeof named === "string" && Object.hasOwn(tenants, named) ? tenants[named] : undefined;
}

/** Keycloak says roles as `realm_access.roles`: a name with points leads into objects, unless there is a claim of the whole name. */
function valueAt(claims: Record<string, unknown>, name: string): unknown {
	if (Object.hasOwn(claims, name)) return claims[name];
	return name
		.split(".")
		.reduce<unknown>(
			(value, part) =>
				typeof value === "object" && value !== null && Object.hasOwn(value, part)
					? Reflect.get(value, part)
					: undefined,
			claims,
		);
}

function roleOf({ roles_claim, roles, role }: Issuer, claims: Record<string, unknown>): MemberRole {
	if (roles_claim === undefined) return role;
	const said = valueAt(claims, roles_claim);
	const names: unknown[] = Array.isArray(said) ? said : [said];
	const known = names.flatMap((name) => (typeof name === "string" && Object.hasOwn(roles, name) ? [roles[name]] : []));
	return MEMBER_ROLES.find((each) => known.includes(each)) ?? role;
}

const USER_CHARS = 26;

/** The id of a user of another issuer: 130 bits of SHA-256 over the three, so that nobody can make two that are the same. */
export function foreignUser(tenant: string, issuer: string, subject: string): string {
	const digest = createHash("sha256")
		.update(JSON.stringify(["marksheet user 1", tenant, issuer, subject]))
		.digest();
	return `usr_${base32(digest, USER_CHARS)}${placementSuffix(placementOf(tenant))}`;
}
