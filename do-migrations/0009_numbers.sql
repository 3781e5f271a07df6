-- Which of the user's attempts at the quiz it is among those that count in statistics, 0 where it does not count; NULL: it is `number`.
ALTER TABLE attempts ADD COLUMN counted INTEGER CHECK (counted IS NULL OR counted >= 0);

-- 'hidden' where the taker is not told the marks of each question; NULL where they are shown.
ALTER TABLE attempts ADD COLUMN question_marks TEXT CHECK (question_marks IS NULL OR question_marks = 'hidden');
