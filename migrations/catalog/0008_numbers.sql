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
