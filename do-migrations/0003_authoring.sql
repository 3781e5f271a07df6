-- More states of a quiz, its slugs, where it came from, and when it was deleted. SQLite changes a CHECK only with its table.
-- `slugs` is JSON: [slug, when the quiz claimed it first], the one in use last. `origin` is JSON: owner, quiz and version that it was
-- copied from. While it is deleted nothing else changes it.
ALTER TABLE quizzes RENAME TO quizzes_before;

CREATE TABLE quizzes (
	seq INTEGER PRIMARY KEY,
	id TEXT NOT NULL,
	status TEXT NOT NULL CHECK (status IN ('draft', 'review', 'published', 'withdrawn', 'archived')),
	visibility TEXT CHECK (visibility IN ('private', 'tenant', 'public')),
	revision INTEGER NOT NULL CHECK (revision > 0),
	title TEXT NOT NULL,
	draft TEXT NOT NULL CHECK (json_valid(draft)),
	draft_hash TEXT NOT NULL CHECK (length(draft_hash) = 64),
	version INTEGER NOT NULL DEFAULT 0 CHECK (version >= 0),
	version_hash TEXT,
	created_at INTEGER NOT NULL,
	updated_at INTEGER NOT NULL,
	published_at INTEGER,
	slugs TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(slugs)),
	origin TEXT CHECK (origin IS NULL OR json_valid(origin)),
	deleted_at INTEGER,
	CHECK ((version = 0) = (version_hash IS NULL)),
	CHECK (status <> 'published' OR (version > 0 AND visibility IS NOT NULL AND published_at IS NOT NULL)),
	CHECK (deleted_at IS NULL OR (deleted_at = updated_at AND status IN ('draft', 'withdrawn')))
) STRICT;

INSERT INTO quizzes (seq, id, status, visibility, revision, title, draft, draft_hash, version, version_hash, created_at,
	updated_at, published_at) SELECT seq, id, status, visibility, revision, title, draft, draft_hash, version, version_hash,
	created_at, updated_at, published_at FROM quizzes_before;

DROP TABLE quizzes_before;

CREATE INDEX quizzes_deleted ON quizzes (deleted_at) WHERE deleted_at IS NOT NULL;
