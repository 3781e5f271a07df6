-- Who still reads the statistics of a quiz that was archived and so has no audience: its owner.
ALTER TABLE quizzes ADD COLUMN archive_audience TEXT;

-- Address of the picture that lists show: the SHA-256 of its bytes.
ALTER TABLE quizzes ADD COLUMN thumbnail TEXT;

-- Every claim of a quiz to a slug in its tenant; decision 0010 says who gets it. `seq` is the log row that claimed it last, and a
-- quiz's latest claim is the one in use. A row with the slug '' says that claims of older rows are void: the quiz was deleted.
CREATE TABLE quiz_slugs (
	tenant_id TEXT NOT NULL,
	slug TEXT NOT NULL,
	claimed_at INTEGER NOT NULL,
	quiz TEXT NOT NULL,
	owner TEXT NOT NULL,
	seq INTEGER NOT NULL,
	PRIMARY KEY (tenant_id, slug, claimed_at, quiz)
) STRICT, WITHOUT ROWID;

CREATE INDEX quiz_slugs_by_quiz ON quiz_slugs (owner, quiz, seq);

-- The address of a quiz that did not get its slug ends in the last ten characters of its id.
CREATE INDEX quiz_slugs_by_suffix ON quiz_slugs (tenant_id, slug, substr(quiz, -10));
