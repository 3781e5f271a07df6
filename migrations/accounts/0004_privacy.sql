-- Erasures of users, and what they leave for ever so that nothing comes back.

-- One for each user who is erased, or was. `step` and `position` say how far it is, `trouble` what it waits for.
CREATE TABLE erasures (
	id TEXT PRIMARY KEY,
	tenant_id TEXT NOT NULL,
	user_id TEXT NOT NULL,
	requested_by TEXT NOT NULL,
	requested_at INTEGER NOT NULL,
	step TEXT NOT NULL,
	position TEXT NOT NULL CHECK (json_valid(position)),
	trouble TEXT,
	updated_at INTEGER NOT NULL,
	finished_at INTEGER
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX erasures_by_user ON erasures (user_id);

CREATE INDEX erasures_open ON erasures (updated_at, id) WHERE finished_at IS NULL;

-- Quizzes of users who are erased: attempts at them stay with who made them, without the title.
CREATE TABLE erased_quizzes (quiz TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;

-- Whom an erasure takes out of them.
CREATE INDEX invitations_by_email ON invitations (email);
