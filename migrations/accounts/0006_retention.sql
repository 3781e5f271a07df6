-- Tenants that keep something for some time only: when the next round over their users is due, and after which user it goes on.
CREATE TABLE retention_rounds (
	tenant_id TEXT PRIMARY KEY,
	due_at INTEGER NOT NULL,
	began_at INTEGER,
	after_user TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX retention_rounds_due ON retention_rounds (due_at);
