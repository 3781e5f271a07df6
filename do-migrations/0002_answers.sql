-- The answers of an attempt as canonical JSON, question id to response; the log has their digest. NULL in rows from before this
-- column: all of their answers were choices, which `items` has.
ALTER TABLE attempts ADD COLUMN answers TEXT CHECK (answers IS NULL OR json_valid(answers));
