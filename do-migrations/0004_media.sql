-- Images of this user. `seq` is the log row that added it, `hash` the SHA-256 of the bytes, which lie in R2. `unused_since` is NULL
-- while a draft or a version names it.
CREATE TABLE media (
	seq INTEGER PRIMARY KEY,
	hash TEXT NOT NULL UNIQUE CHECK (length(hash) = 64),
	type TEXT NOT NULL CHECK (type IN ('image/png', 'image/jpeg', 'image/webp', 'image/gif')),
	bytes INTEGER NOT NULL CHECK (bytes > 0),
	width INTEGER NOT NULL CHECK (width > 0),
	height INTEGER NOT NULL CHECK (height > 0),
	added_at INTEGER NOT NULL,
	unused_since INTEGER
) STRICT;

CREATE INDEX media_by_unused ON media (unused_since) WHERE unused_since IS NOT NULL;

-- What names what: the quiz by its row, and the number of the version, 0 for the draft.
CREATE TABLE media_uses (
	quiz INTEGER NOT NULL,
	version INTEGER NOT NULL CHECK (version >= 0),
	media TEXT NOT NULL CHECK (length(media) = 64),
	PRIMARY KEY (quiz, version, media)
) STRICT, WITHOUT ROWID;

CREATE INDEX media_uses_by_media ON media_uses (media);

-- How many there are, so that the limits need no count.
CREATE TABLE media_totals (
	one INTEGER PRIMARY KEY CHECK (one = 1),
	items INTEGER NOT NULL CHECK (items >= 0),
	bytes INTEGER NOT NULL CHECK (bytes >= 0)
) STRICT;
