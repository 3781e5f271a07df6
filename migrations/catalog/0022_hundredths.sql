-- Marks in hundredths, where whole ones do not say it all; NULL where `score` and `max_score` do.
ALTER TABLE attempt_facts ADD COLUMN score_hundredths INTEGER;

ALTER TABLE attempt_facts ADD COLUMN max_hundredths INTEGER;

ALTER TABLE quizzes ADD COLUMN max_hundredths INTEGER;

ALTER TABLE quiz_versions ADD COLUMN max_hundredths INTEGER;

-- The sums of attempts whose marks are not whole, in hundredths; `sums` is of the others. domain/attempts/statistics.ts says what stands where.
ALTER TABLE question_statistics ADD COLUMN fine_sums TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(fine_sums));
