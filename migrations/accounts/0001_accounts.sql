-- Accounts: identities, of which no shard can say that they are unique.

-- Users on whose behalf a service may act although they have never called themselves.
CREATE TABLE users (
	id TEXT PRIMARY KEY,
	tenant_id TEXT NOT NULL,
	created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
