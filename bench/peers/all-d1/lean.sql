CREATE TABLE users (
	id TEXT PRIMARY KEY,
	name TEXT NOT NULL,
	ai_credits INTEGER NOT NULL DEFAULT 0 CHECK (ai_credits >= 0),
	created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE quizzes (
	number INTEGER PRIMARY KEY,
	id TEXT NOT NULL UNIQUE,
	user_id TEXT NOT NULL,
	title TEXT NOT NULL,
	description TEXT NOT NULL,
	tags TEXT NOT NULL,
	difficulty TEXT NOT NULL,
	content TEXT NOT NULL,
	published INTEGER NOT NULL,
	created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX quizzes_newest ON quizzes (published, created_at);

CREATE VIRTUAL TABLE quiz_fts USING fts5 (title, description, content = 'quizzes', content_rowid = 'number');
INSERT INTO quiz_fts (quiz_fts, rank) VALUES ('rank', 'bm25(16.0, 3.0)');

CREATE TRIGGER quizzes_are_indexed AFTER INSERT ON quizzes BEGIN
	INSERT INTO quiz_fts (rowid, title, description) VALUES (new.number, new.title, new.description);
END;
CREATE TRIGGER quizzes_are_indexed_again AFTER UPDATE OF title, description ON quizzes BEGIN
	INSERT INTO quiz_fts (quiz_fts, rowid, title, description) VALUES ('delete', old.number, old.title, old.description);
	INSERT INTO quiz_fts (rowid, title, description) VALUES (new.number, new.title, new.description);
END;
CREATE TRIGGER quizzes_are_forgotten AFTER DELETE ON quizzes BEGIN
	INSERT INTO quiz_fts (quiz_fts, rowid, title, description) VALUES ('delete', old.number, old.title, old.description);
END;

CREATE TABLE results (
	id INTEGER PRIMARY KEY,
	user_id TEXT NOT NULL,
	quiz_id TEXT NOT NULL,
	score INTEGER NOT NULL,
	max_score INTEGER NOT NULL,
	percentage REAL NOT NULL,
	passed INTEGER NOT NULL,
	answers TEXT NOT NULL,
	time_taken_s INTEGER,
	created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX results_user ON results (user_id);

CREATE TABLE quiz_statistics (
	quiz_id TEXT PRIMARY KEY,
	attempts INTEGER NOT NULL,
	passed INTEGER NOT NULL,
	score_sum INTEGER NOT NULL,
	percentage_sum REAL NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TRIGGER results_are_counted AFTER INSERT ON results BEGIN
	INSERT INTO quiz_statistics VALUES (new.quiz_id, 1, new.passed, new.score, new.percentage)
	ON CONFLICT (quiz_id) DO UPDATE SET attempts = attempts + 1, passed = passed + excluded.passed,
		score_sum = score_sum + excluded.score_sum, percentage_sum = percentage_sum + excluded.percentage_sum;
END;

CREATE TABLE ai_generations (
	id INTEGER PRIMARY KEY,
	user_id TEXT NOT NULL,
	model TEXT NOT NULL,
	prompt TEXT NOT NULL,
	status TEXT NOT NULL,
	credits INTEGER NOT NULL,
	tokens INTEGER,
	created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX ai_generations_user ON ai_generations (user_id);
