import { mintPeopleId } from "../domain/ids.ts";
import type { Plan } from "../domain/people/plans.ts";
import type { MemberRole } from "../domain/people/roles.ts";
import { onlyIf } from "./guards.ts";

/** Tenants: organizations, and the one that each person has alone. */

export interface Tenant {
	id: string;
	name: string;
	kind: "personal" | "organization";
	plan: Plan;
	/** JSON. */
	settings: string;
	/** Counts its changes. */
	revision: number;
	created_at: number;
	deleted_at: number | null;
}

const COLUMNS = "id, name, kind, plan, settings, revision, created_at, deleted_at";

export function readTenant(db: D1Database, id: string): Promise<Tenant | null> {
	return db.prepare(`SELECT ${COLUMNS} FROM tenants WHERE id = ? AND deleted_at IS NULL`).bind(id).first<Tenant>();
}

type NewTenant = Pick<Tenant, "id" | "name" | "kind" | "created_at">;

export const insertTenant = (db: D1Database, { id, name, kind, created_at }: NewTenant): D1PreparedStatement =>
	db
		.prepare(
			`INSERT INTO tenants (id, name, kind, plan, settings, revision, created_at) VALUES (?, ?, ?, 'free', '{}', 1, ?)`,
		)
		.bind(id, name, kind, created_at);

/** As it was read, with another name, plan or settings. Where it has changed meanwhile, the transaction is undone. */
export const replaceTenant = (
	db: D1Database,
	{ id, revision }: Pick<Tenant, "id" | "revision">,
	{ name, plan, settings }: Pick<Tenant, "name" | "plan" | "settings">,
): D1PreparedStatement =>
	db
		.prepare(
			`UPDATE tenants SET name = ?3, plan = ?4, settings = ?5,
			revision = ${onlyIf("revision = ?2 AND deleted_at IS NULL", "revision + 1")} WHERE id = ?1`,
		)
		.bind(id, revision, name, plan, settings);

interface NewMember {
	id: string;
	tenant_id: string;
	account_id: string;
	role: MemberRole;
	name: string | null;
	created_at: number;
}

/** Guests that were claimed are users of a person too, and no memberships. */
const MEMBERSHIPS = "FROM users WHERE account_id = ?3 AND is_claimed = 0";

/** A person becomes a user of a tenant. Undone where the person is a member already, or a member of `max` tenants. */
export const insertMember = (db: D1Database, member: NewMember, max: number): D1PreparedStatement => {
	const { id, tenant_id, account_id, role, name, created_at } = member;
	const isNew = `NOT EXISTS (SELECT 1 ${MEMBERSHIPS} AND tenant_id = ?2)`;
	const hasRoom = `(SELECT count(*) FROM (SELECT 1 ${MEMBERSHIPS} LIMIT ?7)) < ?7`;
	const query = `INSERT INTO users (id, tenant_id, account_id, role, name, created_at)
		SELECT ?1, ?2, ?3, ?4, ?5, ${onlyIf(`${isNew} AND ${hasRoom}`, "?6")}`;
	return db.prepare(query).bind(id, tenant_id, account_id, role, name, created_at, max);
};

/**
 * The tenant that a person has alone, with its one user, its owner; nothing where the person has one. One transaction, so that two at the same time make
 * one.
 */
export async function makePersonalTenant(
	db: D1Database,
	{ id: account, name }: { id: string; name: string },
	now: number,
): Promise<void> {
	const mint = (kind: "tenant" | "user") => mintPeopleId(kind, now, crypto.getRandomValues(new Uint8Array(10)));
	const [tenant, user] = [mint("tenant"), mint("user")];
	await db.batch([
		db
			.prepare(
				`INSERT INTO tenants (id, name, kind, plan, settings, revision, created_at) SELECT ?1, ?2, 'personal', 'free', '{}', 1, ?3
				WHERE NOT EXISTS (SELECT 1 FROM users AS u JOIN tenants AS t ON t.id = u.tenant_id
					WHERE u.account_id = ?4 AND t.kind = 'personal' AND t.deleted_at IS NULL)`,
			)
			.bind(tenant, name === "" ? "Personal" : name, now, account),
		db
			.prepare(
				`INSERT INTO users (id, tenant_id, account_id, role, name, created_at) SELECT ?1, ?2, ?3, 'owner', ?4, ?5
				WHERE EXISTS (SELECT 1 FROM tenants WHERE id = ?2)`,
			)
			.bind(user, tenant, account, name === "" ? null : name, now),
	]);
}

/** How many tenants a person is a member of, counted up to `max`. */
export async function countMemberships(db: D1Database, account: string, max: number): Promise<number> {
	const query = "SELECT count(*) AS n FROM (SELECT 1 FROM users WHERE account_id = ? AND is_claimed = 0 LIMIT ?)";
	return (await db.prepare(query).bind(account, max).first<number>("n")) ?? 0;
}
