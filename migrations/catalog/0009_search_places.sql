-- What searches go by that depend on nothing their reader may not see and read a bounded number of rows of any catalog; decision 0021
-- says why. All of it follows from `quiz_texts`, by triggers, so that it is the same whichever release writes that table.

-- Audiences other than the public, which is 0. `label` is the first word of `quiz_texts.labels`.
CREATE TABLE search_audiences (
	number INTEGER PRIMARY KEY,
	label TEXT NOT NULL UNIQUE
) STRICT;

-- The place of each quiz that anybody can find: the number of its audience times 2^32, and which one it is of that audience, as they came.
CREATE TABLE search_places (
	place INTEGER PRIMARY KEY,
	quiz TEXT NOT NULL UNIQUE
) STRICT;

-- Words by place: of public quizzes, and of all others. No positions of words are kept, and no text: what a word costs to look up does not
-- depend on how often a text repeats it. Labels begin with a character that texts are freed of, so no text can pretend to have one; one
-- more is for the block of 2^12 places, by which a search is kept to the newest quizzes.
CREATE VIRTUAL TABLE search_public USING fts5 (
	title, tags, description, questions, labels, content = '', contentless_delete = 1, detail = column,
	tokenize = "unicode61 remove_diacritics 2 categories 'L* N* M* Co'", prefix = '2 3 4 5 6 7 8'
);

CREATE VIRTUAL TABLE search_closed USING fts5 (
	title, tags, description, questions, labels, content = '', contentless_delete = 1, detail = column,
	tokenize = "unicode61 remove_diacritics 2 categories 'L* N* M* Co'", prefix = '2 3 4 5 6 7 8'
);

-- What the two hold of each place.
CREATE VIEW search_words AS
	SELECT p.place, p.place < 4294967296 AS is_public, p.quiz,
		replace(t.title, char(0xe002), ' ') AS title, replace(t.tags, char(0xe002), ' ') AS tags,
		replace(t.description, char(0xe002), ' ') AS description, replace(t.questions, char(0xe002), ' ') AS questions,
		char(0xe002) || replace(t.labels, ' ', ' ' || char(0xe002)) || ' ' || char(0xe002) || 'b' || (p.place >> 12) AS labels
	FROM search_places AS p JOIN quiz_texts AS t ON t.quiz = p.quiz;

CREATE TRIGGER search_places_added AFTER INSERT ON search_places BEGIN
	INSERT INTO search_public (rowid, title, tags, description, questions, labels)
		SELECT place, title, tags, description, questions, labels FROM search_words WHERE place = new.place AND is_public;
	INSERT INTO search_closed (rowid, title, tags, description, questions, labels)
		SELECT place, title, tags, description, questions, labels FROM search_words WHERE place = new.place AND NOT is_public;
END;

CREATE TRIGGER search_places_removed AFTER DELETE ON search_places BEGIN
	DELETE FROM search_public WHERE rowid = iif(old.place < 4294967296, old.place, NULL);
	DELETE FROM search_closed WHERE rowid = iif(old.place < 4294967296, NULL, old.place);
END;

INSERT INTO search_audiences (label)
	SELECT DISTINCT substr(labels, 1, instr(labels || ' ', ' ') - 1) FROM quiz_texts WHERE labels <> '' AND labels || ' ' NOT LIKE 'a7075626c6963 %';

-- In pieces, since one statement must not take long.
INSERT INTO search_places (place, quiz)
	SELECT place, quiz FROM (SELECT t.number, t.quiz, (coalesce(a.number, 0) << 32) + row_number() OVER (PARTITION BY a.number ORDER BY t.number) AS place
		FROM quiz_texts AS t LEFT JOIN search_audiences AS a ON a.label = substr(t.labels, 1, instr(t.labels || ' ', ' ') - 1) WHERE t.labels <> '')
	WHERE number <= (SELECT max(number) FROM quiz_texts) / 4;

INSERT INTO search_places (place, quiz)
	SELECT place, quiz FROM (SELECT t.number, t.quiz, (coalesce(a.number, 0) << 32) + row_number() OVER (PARTITION BY a.number ORDER BY t.number) AS place
		FROM quiz_texts AS t LEFT JOIN search_audiences AS a ON a.label = substr(t.labels, 1, instr(t.labels || ' ', ' ') - 1) WHERE t.labels <> '')
	WHERE number > (SELECT max(number) FROM quiz_texts) / 4 AND number <= (SELECT max(number) FROM quiz_texts) / 2;

INSERT INTO search_places (place, quiz)
	SELECT place, quiz FROM (SELECT t.number, t.quiz, (coalesce(a.number, 0) << 32) + row_number() OVER (PARTITION BY a.number ORDER BY t.number) AS place
		FROM quiz_texts AS t LEFT JOIN search_audiences AS a ON a.label = substr(t.labels, 1, instr(t.labels || ' ', ' ') - 1) WHERE t.labels <> '')
	WHERE number > (SELECT max(number) FROM quiz_texts) / 2 AND number <= (SELECT max(number) FROM quiz_texts) * 3 / 4;

INSERT INTO search_places (place, quiz)
	SELECT place, quiz FROM (SELECT t.number, t.quiz, (coalesce(a.number, 0) << 32) + row_number() OVER (PARTITION BY a.number ORDER BY t.number) AS place
		FROM quiz_texts AS t LEFT JOIN search_audiences AS a ON a.label = substr(t.labels, 1, instr(t.labels || ' ', ' ') - 1) WHERE t.labels <> '')
	WHERE number > (SELECT max(number) FROM quiz_texts) * 3 / 4;

-- A quiz keeps its place as long as its audience stays.
CREATE TRIGGER search_texts_added AFTER INSERT ON quiz_texts WHEN new.labels <> '' BEGIN
	INSERT INTO search_audiences (label) SELECT substr(new.labels, 1, instr(new.labels || ' ', ' ') - 1)
		WHERE new.labels || ' ' NOT LIKE 'a7075626c6963 %' ON CONFLICT DO NOTHING;
	INSERT INTO search_places (place, quiz)
		SELECT max(base, coalesce((SELECT place FROM search_places WHERE place < base + 4294967296 ORDER BY place DESC LIMIT 1), 0)) + 1, new.quiz
		FROM (SELECT coalesce((SELECT number FROM search_audiences
			WHERE label = substr(new.labels, 1, instr(new.labels || ' ', ' ') - 1)), 0) << 32 AS base);
END;

CREATE TRIGGER search_texts_moved AFTER UPDATE OF labels ON quiz_texts
WHEN substr(old.labels, 1, instr(old.labels || ' ', ' ') - 1) <> substr(new.labels, 1, instr(new.labels || ' ', ' ') - 1) BEGIN
	DELETE FROM search_places WHERE quiz = old.quiz;
	INSERT INTO search_audiences (label) SELECT substr(new.labels, 1, instr(new.labels || ' ', ' ') - 1)
		WHERE new.labels <> '' AND new.labels || ' ' NOT LIKE 'a7075626c6963 %' ON CONFLICT DO NOTHING;
	INSERT INTO search_places (place, quiz)
		SELECT max(base, coalesce((SELECT place FROM search_places WHERE place < base + 4294967296 ORDER BY place DESC LIMIT 1), 0)) + 1, new.quiz
		FROM (SELECT coalesce((SELECT number FROM search_audiences
			WHERE label = substr(new.labels, 1, instr(new.labels || ' ', ' ') - 1)), 0) << 32 AS base) WHERE new.labels <> '';
END;

CREATE TRIGGER search_texts_changed AFTER UPDATE OF labels, title, tags, description, questions ON quiz_texts
WHEN substr(old.labels, 1, instr(old.labels || ' ', ' ') - 1) = substr(new.labels, 1, instr(new.labels || ' ', ' ') - 1)
	AND (old.labels, old.title, old.tags, old.description, old.questions)
		IS NOT (new.labels, new.title, new.tags, new.description, new.questions) BEGIN
	UPDATE search_public SET title = w.title, tags = w.tags, description = w.description, questions = w.questions, labels = w.labels
		FROM (SELECT place, title, tags, description, questions, labels FROM search_words WHERE quiz = new.quiz AND is_public) AS w
		WHERE search_public.rowid = w.place;
	UPDATE search_closed SET title = w.title, tags = w.tags, description = w.description, questions = w.questions, labels = w.labels
		FROM (SELECT place, title, tags, description, questions, labels FROM search_words WHERE quiz = new.quiz AND NOT is_public) AS w
		WHERE search_closed.rowid = w.place;
END;

CREATE TRIGGER search_texts_removed AFTER DELETE ON quiz_texts BEGIN
	DELETE FROM search_places WHERE quiz = old.quiz;
END;
