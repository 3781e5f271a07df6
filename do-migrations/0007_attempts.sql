-- An attempt writes one row less: its table is its own index. SQLite changes a primary key, or adds a CHECK over two columns, only with
-- the table.

-- `seq` is the log row of the submission. There is no index on it: it is in the id, and the log row names quiz and number.
ALTER TABLE attempts RENAME TO attempts_before;

CREATE TABLE attempts (
	quiz TEXT NOT NULL,
	number INTEGER NOT NULL CHECK (number > 0),
	seq INTEGER NOT NULL,
	id TEXT NOT NULL,
	version TEXT NOT NULL,
	version_number INTEGER NOT NULL CHECK (version_number > 0),
	score INTEGER NOT NULL CHECK (score BETWEEN 0 AND max_score),
	max_score INTEGER NOT NULL CHECK (max_score > 0),
	percentage_bp INTEGER NOT NULL CHECK (percentage_bp BETWEEN 0 AND 10000),
	passed INTEGER NOT NULL CHECK (passed IN (0, 1)),
	started_at INTEGER,
	time_taken_s INTEGER,
	submitted_at INTEGER NOT NULL,
	items TEXT NOT NULL CHECK (json_valid(items)),
	answers TEXT CHECK (answers IS NULL OR json_valid(answers)),
	PRIMARY KEY (quiz, number)
) STRICT, WITHOUT ROWID;

INSERT INTO attempts (quiz, number, seq, id, version, version_number, score, max_score, percentage_bp, passed, started_at,
	time_taken_s, submitted_at, items, answers) SELECT quiz, number, seq, id, version, version_number, score, max_score,
	percentage_bp, passed, started_at, time_taken_s, submitted_at, items, answers FROM attempts_before ORDER BY quiz, number;

DROP TABLE attempts_before;

-- `attempt_head` is the latest row up to this one that is a submitted attempt, 0 for none; so all attempts are listed, newest
-- first, without an index. Like `ledger_head` it is no part of the hash.
DROP TRIGGER log_is_never_updated;

DROP TRIGGER log_is_never_deleted;

ALTER TABLE log RENAME TO log_before;

CREATE TABLE log (
	seq INTEGER PRIMARY KEY CHECK (seq > 0),
	at INTEGER NOT NULL CHECK (at >= 0),
	actor TEXT NOT NULL,
	kind TEXT NOT NULL,
	subject TEXT NOT NULL,
	body TEXT NOT NULL CHECK (json_valid(body)),
	hash BLOB NOT NULL CHECK (length(hash) = 32),
	ledger_head INTEGER NOT NULL CHECK (ledger_head BETWEEN 0 AND seq),
	attempt_head INTEGER NOT NULL CHECK (attempt_head BETWEEN 0 AND seq)
) STRICT;

INSERT INTO log (seq, at, actor, kind, subject, body, hash, ledger_head, attempt_head) SELECT seq, at, actor, kind, subject, body,
	hash, ledger_head, max(CASE kind WHEN 'attempt.submitted' THEN seq ELSE 0 END) OVER (ORDER BY seq ROWS UNBOUNDED PRECEDING)
	FROM log_before;

DROP TABLE log_before;

CREATE TRIGGER log_is_never_updated BEFORE UPDATE ON log BEGIN SELECT RAISE(ABORT, 'log rows are never updated'); END;

CREATE TRIGGER log_is_never_deleted BEFORE DELETE ON log BEGIN SELECT RAISE(ABORT, 'log rows are never deleted'); END;
