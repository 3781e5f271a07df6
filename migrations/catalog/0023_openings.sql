-- One row per attempt that was opened; `shard` and `seq` say which log row it is. `abandoned_at` is set where it came to nothing.
CREATE TABLE opening_facts (
	shard INTEGER NOT NULL,
	seq INTEGER NOT NULL,
	quiz TEXT NOT NULL,
	version TEXT NOT NULL,
	number INTEGER NOT NULL,
	opened_at INTEGER NOT NULL,
	deadline INTEGER,
	abandoned_at INTEGER,
	PRIMARY KEY (shard, seq)
) STRICT, WITHOUT ROWID;

-- The row that opened the attempt; NULL where it was submitted at once.
ALTER TABLE attempt_facts ADD COLUMN opened INTEGER;
