-- What makes a rollout visible, and what an operator has seen already. No part of the fold.

-- Shards whose cursor stays before row `seq` of their log, which the release at work cannot read yet; `needs` says what it is. A row
-- counts as long as the cursor is before `seq`.
CREATE TABLE rows_ahead (
	user_id TEXT PRIMARY KEY,
	seq INTEGER NOT NULL,
	needs TEXT NOT NULL,
	since INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- When an operator acknowledged it; NULL while it is new, which raises an alarm.
ALTER TABLE dead_letters ADD COLUMN acknowledged_at INTEGER;
ALTER TABLE dead_messages ADD COLUMN acknowledged_at INTEGER;

-- `at` is when the message was sent, this when it was given up; NULL where a release wrote it that does not say.
ALTER TABLE dead_messages ADD COLUMN kept_at INTEGER;

CREATE INDEX dead_letters_new ON dead_letters (at) WHERE acknowledged_at IS NULL;
CREATE INDEX dead_messages_new ON dead_messages (at, kept_at) WHERE acknowledged_at IS NULL;

-- Letters that a release made of a kind that it did not know: the next one that knows it drives them again.
CREATE INDEX dead_letters_unknown ON dead_letters (row ->> 'kind', user_id, seq) WHERE instr(error, 'unknown kind ') > 0;

-- Messages that the release could not read yet, and those that were left to their shards.
ALTER TABLE replication_minutes ADD COLUMN ahead INTEGER NOT NULL DEFAULT 0;
ALTER TABLE replication_minutes ADD COLUMN deferred INTEGER NOT NULL DEFAULT 0;
