CREATE TABLE users (
	id text PRIMARY KEY,
	name text NOT NULL,
	attempts integer NOT NULL DEFAULT 0,
	ai_credits bigint NOT NULL DEFAULT 0 CHECK (ai_credits >= 0),
	created_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE quizzes (
	id text PRIMARY KEY,
	user_id text NOT NULL,
	title text NOT NULL,
	description text NOT NULL,
	tags jsonb NOT NULL,
	difficulty text NOT NULL,
	content jsonb NOT NULL,
	published boolean NOT NULL,
	created_at bigint NOT NULL,
	words tsvector NOT NULL GENERATED ALWAYS AS (
		setweight(to_tsvector('simple', title), 'A') || setweight(to_tsvector('simple', description), 'B')
	) STORED
);
CREATE INDEX quizzes_newest ON quizzes (published, created_at);
CREATE INDEX quizzes_words ON quizzes USING gin (words);

CREATE TABLE results (
	id bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
	user_id text NOT NULL,
	number integer NOT NULL,
	quiz_id text NOT NULL,
	score integer NOT NULL,
	max_score integer NOT NULL,
	percentage double precision NOT NULL,
	passed boolean NOT NULL,
	answers jsonb NOT NULL,
	time_taken_s integer,
	created_at timestamptz NOT NULL DEFAULT now(),
	UNIQUE (user_id, number)
);
CREATE INDEX results_quiz ON results (quiz_id);

CREATE TABLE ai_generations (
	id bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
	user_id text NOT NULL,
	model text NOT NULL,
	prompt text NOT NULL,
	status text NOT NULL,
	credits bigint NOT NULL,
	tokens integer,
	created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX ai_generations_user ON ai_generations (user_id);

CREATE TABLE requests (
	user_id text NOT NULL,
	key text NOT NULL,
	created_at timestamptz NOT NULL DEFAULT now(),
	PRIMARY KEY (user_id, key)
);
