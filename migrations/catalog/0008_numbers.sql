-- Which content each version of a quiz has, so that statistics of a version are found by its number. Until the next rebuild the
-- versions before the current one that were published before this table are not in it.
CREATE TABLE quiz_versions (
	quiz TEXT NOT NULL,
	number INTEGER NOT NULL CHECK (number > 0),
	version TEXT NOT NULL,
	max_score INTEGER NOT NULL,
	PRIMARY KEY (quiz, number)
) STRICT, WITHOUT ROWID;

INSERT INTO quiz_versions (quiz, number, version, max_score)
	SELECT id, version_number, version, max_score FROM quizzes WHERE version_number > 0;

-- Which of the user's attempts at the quiz it is among those that count in statistics, 0 where it does not count; NULL: it is `number`.
ALTER TABLE attempt_facts ADD COLUMN counted INTEGER;

-- What a generation cost beyond whole cents, in ten-thousandths of a cent; and the sum of that.
ALTER TABLE generation_facts ADD COLUMN cost_parts INTEGER NOT NULL DEFAULT 0;

ALTER TABLE usage_daily ADD COLUMN cost_parts INTEGER NOT NULL DEFAULT 0;

-- What was refunded of the credits of the day's generations, on whichever day.
ALTER TABLE usage_daily ADD COLUMN refunded INTEGER NOT NULL DEFAULT 0;

-- One row per refund; `model` and `settled_at` are those of the generation, and say which day's usage is less by it. NULL where the
-- log row is from before they stood in it and the generation is not known either.
CREATE TABLE refund_facts (
	shard INTEGER NOT NULL,
	seq INTEGER NOT NULL,
	hold TEXT NOT NULL,
	model TEXT,
	settled_at INTEGER,
	credits INTEGER NOT NULL CHECK (credits > 0),
	at INTEGER NOT NULL,
	PRIMARY KEY (shard, seq)
) STRICT, WITHOUT ROWID;
