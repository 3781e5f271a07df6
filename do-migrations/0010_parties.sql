-- Parties of different trust in one shard.

-- The tenant of the user who used the share: a grant is for that user of that tenant. NULL in rows from before this column.
ALTER TABLE grants ADD COLUMN tenant TEXT;

-- How many changes each visitor has made here in a period, as of `requests`; a visitor is somebody who has used a share.
CREATE TABLE visits (
	period INTEGER NOT NULL,
	visitor TEXT NOT NULL,
	changes INTEGER NOT NULL CHECK (changes > 0),
	PRIMARY KEY (period, visitor)
) STRICT, WITHOUT ROWID;
