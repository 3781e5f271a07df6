-- Ordered lists of quizzes, anybody's. `seq` is the log row that created it; `quizzes` is a JSON array of ids.
CREATE TABLE collections (
	seq INTEGER PRIMARY KEY,
	id TEXT NOT NULL,
	revision INTEGER NOT NULL CHECK (revision > 0),
	title TEXT NOT NULL,
	description TEXT NOT NULL,
	visibility TEXT NOT NULL CHECK (visibility IN ('private', 'tenant', 'public')),
	quizzes TEXT NOT NULL CHECK (json_valid(quizzes)),
	created_at INTEGER NOT NULL,
	updated_at INTEGER NOT NULL,
	deleted_at INTEGER
) STRICT;

-- For the list and the number of those that are not deleted.
CREATE INDEX collections_live ON collections (seq) WHERE deleted_at IS NULL;

-- Shares of own quizzes. `seq` is the log row that created it; `code_hash` is SHA-256 of the code, which is nowhere.
CREATE TABLE shares (
	seq INTEGER PRIMARY KEY,
	id TEXT NOT NULL,
	quiz TEXT NOT NULL,
	access TEXT NOT NULL CHECK (access IN ('view', 'attempt', 'copy', 'edit')),
	code_hash TEXT NOT NULL CHECK (length(code_hash) = 64),
	expires_at INTEGER,
	max_uses INTEGER CHECK (max_uses > 0),
	uses INTEGER NOT NULL CHECK (uses >= 0 AND (max_uses IS NULL OR uses <= max_uses)),
	created_at INTEGER NOT NULL,
	revoked_at INTEGER
) STRICT;

CREATE INDEX shares_by_quiz ON shares (quiz, seq);

CREATE INDEX shares_alive ON shares (quiz) WHERE revoked_at IS NULL;

-- Who has used them: one row per share and user. `seq` is the log row of the redemption; `version` is what was current then.
CREATE TABLE grants (
	seq INTEGER PRIMARY KEY,
	share INTEGER NOT NULL,
	quiz TEXT NOT NULL,
	grantee TEXT NOT NULL,
	version TEXT,
	version_number INTEGER,
	at INTEGER NOT NULL
) STRICT;

CREATE UNIQUE INDEX grants_by_grantee ON grants (grantee, quiz, share);

-- Own quizzes that are copies of somebody's by a share, one per share. `quiz` is the row of the own one.
CREATE TABLE copies (
	quiz INTEGER PRIMARY KEY,
	share TEXT NOT NULL,
	origin_quiz TEXT NOT NULL,
	origin_version TEXT NOT NULL,
	origin_owner TEXT NOT NULL
) STRICT;

CREATE UNIQUE INDEX copies_by_share ON copies (share);
