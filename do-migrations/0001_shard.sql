-- The shard of one user. Numbers are integers; times are milliseconds since the epoch; JSON is text.

-- Whose shard this is. Written with the first event.
CREATE TABLE shard (
	one INTEGER PRIMARY KEY CHECK (one = 1),
	user_id TEXT NOT NULL,
	tenant_id TEXT NOT NULL,
	opened_at INTEGER NOT NULL
) STRICT;

-- Audit trail, change feed and outbox. `hash` is SHA-256(previous hash, canonical row).
CREATE TABLE log (
	seq INTEGER PRIMARY KEY CHECK (seq > 0),
	at INTEGER NOT NULL CHECK (at >= 0),
	actor TEXT NOT NULL,
	kind TEXT NOT NULL,
	subject TEXT NOT NULL,
	body TEXT NOT NULL CHECK (json_valid(body)),
	hash BLOB NOT NULL CHECK (length(hash) = 32)
) STRICT;

CREATE TRIGGER log_is_never_updated BEFORE UPDATE ON log BEGIN SELECT RAISE(ABORT, 'log rows are never updated'); END;

CREATE TRIGGER log_is_never_deleted BEFORE DELETE ON log BEGIN SELECT RAISE(ABORT, 'log rows are never deleted'); END;

-- Answers already given, by idempotency key. `period` counts days, so that old keys are purged without an index on a time.
CREATE TABLE requests (
	period INTEGER NOT NULL,
	key TEXT NOT NULL,
	fingerprint TEXT NOT NULL,
	seq INTEGER NOT NULL,
	outcome TEXT NOT NULL CHECK (json_valid(outcome)),
	PRIMARY KEY (period, key)
) STRICT, WITHOUT ROWID;

-- How the publisher stands while the catalog does not catch up. No row means that all is well.
CREATE TABLE publisher (
	one INTEGER PRIMARY KEY CHECK (one = 1),
	resends INTEGER NOT NULL CHECK (resends > 0),
	resend_at INTEGER NOT NULL
) STRICT;

-- `seq` is the log row of the submission; it is also in the id, so that no index on the id is needed.
CREATE TABLE attempts (
	seq INTEGER PRIMARY KEY,
	id TEXT NOT NULL,
	quiz TEXT NOT NULL,
	version TEXT NOT NULL,
	version_number INTEGER NOT NULL CHECK (version_number > 0),
	number INTEGER NOT NULL CHECK (number > 0),
	score INTEGER NOT NULL CHECK (score BETWEEN 0 AND max_score),
	max_score INTEGER NOT NULL CHECK (max_score > 0),
	percentage_bp INTEGER NOT NULL CHECK (percentage_bp BETWEEN 0 AND 10000),
	passed INTEGER NOT NULL CHECK (passed IN (0, 1)),
	started_at INTEGER,
	time_taken_s INTEGER,
	submitted_at INTEGER NOT NULL,
	items TEXT NOT NULL CHECK (json_valid(items))
) STRICT;

CREATE UNIQUE INDEX attempts_by_quiz ON attempts (quiz, number);

-- The ledger's current state: totals, and as JSON the lots that still have credits and the holds that are open.
CREATE TABLE account (
	one INTEGER PRIMARY KEY CHECK (one = 1),
	granted INTEGER NOT NULL,
	available INTEGER NOT NULL CHECK (available >= 0),
	held INTEGER NOT NULL CHECK (held >= 0),
	consumed INTEGER NOT NULL CHECK (consumed >= 0),
	expired INTEGER NOT NULL CHECK (expired >= 0),
	voided INTEGER NOT NULL CHECK (voided >= 0),
	last_entry INTEGER NOT NULL,
	lots TEXT NOT NULL CHECK (json_valid(lots)),
	holds TEXT NOT NULL CHECK (json_valid(holds)),
	CHECK (granted = available + held + consumed + expired + voided)
) STRICT;

-- Lots that nothing can move any more. `lot` is the lot as JSON.
CREATE TABLE closed_lots (
	seq INTEGER PRIMARY KEY,
	id TEXT NOT NULL,
	lot TEXT NOT NULL CHECK (json_valid(lot))
) STRICT;

-- Every hold, open or ended, which is also the record of an AI generation. `seq` is the log row that opened it.
CREATE TABLE holds (
	seq INTEGER PRIMARY KEY,
	id TEXT NOT NULL,
	status TEXT NOT NULL CHECK (status IN ('held', 'settled', 'released', 'expired')),
	amount INTEGER NOT NULL CHECK (amount > 0),
	slices TEXT NOT NULL CHECK (json_valid(slices)),
	over_capture TEXT NOT NULL CHECK (json_valid(over_capture)),
	late_settle TEXT NOT NULL CHECK (late_settle IN ('reject', 'charge')),
	purpose TEXT,
	model TEXT,
	prompt TEXT,
	opened_at INTEGER NOT NULL,
	expires_at INTEGER NOT NULL CHECK (expires_at > opened_at),
	settled INTEGER NOT NULL DEFAULT 0 CHECK (settled >= 0),
	returned INTEGER NOT NULL DEFAULT 0 CHECK (returned >= 0),
	lapsed INTEGER NOT NULL DEFAULT 0 CHECK (lapsed >= 0),
	shortfall INTEGER NOT NULL DEFAULT 0 CHECK (shortfall >= 0),
	tokens_used INTEGER,
	cost_cents INTEGER,
	quiz TEXT,
	reason TEXT,
	ended_at INTEGER,
	CHECK ((status = 'held') = (ended_at IS NULL)),
	CHECK (status <> 'held' OR settled + returned + lapsed + shortfall = 0)
) STRICT;

-- Authored quizzes. `seq` is the log row that created it; `draft` is the canonical JSON of the content.
CREATE TABLE quizzes (
	seq INTEGER PRIMARY KEY,
	id TEXT NOT NULL,
	status TEXT NOT NULL CHECK (status IN ('draft', 'published', 'withdrawn')),
	visibility TEXT CHECK (visibility IN ('private', 'tenant', 'public')),
	revision INTEGER NOT NULL CHECK (revision > 0),
	title TEXT NOT NULL,
	draft TEXT NOT NULL CHECK (json_valid(draft)),
	draft_hash TEXT NOT NULL CHECK (length(draft_hash) = 64),
	version INTEGER NOT NULL DEFAULT 0 CHECK (version >= 0),
	version_hash TEXT,
	created_at INTEGER NOT NULL,
	updated_at INTEGER NOT NULL,
	published_at INTEGER,
	CHECK ((version = 0) = (version_hash IS NULL)),
	CHECK (status <> 'published' OR (version > 0 AND visibility IS NOT NULL AND published_at IS NOT NULL))
) STRICT;

-- What was published, frozen.
CREATE TABLE quiz_versions (
	quiz INTEGER NOT NULL,
	number INTEGER NOT NULL CHECK (number > 0),
	hash TEXT NOT NULL CHECK (length(hash) = 64),
	content TEXT NOT NULL,
	published_at INTEGER NOT NULL,
	PRIMARY KEY (quiz, number)
) STRICT;
