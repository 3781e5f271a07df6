CREATE TABLE users (
	id TEXT PRIMARY KEY,
	email TEXT NOT NULL UNIQUE,
	name TEXT NOT NULL,
	ai_credits INTEGER NOT NULL DEFAULT 0,
	created_at INTEGER NOT NULL
);

CREATE TABLE quizzes (
	id TEXT PRIMARY KEY,
	user_id TEXT NOT NULL REFERENCES users (id),
	title TEXT NOT NULL,
	description TEXT NOT NULL,
	tags TEXT NOT NULL,
	difficulty TEXT NOT NULL,
	content TEXT NOT NULL,
	published INTEGER NOT NULL,
	created_at INTEGER NOT NULL
);
CREATE INDEX quizzes_user ON quizzes (user_id);
CREATE INDEX quizzes_difficulty ON quizzes (difficulty);
CREATE INDEX quizzes_newest ON quizzes (published, created_at);

CREATE TABLE results (
	id TEXT PRIMARY KEY,
	user_id TEXT NOT NULL REFERENCES users (id),
	quiz_id TEXT NOT NULL REFERENCES quizzes (id),
	score INTEGER NOT NULL,
	max_score INTEGER NOT NULL,
	percentage REAL NOT NULL,
	passed INTEGER NOT NULL,
	answers TEXT NOT NULL,
	time_taken_s INTEGER,
	created_at INTEGER NOT NULL
);
CREATE INDEX results_user ON results (user_id);
CREATE INDEX results_quiz ON results (quiz_id);
CREATE INDEX results_created ON results (created_at);

CREATE TABLE ai_generations (
	id TEXT PRIMARY KEY,
	user_id TEXT NOT NULL REFERENCES users (id),
	model TEXT NOT NULL,
	prompt TEXT NOT NULL,
	status TEXT NOT NULL,
	credits INTEGER NOT NULL,
	tokens INTEGER,
	created_at INTEGER NOT NULL
);
CREATE INDEX ai_generations_user ON ai_generations (user_id);
CREATE INDEX ai_generations_status ON ai_generations (status);
CREATE INDEX ai_generations_created ON ai_generations (created_at);
