-- Idempotency keys of changes of tenants: the id of what was made under each, so that a retry makes nothing new. Kept for two days.
CREATE TABLE requests (
	actor TEXT NOT NULL,
	key TEXT NOT NULL,
	fingerprint TEXT NOT NULL,
	made TEXT NOT NULL,
	at INTEGER NOT NULL,
	PRIMARY KEY (actor, key)
) STRICT, WITHOUT ROWID;

CREATE INDEX requests_by_time ON requests (at);

-- A tenant always has an owner, where it has had one.
CREATE INDEX users_owners ON users (tenant_id) WHERE role = 'owner';
