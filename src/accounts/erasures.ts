import { ERASED_TEXT } from "../domain/privacy/erasure.ts";
import { toldLater } from "./audit-outbox.ts";
import { changed } from "./changes.ts";

/** Erasures of users, and what they leave for ever so that nothing comes back. */
export interface ErasureRow {
	id: string;
	tenant_id: string;
	user_id: string;
	requested_by: string;
	requested_at: number;
	step: string;
	/** JSON: how far the step is. */
	position: string;
	/** Why the last try did not get further; null where nothing is wrong. */
	trouble: string | null;
	updated_at: number;
	finished_at: number | null;
}

const COLUMNS = "id, tenant_id, user_id, requested_by, requested_at, step, position, trouble, updated_at, finished_at";

/**
 * Begins the erasure of a user, whose credentials are good no longer from now on. One who has an erasure already keeps it.
 * @param request with the first step
 */
export function beginErasure(
	db: D1Database,
	request: Pick<ErasureRow, "id" | "tenant_id" | "user_id" | "requested_by" | "requested_at" | "step">,
): D1PreparedStatement[] {
	const { id, tenant_id, user_id, requested_by, requested_at, step } = request;
	const insert = `INSERT INTO erasures (id, tenant_id, user_id, requested_by, requested_at, step, position, updated_at)
		VALUES (?, ?, ?, ?, ?, ?, 'null', ?) ON CONFLICT DO NOTHING`;
	// Who called before ACCOUNTS knew users gets a row, so that nobody makes them known anew.
	const close = `INSERT INTO users (id, tenant_id, created_at, status) VALUES (?, ?, ?, 'erasing')
		ON CONFLICT (id) DO UPDATE SET status = excluded.status, revision = revision + 1 WHERE status IN ('active', 'disabled')`;
	return [
		db.prepare(insert).bind(id, tenant_id, user_id, requested_by, requested_at, step, requested_at),
		db.prepare(close).bind(user_id, tenant_id, requested_at),
		changed(db, user_id, true, requested_at),
	];
}

export function readErasure(db: D1Database, tenant: string, id: string): Promise<ErasureRow | null> {
	const query = `SELECT ${COLUMNS} FROM erasures WHERE id = ? AND tenant_id = ?`;
	return db.prepare(query).bind(id, tenant).first<ErasureRow>();
}

export function erasureOf(db: D1Database, user: string): Promise<ErasureRow | null> {
	return db.prepare(`SELECT ${COLUMNS} FROM erasures WHERE user_id = ?`).bind(user).first<ErasureRow>();
}

/** Those that are not at their end, the one that has waited longest first. */
export async function openErasures(db: D1Database, limit: number): Promise<ErasureRow[]> {
	const query = `SELECT ${COLUMNS} FROM erasures WHERE finished_at IS NULL ORDER BY updated_at, id LIMIT ?`;
	return (await db.prepare(query).bind(limit).all<ErasureRow>()).results;
}

/** Writes down how far it is, unless somebody else has gone on with it. @returns whether that was so */
export async function moveErasure(
	db: D1Database,
	{ id, step, position }: Pick<ErasureRow, "id" | "step" | "position">,
	to: Pick<ErasureRow, "step" | "position" | "trouble" | "updated_at">,
): Promise<boolean> {
	const query =
		"UPDATE erasures SET step = ?4, position = ?5, trouble = ?6, updated_at = ?7 WHERE id = ?1 AND step = ?2 AND position = ?3";
	const { meta } = await db
		.prepare(query)
		.bind(id, step, position, to.step, to.position, to.trouble, to.updated_at)
		.run();
	return meta.changes > 0;
}

/** The person goes with the last of the person's users. */
const IS_THE_LAST = `(SELECT u.account_id FROM users AS u WHERE u.id = ?1
	AND NOT EXISTS (SELECT 1 FROM users AS other WHERE other.account_id = u.account_id AND other.id <> ?1))`;

const FORGET_PERSON = [
	"DELETE FROM sessions WHERE account_id = ",
	"DELETE FROM credentials WHERE account_id = ",
	"DELETE FROM second_factors WHERE account_id = ",
	"DELETE FROM accounts WHERE id = ",
];

/** The address was asked in by this tenant, and with the person's last user by whomever. */
const FORGET_INVITATIONS = `DELETE FROM invitations
	WHERE email = (SELECT a.email FROM users AS u JOIN accounts AS a ON a.id = u.account_id WHERE u.id = ?1)
	AND (tenant_id = (SELECT tenant_id FROM users WHERE id = ?1) OR EXISTS ${IS_THE_LAST})`;

/** The tenant that a person has alone is called like the person; it ends with the last of its users. */
const FORGET_TENANT = `UPDATE tenants SET name = '${ERASED_TEXT}', revision = revision + 1, deleted_at = CASE
		WHEN EXISTS (SELECT 1 FROM users WHERE tenant_id = ?1 AND status <> 'erased') THEN deleted_at ELSE coalesce(deleted_at, ?2) END
	WHERE id = ?1 AND kind = 'personal'`;

/** What the user's row keeps is that there was one. */
const FORGET_USER = `UPDATE users SET status = 'erased', account_id = NULL, issuer = NULL, subject = NULL, name = NULL, first_name = NULL,
	last_name = NULL, avatar = NULL, timezone = NULL, locale = NULL, preferences = '{}', last_login_at = NULL, revision = revision + 1
	WHERE id = ?`;

/**
 * The end: all that is known of the user here goes with the same transaction that says so, to the tenant too.
 * @param event the id of what the tenant is told
 */
export async function finishErasure(
	db: D1Database,
	{ id, user_id, tenant_id, requested_by }: ErasureRow,
	event: string,
	now: number,
): Promise<void> {
	const body = { id: event, request_id: id, before: { status: "erasing" }, after: { status: "erased" } };
	const told = JSON.stringify({ kind: "member.erased", at: now, actor: requested_by, subject: user_id, body });
	await db.batch([
		toldLater(db, { tenant_id, id: event, event: told, at: now }),
		db.prepare(FORGET_INVITATIONS).bind(user_id),
		...FORGET_PERSON.map((query) => db.prepare(query + IS_THE_LAST).bind(user_id)),
		db.prepare(FORGET_USER).bind(user_id),
		db.prepare("DELETE FROM guests WHERE user_id = ?").bind(user_id),
		db.prepare(FORGET_TENANT).bind(tenant_id, now),
		changed(db, user_id, true, now),
		db
			.prepare(
				"UPDATE erasures SET step = 'finished', position = 'null', trouble = NULL, updated_at = ?2, finished_at = ?2 WHERE id = ?1",
			)
			.bind(id, now),
	]);
}

export async function keepErasedQuizzes(db: D1Database, quizzes: readonly string[]): Promise<void> {
	const query = "INSERT INTO erased_quizzes (quiz) SELECT value FROM json_each(?) WHERE true ON CONFLICT DO NOTHING";
	await db.prepare(query).bind(JSON.stringify(quizzes)).run();
}

/** Those of the quizzes whose author is erased, as the nearest replica knows it. */
export async function erasedAmong(db: D1Database, quizzes: readonly string[]): Promise<Set<string>> {
	const query = "SELECT q.quiz FROM json_each(?) AS item CROSS JOIN erased_quizzes AS q ON q.quiz = item.value";
	const { results } = await db
		.withSession("first-unconstrained")
		.prepare(query)
		.bind(JSON.stringify(quizzes))
		.all<{ quiz: string }>();
	return new Set(results.map(({ quiz }) => quiz));
}
