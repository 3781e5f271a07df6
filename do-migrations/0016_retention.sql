-- How far what a tenant keeps for some time only has been removed: up to which row of the log, and the time of that row.
CREATE TABLE retention (
	what TEXT PRIMARY KEY CHECK (what IN ('answers', 'prompts', 'addresses')),
	until_seq INTEGER NOT NULL,
	until_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Where the request came from that submitted it, as far as the tenant keeps that: JSON, sealed where the tenant wants it so.
ALTER TABLE attempts ADD COLUMN came_from TEXT;
