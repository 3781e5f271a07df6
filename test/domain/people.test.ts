import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ID_PATTERNS, mintPeopleId } from "../../src/domain/ids.ts";
import { hashOfSecret, idOfApiKey, isSecretOf, makeApiKey } from "../../src/domain/people/api-keys.ts";
import { guestOf, makeGuestSecret } from "../../src/domain/people/guest-secrets.ts";
import { foreignIdentity, foreignUser, type Issuer, issuersSchema } from "../../src/domain/people/issuers.ts";
import { ISSUERS_MAX } from "../../src/domain/people/limits.ts";
import { JURISDICTIONS, placementOf, placementSuffix, REGIONS } from "../../src/domain/people/placement.ts";
import { KEY_SCOPES, ROLE_SCOPES, ROLES, SCOPES, scopesIn } from "../../src/domain/people/roles.ts";
import { SETTINGS_DEFAULT, settingsAfter, settingsIn } from "../../src/domain/people/tenants.ts";
import { objectOf } from "../../src/service/shard-of.ts";
import { runsOf, testEnv } from "../lib/harness.ts";

/** What ids, keys, roles and claims are, before anything is stored of them. */

const random = () => crypto.getRandomValues(new Uint8Array(20));
const idOf = (kind: Parameters<typeof mintPeopleId>[0]) => mintPeopleId(kind, Date.now(), random());

describe("an API key", () => {
	it("says its id, and is known by its hash alone", () => {
		const id = idOf("key");
		const key = makeApiKey(id, random());
		expect(key).toMatch(/^msk_[0-9a-z]{62}$/);
		expect(idOfApiKey(key)).toBe(id);
		expect(isSecretOf(key, hashOfSecret(key))).toBe(true);
		expect(isSecretOf(makeApiKey(id, random()), hashOfSecret(key))).toBe(false);
	});

	it("with any one character changed, exchanged with the next, left out or doubled, is none", () => {
		const key = makeApiKey(idOf("key"), random());
		for (let at = 4; at < key.length; at++) {
			const [before, here, next, after] = [key.slice(0, at), key[at] ?? "", key[at + 1] ?? "", key.slice(at + 1)];
			for (const other of "0123456789abcdefghjkmnpqrstvwxyz") {
				if (other !== here) expect(idOfApiKey(before + other + after)).toBeNull();
			}
			expect(idOfApiKey(before + after)).toBeNull();
			expect(idOfApiKey(before + here + here + after)).toBeNull();
			if (next !== "" && next !== here) expect(idOfApiKey(before + next + here + key.slice(at + 2))).toBeNull();
		}
		for (const text of ["", "msk_", key.toUpperCase(), ` ${key}`, `${key}\n`]) expect(idOfApiKey(text)).toBeNull();
	});

	it("has no fewer random bits than it says", () => {
		expect(() => makeApiKey(idOf("key"), new Uint8Array(19))).toThrow("19 random bytes");
	});
});

it("a guest's secret says its user", () => {
	const user = idOf("user");
	for (const id of [user, `${user}-eu`, `${user}-eu-weur`, `${user}--weur`]) {
		expect(guestOf(makeGuestSecret(id, random()))).toBe(id);
	}
	for (const text of ["gst_", makeApiKey(idOf("key"), random()), "gst_x"]) expect(guestOf(text)).toBeNull();
});

it("ids are of their kind, and in the order in which they were made", () => {
	for (const kind of ["account", "tenant", "user", "service", "key"] as const) {
		const [first, second] = [mintPeopleId(kind, 1_000, random()), mintPeopleId(kind, 1_001, random())];
		expect(first).toMatch(ID_PATTERNS[kind]);
		expect(first < second).toBe(true);
	}
});

describe("a role", () => {
	it("of the installation's operator is nobody's, and nobody grants credits or acts for others by a role", () => {
		for (const role of ROLES) {
			for (const scope of ["admin", "credits:grant", "on-behalf-of"] as const) {
				expect(ROLE_SCOPES[role]).not.toContain(scope);
			}
		}
		expect(KEY_SCOPES).toEqual(SCOPES.filter((scope) => scope !== "admin"));
	});

	it("lets whoever manages do all that those may whom they manage", () => {
		for (const role of ROLES) for (const scope of ROLE_SCOPES[role]) expect(ROLE_SCOPES.owner).toContain(scope);
	});

	it("scopes that there are not are none", () => {
		expect(scopesIn("attempts:read nothing  admin Admin")).toEqual(["attempts:read", "admin"]);
	});
});

describe("where objects are", () => {
	it("is said by the id of the tenant and of its users, in any of the ways", () => {
		for (const jurisdiction of [null, ...JURISDICTIONS]) {
			for (const region of [null, ...REGIONS]) {
				const suffix = placementSuffix({ jurisdiction, region });
				for (const kind of ["tenant", "user"] as const) {
					const id = idOf(kind) + suffix;
					expect(id).toMatch(ID_PATTERNS[kind]);
					expect(placementOf(id)).toEqual({ jurisdiction, region });
				}
				const foreign = foreignUser(idOf("tenant") + suffix, "https://issuer.example", "someone");
				expect(foreign).toMatch(ID_PATTERNS.user);
				expect(placementOf(foreign)).toEqual({ jurisdiction, region });
			}
		}
	});

	it("is anywhere for an id that was not minted so", () => {
		for (const id of ["usr_ada", "ten_demo-eu", `usr_${"0".repeat(24)}-mars`, `usr_${"0".repeat(24)}-eu-weur-x`]) {
			expect(placementOf(id)).toEqual({ jurisdiction: null, region: null });
		}
	});

	it("is asked of the platform, which has an object of the same name in each jurisdiction", () => {
		const user = idOf("user");
		const asked: unknown[] = [];
		const namespace = (jurisdiction: string | null) => ({
			getByName: (...args: unknown[]) => void asked.push([jurisdiction, ...args]),
			jurisdiction: (name: string) => namespace(name),
		});
		// The local runtime has no jurisdictions.
		const env = { SHARDS: namespace(null), ENVIRONMENT: "production" } as unknown as Env;
		for (const suffix of ["", "-eu", "-fedramp-wnam", "--weur"]) objectOf(env, user + suffix);
		expect(asked).toEqual([
			[null, user],
			["eu", `${user}-eu`],
			["fedramp", `${user}-fedramp-wnam`, { locationHint: "wnam" }],
			[null, `${user}--weur`, { locationHint: "weur" }],
		]);
		expect(String(objectOf(testEnv, `${user}-eu`).id)).not.toBe(String(objectOf(testEnv, user).id));
	});
});

describe("a tenant's settings", () => {
	it("are as usual where nothing is said, or nothing that can be read", () => {
		expect(settingsIn("{}")).toEqual(SETTINGS_DEFAULT);
		expect(settingsIn('{"guests":"sometimes"}')).toEqual(SETTINGS_DEFAULT);
		expect(settingsIn('{"guests":"allowed","of_a_later_release":1}')).toEqual({
			...SETTINGS_DEFAULT,
			guests: "allowed",
		});
	});

	it("of a later release do not hide those that this one knows", () => {
		const stored = { addresses: "sealed", guests: "by_invitation", retention: { photos_days: 1, prompts_days: 5 } };
		expect(settingsIn(JSON.stringify(stored))).toEqual({
			...SETTINGS_DEFAULT,
			addresses: "sealed",
			retention: { ...SETTINGS_DEFAULT.retention, prompts_days: 5 },
		});
	});

	it("change in the parts that are said", () => {
		const after = settingsAfter(SETTINGS_DEFAULT, { retention: { prompts_days: 30 } });
		expect(after).toEqual({ ...SETTINGS_DEFAULT, retention: { ...SETTINGS_DEFAULT.retention, prompts_days: 30 } });
		expect(settingsAfter(after, { addresses: "sealed" }).retention.prompts_days).toBe(30);
	});
});

const TENANT = "ten_school";
const issuer = (more: object): Issuer => {
	const [made] = issuersSchema.parse([
		{
			issuer: "https://issuer.example/",
			jwks_url: "https://issuer.example/keys",
			audience: "a",
			algorithms: ["RS256"],
			...more,
		},
	]);
	if (!made) throw new Error("no issuer");
	return made;
};

/** Claims as the makers' own documentation shows them. */
const KNOWN = {
	Auth0: {
		settings: {
			tenant_claim: "org_id",
			tenants: { org_9ybsU1dN2dKfDkBi: TENANT },
			roles_claim: "https://quiz.example/roles",
			roles: { teacher: "editor" },
		},
		claims: {
			iss: "https://my-domain.us.auth0.com/",
			sub: "auth0|123456",
			aud: ["https://example.com/health-api", "https://my-domain.us.auth0.com/userinfo"],
			azp: "my_client_id",
			scope: "openid profile read:patients",
			org_id: "org_9ybsU1dN2dKfDkBi",
			"https://quiz.example/roles": ["teacher"],
		},
		subject: "auth0|123456",
		role: "editor",
	},
	Clerk: {
		settings: {
			tenant_claim: "org_id",
			tenants: { org_123: TENANT },
			roles_claim: "org_role",
			roles: { "org:admin": "admin" },
		},
		claims: {
			azp: "http://localhost:3000",
			iss: "https://smart-duck.clerk.accounts.dev",
			sid: "sess_123",
			sub: "user_123",
			org_id: "org_123",
			org_role: "org:admin",
		},
		subject: "user_123",
		role: "admin",
	},
	Keycloak: {
		settings: {
			tenant: TENANT,
			roles_claim: "realm_access.roles",
			roles: { teacher: "author", "quiz-admin": "admin" },
		},
		claims: {
			iss: "http://localhost:8080/realms/myrealm",
			aud: "account",
			sub: "248289761001",
			typ: "Bearer",
			azp: "myclient",
			realm_access: { roles: ["offline_access", "teacher", "quiz-admin"] },
		},
		subject: "248289761001",
		role: "admin",
	},
	Entra: {
		settings: {
			subject_claim: "oid",
			tenant_claim: "tid",
			tenants: { "aaaabbbb-0000-cccc-1111-dddd2222eeee": TENANT },
			roles_claim: "roles",
			roles: { Teacher: "author" },
		},
		claims: {
			aud: "00001111-aaaa-2222-bbbb-3333cccc4444",
			iss: "https://login.microsoftonline.com/aaaabbbb-0000-cccc-1111-dddd2222eeee/v2.0",
			oid: "aaaaaaaa-0000-1111-2222-bbbbbbbbbbbb",
			sub: "AAAAAAAAAAAAAAAAAAAAAIkzqFVrSaSaFHy782bbtaQ",
			tid: "aaaabbbb-0000-cccc-1111-dddd2222eeee",
			roles: ["Teacher"],
			ver: "2.0",
		},
		subject: "aaaaaaaa-0000-1111-2222-bbbbbbbbbbbb",
		role: "author",
	},
	Google: {
		settings: { tenant_claim: "hd", tenants: { "example.com": TENANT } },
		claims: {
			iss: "https://accounts.google.com",
			azp: "1234987819200.apps.googleusercontent.com",
			aud: "1234987819200.apps.googleusercontent.com",
			sub: "10769150350006150715113082367",
			email: "jsmith@example.com",
			email_verified: true,
			hd: "example.com",
		},
		subject: "10769150350006150715113082367",
		role: "learner",
	},
};

describe("another issuer's claims", () => {
	it.each(Object.entries(KNOWN))("of %s are a user, tenant and role here", (_, { settings, claims, subject, role }) => {
		const known = issuer({ issuer: claims.iss, ...settings });
		expect(foreignIdentity(known, claims)).toEqual({
			tenant: TENANT,
			subject,
			role,
			user: foreignUser(TENANT, claims.iss, subject),
		});
	});

	it("that name no tenant of the list, or no person, are nobody", () => {
		const by = issuer({ tenant_claim: "org_id", tenants: { org_1: TENANT } });
		for (const claims of [
			{ sub: "a" },
			{ sub: "a", org_id: "org_2" },
			{ sub: "a", org_id: ["org_1"] },
			{ sub: "a", org_id: "constructor" },
			{ sub: "a", org_id: "__proto__" },
			{ sub: "", org_id: "org_1" },
			{ sub: 7, org_id: "org_1" },
			{ org_id: "org_1" },
		]) {
			expect(foreignIdentity(by, claims)).toBeNull();
		}
	});

	it("that name no role of the list have the usual one", () => {
		const by = issuer({ tenant: TENANT, roles_claim: "roles", roles: { a: "admin" }, role: "viewer" });
		for (const roles of [undefined, "b", ["b"], ["toString"], { a: 1 }, 7, null]) {
			expect(foreignIdentity(by, { sub: "x", roles })?.role).toBe("viewer");
		}
	});

	it("make different users of different people, issuers and tenants, however their names run together", () => {
		const part = fc.string({ minLength: 1, maxLength: 8 });
		fc.assert(
			fc.property(part, part, part, part, (a, b, c, d) => {
				fc.pre(a !== c || b !== d);
				expect(foreignUser(TENANT, a, b)).not.toBe(foreignUser(TENANT, c, d));
			}),
			{ numRuns: runsOf(1_000) },
		);
		expect(foreignUser("ten_a", "i", "s")).not.toBe(foreignUser("ten_b", "i", "s"));
	});
});

describe("settings of issuers", () => {
	const base = {
		issuer: "https://issuer.example/",
		jwks_url: "https://issuer.example/keys",
		audience: "a",
		algorithms: ["RS256"],
		tenant: TENANT,
	};
	it.each([
		["an algorithm with a shared secret", { algorithms: ["HS256"] }],
		["no algorithm", { algorithms: ["none"] }],
		["no audience", { audience: "" }],
		["neither keys nor their address", { jwks_url: undefined }],
		["neither a tenant nor a claim that says it", { tenant: undefined }],
		["a tenant and a claim that says another", { tenant_claim: "org", tenants: {} }],
		["a role that there is not", { role: "god" }],
		["a guest's role", { role: "guest" }],
		["what nobody knows", { trust: "all" }],
	])("with %s are refused", (_, change) => {
		expect(issuersSchema.safeParse([base]).success).toBe(true);
		expect(issuersSchema.safeParse([{ ...base, ...change }]).success).toBe(false);
	});

	it(`are at most ${ISSUERS_MAX}`, () => {
		expect(issuersSchema.safeParse(Array(ISSUERS_MAX).fill(base)).success).toBe(true);
		expect(issuersSchema.safeParse(Array(ISSUERS_MAX + 1).fill(base)).success).toBe(false);
	});
});
