-- Attempts that are under way, and those that were abandoned. `terms` is what was fixed when it was opened, `saved` what the taker has said of each question
-- since, both as JSON; `over_at` is the first instant at which the clock ends it. One that is submitted is in `attempts`, and here no more.
CREATE TABLE sittings (
	quiz TEXT NOT NULL,
	number INTEGER NOT NULL CHECK (number > 0),
	seq INTEGER NOT NULL,
	id TEXT NOT NULL,
	status TEXT NOT NULL CHECK (status IN ('in_progress', 'abandoned')),
	opened_at INTEGER NOT NULL,
	deadline INTEGER,
	over_at INTEGER NOT NULL,
	terms TEXT NOT NULL CHECK (json_valid(terms)),
	saved TEXT NOT NULL CHECK (json_valid(saved)),
	PRIMARY KEY (quiz, number)
) STRICT, WITHOUT ROWID;

-- What the log says of how an attempt was taken, as JSON; NULL where it was submitted at once.
ALTER TABLE attempts ADD COLUMN sitting TEXT CHECK (sitting IS NULL OR json_valid(sitting));

-- 1 where the items are some of the version's questions, which were drawn.
ALTER TABLE attempts ADD COLUMN drawn INTEGER CHECK (drawn IS NULL OR drawn = 1);
