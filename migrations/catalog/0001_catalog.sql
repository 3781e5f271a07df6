-- The catalog: a fold of all the shards' logs. It owns nothing and can be rebuilt from them.

-- Directory of shards, and the cursor of each: the last row of its log that the catalog has applied.
CREATE TABLE shards (
	number INTEGER PRIMARY KEY,
	user_id TEXT NOT NULL UNIQUE,
	tenant_id TEXT NOT NULL,
	applied_seq INTEGER NOT NULL CHECK (applied_seq >= 0),
	head_hash TEXT NOT NULL,
	applied_at INTEGER NOT NULL
) STRICT;

-- Current published state. `audience` is 'public', a tenant, or a user; NULL once withdrawn, which leaves every list.
CREATE TABLE quizzes (
	id TEXT PRIMARY KEY,
	owner TEXT NOT NULL,
	audience TEXT,
	visibility TEXT NOT NULL CHECK (visibility IN ('private', 'tenant', 'public')),
	version TEXT NOT NULL,
	version_number INTEGER NOT NULL,
	title TEXT NOT NULL,
	description TEXT NOT NULL,
	tags TEXT NOT NULL CHECK (json_valid(tags)),
	difficulty TEXT NOT NULL,
	source TEXT NOT NULL,
	questions INTEGER NOT NULL,
	max_score INTEGER NOT NULL,
	published_at INTEGER NOT NULL,
	updated_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX quizzes_newest ON quizzes (audience, published_at DESC, id DESC) WHERE audience IS NOT NULL;

-- One row per submitted attempt. `shard` and `seq` say which log row it is.
CREATE TABLE attempt_facts (
	shard INTEGER NOT NULL,
	seq INTEGER NOT NULL,
	quiz TEXT NOT NULL,
	version TEXT NOT NULL,
	number INTEGER NOT NULL,
	score INTEGER NOT NULL,
	max_score INTEGER NOT NULL,
	percentage_bp INTEGER NOT NULL,
	passed INTEGER NOT NULL CHECK (passed IN (0, 1)),
	time_taken_s INTEGER,
	submitted_at INTEGER NOT NULL,
	PRIMARY KEY (shard, seq)
) STRICT, WITHOUT ROWID;

-- Sums over all attempts at a quiz, of any version. `histogram` counts them by tenths of the percentage.
CREATE TABLE quiz_statistics (
	quiz TEXT PRIMARY KEY,
	attempts INTEGER NOT NULL CHECK (attempts >= 0),
	takers INTEGER NOT NULL CHECK (takers >= 0),
	passed INTEGER NOT NULL CHECK (passed >= 0),
	score_sum INTEGER NOT NULL,
	percentage_bp_sum INTEGER NOT NULL,
	histogram TEXT NOT NULL CHECK (json_valid(histogram))
) STRICT, WITHOUT ROWID;

-- Sums over all attempts at one version, of all its questions, as one vector; domain/statistics.ts says what stands where.
CREATE TABLE question_statistics (
	quiz TEXT NOT NULL,
	version TEXT NOT NULL,
	layout TEXT NOT NULL CHECK (json_valid(layout)),
	sums TEXT NOT NULL CHECK (json_valid(sums)),
	PRIMARY KEY (quiz, version)
) STRICT, WITHOUT ROWID;

-- Rows of logs that could not be read. The cursor has moved past them; they can be driven again from the shard's log.
CREATE TABLE dead_letters (
	user_id TEXT NOT NULL,
	seq INTEGER NOT NULL,
	error TEXT NOT NULL,
	row TEXT NOT NULL,
	at INTEGER NOT NULL,
	PRIMARY KEY (user_id, seq)
) STRICT, WITHOUT ROWID;

-- One row per generation that ended; `shard` and `seq` say which log row opened its hold. A late settlement writes it anew.
CREATE TABLE generation_facts (
	shard INTEGER NOT NULL,
	seq INTEGER NOT NULL,
	hold TEXT NOT NULL,
	status TEXT NOT NULL CHECK (status IN ('completed', 'failed')),
	model TEXT NOT NULL,
	credits INTEGER NOT NULL CHECK (credits >= 0),
	tokens INTEGER NOT NULL CHECK (tokens >= 0),
	cost_cents INTEGER NOT NULL CHECK (cost_cents >= 0),
	quiz TEXT,
	at INTEGER NOT NULL,
	PRIMARY KEY (shard, seq)
) STRICT, WITHOUT ROWID;

-- Their sums. `day` counts from the epoch, UTC; `model` is '' where none was named.
CREATE TABLE usage_daily (
	tenant_id TEXT NOT NULL,
	day INTEGER NOT NULL,
	model TEXT NOT NULL,
	generations INTEGER NOT NULL,
	completed INTEGER NOT NULL,
	failed INTEGER NOT NULL,
	credits INTEGER NOT NULL,
	tokens INTEGER NOT NULL,
	cost_cents INTEGER NOT NULL,
	PRIMARY KEY (tenant_id, day, model)
) STRICT, WITHOUT ROWID;

-- What else moved credits for good: grants, expiries, voids, refunds.
CREATE TABLE credit_facts (
	shard INTEGER NOT NULL,
	seq INTEGER NOT NULL,
	kind TEXT NOT NULL,
	granted INTEGER NOT NULL,
	consumed INTEGER NOT NULL,
	expired INTEGER NOT NULL,
	voided INTEGER NOT NULL,
	refunded INTEGER NOT NULL,
	at INTEGER NOT NULL,
	PRIMARY KEY (shard, seq)
) STRICT, WITHOUT ROWID;

-- For analysts: every movement of credits, whichever table it is in.
CREATE VIEW credit_movements AS
	SELECT s.user_id, s.tenant_id, f.seq, f.kind, f.granted, f.consumed, f.expired, f.voided, f.refunded, f.at
	FROM credit_facts AS f JOIN shards AS s ON s.number = f.shard
	UNION ALL
	SELECT s.user_id, s.tenant_id, g.seq, 'generation.' || g.status, 0, g.credits, 0, 0, 0, g.at
	FROM generation_facts AS g JOIN shards AS s ON s.number = g.shard;
