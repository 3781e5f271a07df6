-- The shard of one user. Numbers are integers; times are milliseconds since the epoch; JSON is text.

-- Whose shard this is. Written with the first event.
CREATE TABLE shard (
	one INTEGER PRIMARY KEY CHECK (one = 1),
	user_id TEXT NOT NULL,
	tenant_id TEXT NOT NULL,
	opened_at INTEGER NOT NULL
) STRICT;

-- Audit trail, change feed and outbox. `hash` is SHA-256(previous hash, canonical row). `ledger_head` is the latest row up to
-- this one that is an entry of the ledger, 0 for none; so the ledger at any instant is found without an index.
CREATE TABLE log (
	seq INTEGER PRIMARY KEY CHECK (seq > 0),
	at INTEGER NOT NULL CHECK (at >= 0),
	actor TEXT NOT NULL,
	kind TEXT NOT NULL,
	subject TEXT NOT NULL,
	body TEXT NOT NULL CHECK (json_valid(body)),
	hash BLOB NOT NULL CHECK (length(hash) = 32),
	ledger_head INTEGER NOT NULL CHECK (ledger_head BETWEEN 0 AND seq)
) STRICT;

CREATE TRIGGER log_is_never_updated BEFORE UPDATE ON log BEGIN SELECT RAISE(ABORT, 'log rows are never updated'); END;

CREATE TRIGGER log_is_never_deleted BEFORE DELETE ON log BEGIN SELECT RAISE(ABORT, 'log rows are never deleted'); END;

-- Answers already given, by idempotency key. `period` counts days, so that old keys are purged without an index on a time.
-- `digest` is SHA-256 of the other columns.
CREATE TABLE requests (
	period INTEGER NOT NULL,
	key TEXT NOT NULL,
	fingerprint TEXT NOT NULL,
	seq INTEGER NOT NULL,
	outcome TEXT NOT NULL CHECK (json_valid(outcome)),
	digest TEXT NOT NULL CHECK (length(digest) = 64),
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

-- The ledger's current state: totals; as JSON the lots that still have credits, the holds that are open, the plan and the terms;
-- and what was charged on which day since the epoch, for the daily cap. `digest` is SHA-256 of the other columns: a damaged row
-- is not acted on.
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
	plan TEXT NOT NULL CHECK (json_valid(plan)),
	terms TEXT NOT NULL CHECK (json_valid(terms)),
	spent TEXT NOT NULL CHECK (json_valid(spent)),
	digest TEXT NOT NULL CHECK (length(digest) = 64),
	CHECK (granted = available + held + consumed + expired + voided)
) STRICT;

-- Lots without credits to move. `lot` is the lot as JSON; a refund takes it back into the account.
CREATE TABLE closed_lots (
	seq INTEGER PRIMARY KEY,
	id TEXT NOT NULL,
	lot TEXT NOT NULL CHECK (json_valid(lot))
) STRICT;

-- Every hold, open or ended, which is also the record of an AI generation. `seq` is the log row that opened it, `record` what the
-- log says of it beyond the columns, as JSON. Prompt and conversation are here only; the log has their digests.
CREATE TABLE holds (
	seq INTEGER PRIMARY KEY,
	id TEXT NOT NULL,
	status TEXT NOT NULL CHECK (status IN ('held', 'settled', 'released', 'expired')),
	amount INTEGER NOT NULL CHECK (amount > 0),
	settled INTEGER NOT NULL CHECK (settled >= 0),
	refunded INTEGER NOT NULL CHECK (refunded BETWEEN 0 AND settled),
	returned INTEGER NOT NULL CHECK (returned >= 0),
	lapsed INTEGER NOT NULL CHECK (lapsed >= 0),
	shortfall INTEGER NOT NULL CHECK (shortfall >= 0),
	opened_at INTEGER NOT NULL,
	expires_at INTEGER NOT NULL CHECK (expires_at > opened_at),
	ended_at INTEGER,
	record TEXT NOT NULL CHECK (json_valid(record)),
	prompt TEXT,
	conversation TEXT,
	CHECK ((status = 'held') = (ended_at IS NULL)),
	CHECK (status <> 'held' OR settled + returned + lapsed + shortfall = 0),
	CHECK (status = 'settled' OR settled = 0),
	CHECK (returned + lapsed <= amount)
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
