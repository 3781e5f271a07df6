/** Idempotency keys of changes in ACCOUNTS: what was made under which. An answer is not kept, since what it says may be private. */
export interface KeptRequest {
	/** Of what was asked for; 32 hex digits. */
	fingerprint: string;
	/** The id of what was made or changed. */
	made: string;
}

export function readRequest(db: D1Database, actor: string, key: string, since: number): Promise<KeptRequest | null> {
	const query = "SELECT fingerprint, made FROM requests WHERE actor = ? AND key = ? AND at >= ?";
	return db.prepare(query).bind(actor, key, since).first<KeptRequest>();
}

/** To be committed with what was made. One that is older than `since` gives way. Whoever comes second is undone: {@link isKept}. */
export const keepRequest = (
	db: D1Database,
	{ actor, key, fingerprint, made, at }: KeptRequest & { actor: string; key: string; at: number },
	since: number,
): D1PreparedStatement[] => [
	db.prepare("DELETE FROM requests WHERE actor = ? AND key = ? AND at < ?").bind(actor, key, since),
	db
		.prepare("INSERT INTO requests (actor, key, fingerprint, made, at) VALUES (?, ?, ?, ?, ?)")
		.bind(actor, key, fingerprint, made, at),
];

/** Whether a transaction was undone because another one has used the key meanwhile. */
export const isKept = (error: unknown): boolean => /UNIQUE constraint failed: requests\./.test(String(error));

/** A bounded number of old ones at a time. */
export async function purgeRequests(db: D1Database, before: number, limit: number): Promise<void> {
	const old = "SELECT actor, key FROM requests WHERE at < ? ORDER BY at LIMIT ?";
	await db.prepare(`DELETE FROM requests WHERE (actor, key) IN (${old})`).bind(before, limit).run();
}
