-- Collections, shares and what they gave. In each, `seq` is the log row that wrote this state, so that an older one that is driven
-- again changes nothing.

-- `audience` is 'public', a tenant, or a user; NULL once deleted, which leaves every list. `quizzes` is a JSON array of ids.
CREATE TABLE collections (
	id TEXT PRIMARY KEY,
	owner TEXT NOT NULL,
	audience TEXT,
	visibility TEXT NOT NULL CHECK (visibility IN ('private', 'tenant', 'public')),
	title TEXT NOT NULL,
	description TEXT NOT NULL,
	quizzes TEXT NOT NULL CHECK (json_valid(quizzes)),
	created_at INTEGER NOT NULL,
	updated_at INTEGER NOT NULL,
	seq INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX collections_newest ON collections (audience, created_at DESC, id DESC) WHERE audience IS NOT NULL;

CREATE INDEX collections_by_owner ON collections (owner, id);

-- Where a code leads. Whether it still gives something, its owner's shard says.
CREATE TABLE shares (
	id TEXT PRIMARY KEY,
	owner TEXT NOT NULL,
	quiz TEXT NOT NULL,
	access TEXT NOT NULL CHECK (access IN ('view', 'attempt', 'copy', 'edit')),
	code_hash TEXT NOT NULL,
	expires_at INTEGER,
	max_uses INTEGER,
	created_at INTEGER NOT NULL,
	revoked_at INTEGER,
	seq INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX shares_by_code ON shares (code_hash);

CREATE INDEX shares_by_owner ON shares (owner, id);

-- Who has used which share. A reader who has one of these asks the owner's shard whether it is still so.
CREATE TABLE quiz_grants (
	quiz TEXT NOT NULL,
	grantee TEXT NOT NULL,
	share TEXT NOT NULL,
	owner TEXT NOT NULL,
	access TEXT NOT NULL CHECK (access IN ('view', 'attempt', 'copy', 'edit')),
	until INTEGER,
	at INTEGER NOT NULL,
	seq INTEGER NOT NULL,
	PRIMARY KEY (quiz, grantee, share)
) STRICT, WITHOUT ROWID;

CREATE INDEX quiz_grants_by_owner ON quiz_grants (owner, quiz);
