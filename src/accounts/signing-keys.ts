/** Keys that the installation signs tokens with. */
export interface SigningKey {
	kid: string;
	/** JSON. */
	public_jwk: string;
	/** The private JWK, sealed. */
	sealed: string;
	created_at: number;
	/** The latest that has begun signs. */
	signs_from: number;
	/** Null for one that is not retired. */
	accepted_until: number | null;
}

const COLUMNS = "kid, public_jwk, sealed, created_at, signs_from, accepted_until";

/** Those that tokens are accepted of at the time or later. */
export const acceptedKeys = (db: D1Database, now: number, limit: number): D1PreparedStatement =>
	db
		.prepare(
			`SELECT ${COLUMNS} FROM signing_keys WHERE accepted_until IS NULL OR accepted_until > ? ORDER BY signs_from DESC, kid LIMIT ?`,
		)
		.bind(now, limit);

export async function addSigningKey(db: D1Database, key: Omit<SigningKey, "accepted_until">): Promise<void> {
	const { kid, public_jwk, sealed, created_at, signs_from } = key;
	const query = `INSERT INTO signing_keys (kid, public_jwk, sealed, created_at, signs_from) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`;
	await db.prepare(query).bind(kid, public_jwk, sealed, created_at, signs_from).run();
}

/**
 * The first key of an installation, which signs at once: only where none has begun yet, so that two isolates that find none agree on one. One
 * that begins later, as one made by a machine whose clock was ahead, keeps nobody from signing until then.
 */
export async function addFirstSigningKey(db: D1Database, key: Omit<SigningKey, "accepted_until">): Promise<void> {
	const { kid, public_jwk, sealed, created_at, signs_from } = key;
	const query = `INSERT INTO signing_keys (kid, public_jwk, sealed, created_at, signs_from)
		SELECT ?, ?, ?, ?, ? WHERE NOT EXISTS (SELECT 1 FROM signing_keys WHERE signs_from <= ?5 AND (accepted_until IS NULL OR accepted_until > ?5))`;
	await db.prepare(query).bind(kid, public_jwk, sealed, created_at, signs_from).run();
}

/** Those that another key has taken the place of are accepted until then, and not longer. */
export async function retireSigningKeys(db: D1Database, kept: string, until: number): Promise<void> {
	const query =
		"UPDATE signing_keys SET accepted_until = ?2 WHERE kid <> ?1 AND (accepted_until IS NULL OR accepted_until > ?2)";
	await db.prepare(query).bind(kept, until).run();
}

export async function replaceSealed(db: D1Database, kid: string, before: string, sealed: string): Promise<void> {
	await db
		.prepare("UPDATE signing_keys SET sealed = ?3 WHERE kid = ?1 AND sealed = ?2")
		.bind(kid, before, sealed)
		.run();
}
