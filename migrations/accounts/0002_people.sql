-- Tenants, their users and machines, and what may speak for them. Times are milliseconds since the epoch; a row that ended is kept until
-- it is purged. Nothing here is a credential: secrets are stored as their SHA-256, private keys sealed with a key that is not here.

-- Organizations, and the tenant that each person has alone. `settings` is JSON, of domain/people/tenants.ts.
CREATE TABLE tenants (
	id TEXT PRIMARY KEY,
	name TEXT NOT NULL,
	kind TEXT NOT NULL CHECK (kind IN ('personal', 'organization')),
	plan TEXT NOT NULL CHECK (plan IN ('free', 'premium', 'enterprise')),
	settings TEXT NOT NULL CHECK (json_valid(settings)),
	revision INTEGER NOT NULL CHECK (revision > 0),
	created_at INTEGER NOT NULL,
	deleted_at INTEGER
) STRICT, WITHOUT ROWID;

-- A user is a person's membership in one tenant, for ever. `account_id` is the person, NULL of a guest, of one whom a service made, and of one
-- whom another issuer vouches for: `issuer` and `subject` are then who that is. `is_claimed` of one who was a guest.
ALTER TABLE users ADD COLUMN account_id TEXT;
ALTER TABLE users ADD COLUMN role TEXT NOT NULL DEFAULT 'learner' CHECK (role IN ('owner', 'admin', 'editor', 'author', 'viewer', 'learner', 'guest'));
ALTER TABLE users ADD COLUMN status TEXT NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'disabled', 'erasing', 'erased'));
ALTER TABLE users ADD COLUMN issuer TEXT;
ALTER TABLE users ADD COLUMN subject TEXT;
ALTER TABLE users ADD COLUMN name TEXT;
ALTER TABLE users ADD COLUMN first_name TEXT;
ALTER TABLE users ADD COLUMN last_name TEXT;
ALTER TABLE users ADD COLUMN avatar TEXT;
ALTER TABLE users ADD COLUMN timezone TEXT;
ALTER TABLE users ADD COLUMN locale TEXT;
ALTER TABLE users ADD COLUMN preferences TEXT NOT NULL DEFAULT '{}' CHECK (json_valid(preferences));
ALTER TABLE users ADD COLUMN revision INTEGER NOT NULL DEFAULT 1;
ALTER TABLE users ADD COLUMN disabled_at INTEGER;
ALTER TABLE users ADD COLUMN last_login_at INTEGER;
ALTER TABLE users ADD COLUMN is_claimed INTEGER NOT NULL DEFAULT 0 CHECK (is_claimed IN (0, 1));

CREATE INDEX users_by_tenant ON users (tenant_id, id);

-- A person is a member of a tenant once; the guests that were claimed there are users of the person too.
CREATE INDEX users_by_account ON users (account_id, tenant_id) WHERE account_id IS NOT NULL;

-- What a guest comes back with, as its SHA-256.
CREATE TABLE guests (
	user_id TEXT PRIMARY KEY,
	hash TEXT NOT NULL CHECK (length(hash) = 64),
	expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Whom a tenant has asked in; the code in the mail is here as its SHA-256.
CREATE TABLE invitations (
	id TEXT PRIMARY KEY,
	tenant_id TEXT NOT NULL,
	email TEXT NOT NULL,
	role TEXT NOT NULL CHECK (role IN ('owner', 'admin', 'editor', 'author', 'viewer', 'learner')),
	hash TEXT NOT NULL CHECK (length(hash) = 64),
	created_by TEXT NOT NULL,
	created_at INTEGER NOT NULL,
	expires_at INTEGER NOT NULL,
	accepted_at INTEGER,
	revoked_at INTEGER
) STRICT, WITHOUT ROWID;

CREATE INDEX invitations_by_tenant ON invitations (tenant_id, id);

-- Machines of a tenant.
CREATE TABLE services (
	id TEXT PRIMARY KEY,
	tenant_id TEXT NOT NULL,
	name TEXT NOT NULL,
	created_by TEXT NOT NULL,
	created_at INTEGER NOT NULL,
	disabled_at INTEGER
) STRICT, WITHOUT ROWID;

CREATE INDEX services_by_tenant ON services (tenant_id, id);

-- API keys of services. `hash` is SHA-256 of the whole key, `scopes` are separated by blanks, `successor` took its place.
CREATE TABLE api_keys (
	id TEXT PRIMARY KEY,
	tenant_id TEXT NOT NULL,
	service_id TEXT NOT NULL,
	name TEXT NOT NULL,
	hash TEXT NOT NULL CHECK (length(hash) = 64),
	scopes TEXT NOT NULL,
	rate_class TEXT NOT NULL CHECK (rate_class IN ('basic', 'standard', 'high')),
	created_by TEXT NOT NULL,
	created_at INTEGER NOT NULL,
	expires_at INTEGER,
	last_used_at INTEGER,
	revoked_at INTEGER,
	successor TEXT
) STRICT, WITHOUT ROWID;

CREATE INDEX api_keys_by_tenant ON api_keys (tenant_id, id);

-- What tokens are signed with. `public_jwk` is published; `sealed` is the private one, sealed. One signs from `signs_from` on until another
-- does, and is accepted until `accepted_until`.
CREATE TABLE signing_keys (
	kid TEXT PRIMARY KEY,
	public_jwk TEXT NOT NULL CHECK (json_valid(public_jwk)),
	sealed TEXT NOT NULL,
	created_at INTEGER NOT NULL,
	signs_from INTEGER NOT NULL,
	accepted_until INTEGER
) STRICT, WITHOUT ROWID;

-- What every isolate must hear of within a minute: credentials of these subjects (a user, a service, a key, a session, a tenant) that were
-- issued before `at` are good no longer, and what is remembered of them is to be read anew.
CREATE TABLE changes (
	number INTEGER PRIMARY KEY,
	subject TEXT NOT NULL,
	revokes INTEGER NOT NULL CHECK (revokes IN (0, 1)),
	at INTEGER NOT NULL
) STRICT;

CREATE INDEX changes_by_time ON changes (at);

-- Events of tenants that were committed with what they tell of, and wait to be in the log of the tenant's object.
CREATE TABLE audit_outbox (
	number INTEGER PRIMARY KEY,
	tenant_id TEXT NOT NULL,
	id TEXT NOT NULL,
	event TEXT NOT NULL CHECK (json_valid(event)),
	at INTEGER NOT NULL
) STRICT;

CREATE INDEX audit_outbox_by_tenant ON audit_outbox (tenant_id, number);
