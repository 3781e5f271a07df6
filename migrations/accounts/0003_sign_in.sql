-- How people sign in: the tables of better-auth 1.7, under names of ours and with what of them is used, and mail. Times are milliseconds
-- since the epoch. Nothing here is a credential: tokens are stored as their SHA-256, passwords as scrypt hashes, and what must be read again
-- (second factors, mail that is to be sent) is sealed with AUTH_SECRET.

-- Persons. `email` is in lower case; one that was deleted may be used again.
CREATE TABLE accounts (
	id TEXT PRIMARY KEY,
	email TEXT NOT NULL,
	email_verified INTEGER NOT NULL CHECK (email_verified IN (0, 1)),
	name TEXT NOT NULL,
	image TEXT,
	two_factor_enabled INTEGER NOT NULL DEFAULT 0 CHECK (two_factor_enabled IN (0, 1)),
	created_at INTEGER NOT NULL,
	updated_at INTEGER NOT NULL,
	deleted_at INTEGER
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX accounts_by_email ON accounts (email) WHERE deleted_at IS NULL;

-- What an account is signed in to with: so far a password. `subject` is what the provider calls the person, the account itself for ours.
CREATE TABLE credentials (
	id TEXT PRIMARY KEY,
	account_id TEXT NOT NULL,
	provider TEXT NOT NULL,
	subject TEXT NOT NULL,
	password TEXT,
	created_at INTEGER NOT NULL,
	updated_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX credentials_by_account ON credentials (account_id, provider, subject);

-- Who is signed in. The id is the beginning of the token's hash, so that a token is found without an index. `network` and `user_agent` are
-- cut short, or NULL, as the deployment has it.
CREATE TABLE sessions (
	id TEXT PRIMARY KEY,
	account_id TEXT NOT NULL,
	hash TEXT NOT NULL CHECK (length(hash) = 64),
	network TEXT,
	user_agent TEXT,
	created_at INTEGER NOT NULL,
	updated_at INTEGER NOT NULL,
	expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX sessions_by_account ON sessions (account_id);
CREATE INDEX sessions_by_expiry ON sessions (expires_at);

-- What is good once and for a while: resets of passwords, sign-ins that wait for the second factor. The id is the beginning of the hash.
CREATE TABLE verifications (
	id TEXT PRIMARY KEY,
	hash TEXT NOT NULL CHECK (length(hash) = 64),
	value TEXT NOT NULL,
	created_at INTEGER NOT NULL,
	updated_at INTEGER NOT NULL,
	expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX verifications_by_expiry ON verifications (expires_at);

-- Second factors: the sealed secret of a TOTP (RFC 6238), and the sealed backup codes.
CREATE TABLE second_factors (
	id TEXT PRIMARY KEY,
	account_id TEXT NOT NULL,
	secret TEXT NOT NULL,
	backup_codes TEXT NOT NULL,
	verified INTEGER NOT NULL DEFAULT 0 CHECK (verified IN (0, 1)),
	failures INTEGER NOT NULL DEFAULT 0,
	locked_until INTEGER
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX second_factors_by_account ON second_factors (account_id);

-- Mail: what is to be sent, and what was. `recipient` is a keyed hash of the address; `sealed` holds all of the mail until it was sent. `due_at` is
-- NULL once it was sent, given up, or kept for a developer to read.
CREATE TABLE mails (
	id TEXT PRIMARY KEY,
	recipient TEXT NOT NULL,
	sealed TEXT,
	created_at INTEGER NOT NULL,
	attempts INTEGER NOT NULL DEFAULT 0,
	due_at INTEGER,
	sent_at INTEGER
) STRICT, WITHOUT ROWID;

CREATE INDEX mails_by_recipient ON mails (recipient, id);
CREATE INDEX mails_due ON mails (due_at) WHERE due_at IS NOT NULL;
