-- Who has which image. The bytes in R2 are shared by all who have them, and stay until the last one has let go. A row with
-- `removed_at` says that the owner had it, so that no older event brings it back. `seq` is the log row that wrote it.
CREATE TABLE media_holders (
	hash TEXT NOT NULL,
	owner TEXT NOT NULL,
	removed_at INTEGER,
	seq INTEGER NOT NULL,
	PRIMARY KEY (hash, owner)
) STRICT, WITHOUT ROWID;

CREATE INDEX media_holders_by_owner ON media_holders (owner, hash);

-- Where the purge of R2 stands: the last key under each prefix that it has looked at; '' where it begins anew. No part of the fold.
CREATE TABLE media_purge (
	prefix TEXT PRIMARY KEY,
	last_key TEXT NOT NULL
) STRICT, WITHOUT ROWID;
