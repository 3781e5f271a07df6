/** What a credential may be good for. */
export const SCOPES = [
	"attempts:write",
	"attempts:read",
	"quizzes:write",
	"credits:read",
	"credits:reserve",
	"credits:grant",
	"analytics:read",
	"users:write",
	"on-behalf-of",
	"admin",
] as const;
export type Scope = (typeof SCOPES)[number];

const isScope = (text: string): text is Scope => SCOPES.some((scope) => scope === text);

/** The scopes that a text names, separated by blanks as in RFC 6749, section 3.3; what is none is left out. */
export const scopesIn = (text: string): Scope[] => text.split(" ").filter(isScope);

/** What a person is in a tenant. A guest has no account and is made by a share or a quiz. */
export const ROLES = ["owner", "admin", "editor", "author", "viewer", "learner", "guest"] as const;
export type Role = (typeof ROLES)[number];

/** Those that a member can be given. */
export const MEMBER_ROLES = ["owner", "admin", "editor", "author", "viewer", "learner"] as const satisfies Role[];
export type MemberRole = (typeof MEMBER_ROLES)[number];

const VIEWER: readonly Scope[] = ["attempts:read", "credits:read"];
const LEARNER: readonly Scope[] = [...VIEWER, "attempts:write", "credits:reserve"];
const AUTHOR: readonly Scope[] = [...LEARNER, "quizzes:write"];
const EDITOR: readonly Scope[] = [...AUTHOR, "analytics:read"];
const ADMIN: readonly Scope[] = [...EDITOR, "users:write"];

/**
 * What each role may. Nobody grants credits to a person, or acts for another, by a role: machines do, by their keys. `admin` is the
 * installation's operator and no role of any tenant.
 */
export const ROLE_SCOPES: Readonly<Record<Role, readonly Scope[]>> = {
	owner: ADMIN,
	admin: ADMIN,
	editor: EDITOR,
	author: AUTHOR,
	viewer: VIEWER,
	learner: LEARNER,
	guest: ["attempts:read", "attempts:write"],
};

/** What a key of a tenant can be given. */
export const KEY_SCOPES = SCOPES.filter((scope) => scope !== "admin");
