-- What published contents are frozen with, so that their hashes tell nothing. Made once for each shard, and never shown.
CREATE TABLE secret (
	one INTEGER PRIMARY KEY CHECK (one = 1),
	value BLOB NOT NULL CHECK (length(value) = 32)
) STRICT;

INSERT INTO secret (one, value) VALUES (1, randomblob(32));

-- Hash of the content as its author wrote it, where `hash` is that of the content with its nonce; NULL where there is none. It is
-- looked for in the index: behind long contents it would be slow to read.
ALTER TABLE quiz_versions ADD COLUMN draft_hash TEXT;

CREATE INDEX quiz_versions_by_draft ON quiz_versions (quiz, number, draft_hash, hash);

-- The log row that created the quiz, where `seq` is a random number that its id begins with; NULL in rows from before, whose `seq` is it.
ALTER TABLE quizzes ADD COLUMN created_by INTEGER;

CREATE INDEX quizzes_newest ON quizzes (coalesce(created_by, seq));
