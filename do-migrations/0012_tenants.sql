-- Events of a tenant that its own object has in its log, so that one which is delivered again is known. Empty in the object of a user.
CREATE TABLE recorded (
	event TEXT PRIMARY KEY,
	seq INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
