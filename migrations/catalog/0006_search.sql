-- What lists and searches of published quizzes need.

-- `title_key` orders titles whatever their case and accents. `popularity` and `rating` are attempts and likes as they were when
-- the schedule last looked: no part of the fold, so that an attempt moves no index.
ALTER TABLE quizzes ADD COLUMN title_key TEXT NOT NULL DEFAULT '';

ALTER TABLE quizzes ADD COLUMN popularity INTEGER NOT NULL DEFAULT 0;

ALTER TABLE quizzes ADD COLUMN rating INTEGER NOT NULL DEFAULT 0;

UPDATE quizzes SET title_key = lower(substr(title, 1, 100));

CREATE INDEX quizzes_popular ON quizzes (audience, popularity DESC, id DESC) WHERE audience IS NOT NULL;

CREATE INDEX quizzes_rated ON quizzes (audience, rating DESC, id DESC) WHERE audience IS NOT NULL;

CREATE INDEX quizzes_titled ON quizzes (audience, title_key, id) WHERE audience IS NOT NULL;

-- The texts of each quiz that the catalog knows, as they are searched. `number` counts quizzes in the order in which they came;
-- `labels` has one word for each thing that is filtered by: audience, owner, difficulty, source, tags. Empty once withdrawn.
CREATE TABLE quiz_texts (
	number INTEGER PRIMARY KEY,
	quiz TEXT NOT NULL UNIQUE,
	labels TEXT NOT NULL,
	title TEXT NOT NULL,
	tags TEXT NOT NULL,
	description TEXT NOT NULL,
	questions TEXT NOT NULL
) STRICT;

-- Their index. The triggers keep it; it is in no digest, since it follows from the table.
CREATE VIRTUAL TABLE quiz_fts USING fts5 (
	title, tags, description, questions, labels,
	content = 'quiz_texts', content_rowid = 'number', tokenize = 'unicode61 remove_diacritics 2', prefix = '2 3 4'
);

CREATE TRIGGER quiz_texts_added AFTER INSERT ON quiz_texts BEGIN
	INSERT INTO quiz_fts (rowid, title, tags, description, questions, labels)
	VALUES (new.number, new.title, new.tags, new.description, new.questions, new.labels);
END;

CREATE TRIGGER quiz_texts_changed AFTER UPDATE OF labels, title, tags, description, questions ON quiz_texts
WHEN (old.labels, old.title, old.tags, old.description, old.questions)
	IS NOT (new.labels, new.title, new.tags, new.description, new.questions) BEGIN
	INSERT INTO quiz_fts (quiz_fts, rowid, title, tags, description, questions, labels)
	VALUES ('delete', old.number, old.title, old.tags, old.description, old.questions, old.labels);
	INSERT INTO quiz_fts (rowid, title, tags, description, questions, labels)
	VALUES (new.number, new.title, new.tags, new.description, new.questions, new.labels);
END;

CREATE TRIGGER quiz_texts_removed AFTER DELETE ON quiz_texts BEGIN
	INSERT INTO quiz_fts (quiz_fts, rowid, title, tags, description, questions, labels)
	VALUES ('delete', old.number, old.title, old.tags, old.description, old.questions, old.labels);
END;

CREATE TRIGGER quizzes_removed AFTER DELETE ON quizzes BEGIN
	DELETE FROM quiz_texts WHERE quiz = old.id;
END;

INSERT INTO quiz_texts (quiz, labels, title, tags, description, questions)
	SELECT id, CASE WHEN audience IS NULL THEN '' ELSE 'a' || lower(hex(audience)) || ' o' || lower(hex(owner)) || ' d' || difficulty
			|| ' s' || source || coalesce((SELECT group_concat(' t' || lower(hex(value)), '') FROM json_each(tags)), '') END,
		title, coalesce((SELECT group_concat(value, ', ') FROM json_each(tags)), ''), description, ''
	FROM quizzes ORDER BY published_at, id;

-- How many users have a quiz among their favourites, and how many like it. Sums, added to and taken from by the users' logs.
CREATE TABLE quiz_reactions (
	quiz TEXT PRIMARY KEY,
	favorites INTEGER NOT NULL,
	likes INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- How often a quiz was looked at, about: isolates count and write it down now and then. No part of the fold.
CREATE TABLE quiz_views (
	quiz TEXT PRIMARY KEY,
	views INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- How far the round has come that brings popularity and rating up to date: the quiz that it looked at last. No part of the fold.
CREATE TABLE popularity_round (
	one INTEGER PRIMARY KEY CHECK (one = 1),
	after TEXT NOT NULL
) STRICT;
