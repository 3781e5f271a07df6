-- Who may see the quiz that claimed a slug, as its row in `quizzes` says: a claim counts for those alone who may know of it. Kept by
-- triggers, so that it follows the quiz whoever writes it.
ALTER TABLE quiz_slugs ADD COLUMN audience TEXT;

UPDATE quiz_slugs SET audience = (SELECT q.audience FROM quizzes AS q WHERE q.id = quiz_slugs.quiz);

-- The earliest claim to a slug among the quizzes of an audience.
CREATE INDEX quiz_slugs_by_audience ON quiz_slugs (tenant_id, slug, audience, claimed_at, quiz) WHERE audience IS NOT NULL;

CREATE TRIGGER quiz_slugs_claimed AFTER INSERT ON quiz_slugs BEGIN
	UPDATE quiz_slugs SET audience = (SELECT q.audience FROM quizzes AS q WHERE q.id = new.quiz)
	WHERE tenant_id = new.tenant_id AND slug = new.slug AND claimed_at = new.claimed_at AND quiz = new.quiz;
END;

CREATE TRIGGER quiz_slugs_shown AFTER INSERT ON quizzes BEGIN
	UPDATE quiz_slugs SET audience = new.audience WHERE owner = new.owner AND quiz = new.id;
END;

CREATE TRIGGER quiz_slugs_moved AFTER UPDATE OF audience ON quizzes WHEN old.audience IS NOT new.audience BEGIN
	UPDATE quiz_slugs SET audience = new.audience WHERE owner = new.owner AND quiz = new.id;
END;
