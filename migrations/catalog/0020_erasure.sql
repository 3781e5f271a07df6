-- A user who is erased keeps a row of the directory, in the end with nothing in it but the id, so that nothing of the user's log is ever applied
-- again. NULL of everybody else.
ALTER TABLE shards ADD COLUMN erased_at INTEGER;

-- Whatever a release does, it takes this for a cursor that another has moved, and leaves the message alone.
CREATE TRIGGER shards_of_erased_users_stay BEFORE UPDATE OF applied_seq ON shards
WHEN old.erased_at IS NOT NULL AND new.applied_seq > old.applied_seq
BEGIN SELECT RAISE(ABORT, 'NOT NULL constraint failed: shards.applied_seq'); END;

-- Whose content lies under a hash: before contents had nonces it could be several authors'.
CREATE INDEX quiz_versions_by_version ON quiz_versions (version);
