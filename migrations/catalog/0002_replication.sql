-- What makes replication repairable and visible. The tables below are about the catalog's own upkeep: no part of the fold.

-- The log row that wrote this state, so that an older one that is driven again changes nothing. A rebuild sets it to 0 and
-- removes what still has 0 at its end.
ALTER TABLE quizzes ADD COLUMN seq INTEGER NOT NULL DEFAULT 0;

CREATE INDEX quizzes_by_owner ON quizzes (owner, id);

-- The same for a generation: `seq` opened its hold, `ended_by` ended it.
ALTER TABLE generation_facts ADD COLUMN ended_by INTEGER NOT NULL DEFAULT 0;

-- Which shards were applied on which day since the epoch, UTC: one row per shard and day. The sweep walks it instead of the
-- directory, so its cost goes with what changed. Old days are purged.
CREATE TABLE applied_days (
	day INTEGER NOT NULL,
	shard INTEGER NOT NULL,
	PRIMARY KEY (day, shard)
) STRICT, WITHOUT ROWID;

-- Shards that were found behind their log, or with another history than the catalog knows. `waiting_since` is the time of the
-- first row that was not applied. A row counts as long as the cursor is before `head_seq` or the chain is not 'same'.
CREATE TABLE lagging (
	user_id TEXT PRIMARY KEY,
	head_seq INTEGER NOT NULL,
	waiting_since INTEGER NOT NULL,
	chain TEXT NOT NULL CHECK (chain IN ('same', 'different', 'shorter')),
	found_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Messages that could not be read, and those that the dead-letter queue brought. `at` is when they were sent.
CREATE TABLE dead_messages (
	at INTEGER NOT NULL,
	id TEXT NOT NULL,
	user_id TEXT,
	first INTEGER,
	last INTEGER,
	reason TEXT NOT NULL,
	body TEXT NOT NULL,
	PRIMARY KEY (at, id)
) STRICT, WITHOUT ROWID;

-- What the consumers did, by minutes since the epoch. Written at most once in ten seconds by each of them.
CREATE TABLE replication_minutes (
	minute INTEGER PRIMARY KEY,
	batches INTEGER NOT NULL,
	messages INTEGER NOT NULL,
	events INTEGER NOT NULL,
	duplicates INTEGER NOT NULL,
	gaps INTEGER NOT NULL,
	poisoned INTEGER NOT NULL,
	unreadable INTEGER NOT NULL,
	failed INTEGER NOT NULL
) STRICT;

-- Where the sweep stands: shards that were applied since `since` are looked at in the order of (day, shard); `rotation` is the
-- number of the shard up to which the slow round over all shards has come, `lagging_after` the user of `lagging` looked at last.
CREATE TABLE sweep (
	one INTEGER PRIMARY KEY CHECK (one = 1),
	since INTEGER NOT NULL,
	started_at INTEGER NOT NULL,
	day INTEGER NOT NULL,
	shard INTEGER NOT NULL,
	rotation INTEGER NOT NULL,
	lagging_after TEXT NOT NULL,
	looked INTEGER NOT NULL,
	behind INTEGER NOT NULL,
	updated_at INTEGER NOT NULL,
	finished_at INTEGER
) STRICT;

-- Rebuilds, of one user's shard or, where that is NULL, of all. `position` is how far its phase has come. While one is in the phase
-- 'wipe', nothing is applied to what it wipes.
CREATE TABLE rebuilds (
	number INTEGER PRIMARY KEY,
	user_id TEXT,
	phase TEXT NOT NULL CHECK (phase IN ('wipe', 'pull', 'clean', 'finished')),
	position INTEGER NOT NULL,
	shards INTEGER NOT NULL,
	events INTEGER NOT NULL,
	started_at INTEGER NOT NULL,
	updated_at INTEGER NOT NULL,
	finished_at INTEGER,
	CHECK ((phase = 'finished') = (finished_at IS NOT NULL))
) STRICT;

-- At most one is under way.
CREATE UNIQUE INDEX rebuild_under_way ON rebuilds ((finished_at IS NULL)) WHERE finished_at IS NULL;
