-- That the user is being erased, or was. No row in all other shards. Nothing is added to the log from then on, by any release, but the row
-- that says so.
CREATE TABLE erasure (
	one INTEGER PRIMARY KEY CHECK (one = 1),
	state TEXT NOT NULL CHECK (state IN ('erasing', 'erased')),
	at INTEGER NOT NULL
) STRICT;

CREATE TRIGGER log_of_an_erased_user_is_closed BEFORE INSERT ON log
WHEN new.kind <> 'shard.erased' AND EXISTS (SELECT 1 FROM erasure)
BEGIN SELECT RAISE(ABORT, 'the user is erased'); END;
