import { LOGIN_NOTED_MS } from "../domain/people/limits.ts";
import type { Role } from "../domain/people/roles.ts";
import { onlyIf } from "./guards.ts";

/** Users: persons in their tenants, and guests. */

export const USER_STATUSES = ["active", "disabled", "erasing", "erased"] as const;
export type UserStatus = (typeof USER_STATUSES)[number];

/** What a credential of a user depends on. */
export interface Standing {
	tenant_id: string;
	role: Role;
	status: UserStatus;
}

const STANDING = "tenant_id, role, status";

/** Null for one who is not known. */
export function readStanding(db: D1Database, user: string): Promise<Standing | null> {
	return db.prepare(`SELECT ${STANDING} FROM users WHERE id = ?`).bind(user).first<Standing>();
}

/** A user who is heard of for the first time, by a credential or by a service. */
export interface Newcomer {
	id: string;
	tenant: string;
	role: Role;
	/** Who says so, where that is another issuer, and what it calls the user. */
	issuer: string | null;
	subject: string | null;
}

/** Makes a user known, in a tenant that is made known too. Whoever is known already stays as they are. @returns how the user stands then */
export async function makeKnown(
	db: D1Database,
	{ id, tenant, role, issuer, subject }: Newcomer,
	now: number,
): Promise<Standing> {
	const [, , { results } = { results: [] }] = await db.batch<Standing>([
		db
			.prepare(
				`INSERT INTO tenants (id, name, kind, plan, settings, revision, created_at)
				VALUES (?1, ?1, 'organization', 'free', '{}', 1, ?2) ON CONFLICT DO NOTHING`,
			)
			.bind(tenant, now),
		db
			.prepare(
				`INSERT INTO users (id, tenant_id, created_at, role, issuer, subject)
				VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT DO NOTHING`,
			)
			.bind(id, tenant, now, role, issuer, subject),
		db.prepare(`SELECT ${STANDING} FROM users WHERE id = ?`).bind(id),
	]);
	const [standing] = results;
	if (!standing) throw new Error("a user who was made known is not there");
	return standing;
}

/** A user of an account. */
export interface Membership extends Standing {
	id: string;
	tenant_kind: "personal" | "organization";
}

/**
 * The users of a person in tenants that exist, the earliest first. Guests that were claimed come last: there may be any number of them.
 * @param user only this one; null for all
 */
export async function readMemberships(
	db: D1Database,
	account: string,
	user: string | null,
	limit: number,
): Promise<Membership[]> {
	const query = `SELECT u.id, u.tenant_id, u.role, u.status, t.kind AS tenant_kind FROM users AS u JOIN tenants AS t ON t.id = u.tenant_id
		WHERE u.account_id = ?1 AND (?2 IS NULL OR u.id = ?2) AND t.deleted_at IS NULL
		ORDER BY u.is_claimed, u.created_at, u.id LIMIT ?3`;
	return (await db.prepare(query).bind(account, user, limit).all<Membership>()).results;
}

/** When a user got a token last; written at most once in a quarter of an hour. */
export async function noteLogin(db: D1Database, user: string, now: number): Promise<void> {
	const query =
		"UPDATE users SET last_login_at = ?2 WHERE id = ?1 AND (last_login_at IS NULL OR last_login_at < ?2 - ?3)";
	await db.prepare(query).bind(user, now, LOGIN_NOTED_MS).run();
}

/** A user, as tenants manage them. */
export interface User extends Standing {
	id: string;
	account_id: string | null;
	/** Of the account, if there is one. */
	email: string | null;
	issuer: string | null;
	name: string | null;
	first_name: string | null;
	last_name: string | null;
	avatar: string | null;
	timezone: string | null;
	locale: string | null;
	/** JSON. */
	preferences: string;
	/** Counts changes. */
	revision: number;
	created_at: number;
	disabled_at: number | null;
	last_login_at: number | null;
}

const COLUMNS = `id, ${STANDING}, account_id, issuer, name, first_name, last_name, avatar, timezone, locale, preferences, revision,
	created_at, disabled_at, last_login_at, (SELECT email FROM accounts WHERE accounts.id = users.account_id) AS email`;

/** Of whatever tenant. */
export const selectUser = (db: D1Database, id: string): D1PreparedStatement =>
	db.prepare(`SELECT ${COLUMNS} FROM users WHERE id = ?`).bind(id);

export const readUser = (db: D1Database, id: string): Promise<User | null> => selectUser(db, id).first<User>();

/** Which users of a tenant are meant; what is absent lets all through. */
export interface UserFilter {
	status?: UserStatus | undefined;
	/** Without guests. */
	members_only?: boolean | undefined;
}

/** Users in the order of their ids, and the id after which to go on; null where there are no more. */
export interface UserPage {
	users: User[];
	next: string | null;
}

/** Those after an id. It looks at a bounded number of rows: a page may be short, and not the last one. */
export async function listUsers(
	db: D1Database,
	tenant: string,
	{ status, members_only = false }: UserFilter,
	after: string,
	{ limit, scan_max }: { limit: number; scan_max: number },
): Promise<UserPage> {
	const scanned = "SELECT id FROM users WHERE tenant_id = ?1 AND id > ?2 ORDER BY id LIMIT ?3";
	const listed = `SELECT ${COLUMNS} FROM users WHERE id IN (${scanned})
		AND (?4 IS NULL OR status = ?4) AND (?5 = 0 OR role <> 'guest') ORDER BY id LIMIT ?6`;
	const last = `SELECT id FROM users WHERE tenant_id = ?1 AND id > ?2 ORDER BY id LIMIT 1 OFFSET ?3 - 1`;
	const [rows, end] = await db.batch<User>([
		db.prepare(listed).bind(tenant, after, scan_max, status ?? null, members_only ? 1 : 0, limit + 1),
		db.prepare(last).bind(tenant, after, scan_max),
	]);
	const users = rows?.results ?? [];
	const page = users.slice(0, limit);
	return { users: page, next: (users.length > limit ? page.at(-1)?.id : end?.results[0]?.id) ?? null };
}

/** What a user begins with. */
export type NewUser = Omit<User, "status" | "revision" | "disabled_at" | "last_login_at" | "issuer" | "email">;

/** Undone where there is a user of the id. */
export const insertUser = (db: D1Database, user: NewUser): D1PreparedStatement => {
	const { id, tenant_id, account_id, role, name, first_name, last_name, avatar, timezone, locale } = user;
	const query = `INSERT INTO users (id, tenant_id, account_id, role, name, first_name, last_name, avatar, timezone, locale,
		preferences, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`;
	return db
		.prepare(query)
		.bind(
			id,
			tenant_id,
			account_id,
			role,
			name,
			first_name,
			last_name,
			avatar,
			timezone,
			locale,
			user.preferences,
			user.created_at,
		);
};

const ANOTHER_OWNER = `EXISTS (SELECT 1 FROM users AS other WHERE other.tenant_id = users.tenant_id AND other.role = 'owner'
	AND other.status = 'active' AND other.id <> users.id)`;

/**
 * Another state of a user who was read. Undone where the row has changed meanwhile, and where the tenant would lose its last owner.
 */
export function replaceUser(db: D1Database, before: User, after: User): D1PreparedStatement {
	const { role, status, name, first_name, last_name, avatar, timezone, locale, preferences, disabled_at } = after;
	const isLeft = before.role === "owner" && before.status === "active" && !(role === "owner" && status === "active");
	const isAsRead = "revision = ?2 AND status = ?3";
	const query = `UPDATE users SET role = ?4, status = ?5, name = ?6, first_name = ?7, last_name = ?8, avatar = ?9, timezone = ?10,
		locale = ?11, preferences = ?12, disabled_at = ?13,
		revision = ${onlyIf(isLeft ? `${isAsRead} AND ${ANOTHER_OWNER}` : isAsRead, "revision + 1")} WHERE id = ?1`;
	const profile = [name, first_name, last_name, avatar, timezone, locale, preferences];
	return db.prepare(query).bind(before.id, before.revision, before.status, role, status, ...profile, disabled_at);
}

/** The person's membership of the tenant, also one that ended; a guest that was claimed is none. */
export async function readMembership(db: D1Database, account: string, tenant: string): Promise<User | null> {
	const query = `SELECT ${COLUMNS} FROM users WHERE account_id = ? AND tenant_id = ? AND is_claimed = 0`;
	return db.prepare(query).bind(account, tenant).first<User>();
}

/** Whether the tenant has an owner besides the user. */
export async function hasOtherOwner(db: D1Database, tenant: string, user: string): Promise<boolean> {
	const query = "SELECT 1 FROM users WHERE tenant_id = ? AND role = 'owner' AND status = 'active' AND id <> ? LIMIT 1";
	return (await db.prepare(query).bind(tenant, user).first()) !== null;
}
