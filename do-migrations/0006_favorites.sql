-- The quizzes that the user has among the favourites or likes. `seq` is the log row that says so.
CREATE TABLE reactions (
	kind TEXT NOT NULL CHECK (kind IN ('favorite', 'like')),
	quiz TEXT NOT NULL,
	seq INTEGER NOT NULL,
	at INTEGER NOT NULL,
	PRIMARY KEY (kind, quiz)
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX reactions_newest ON reactions (kind, seq);
