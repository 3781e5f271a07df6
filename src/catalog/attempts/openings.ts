import { projection } from "../replication/projection.ts";
import { dropFacts, forEach } from "../replication/statements.ts";

/** Who sits: attempts that were opened, and which of them came to nothing. Those that were submitted say so in their own facts. */

const INSERT = `INSERT INTO opening_facts (shard, seq, quiz, version, number, opened_at, deadline)
	SELECT (SELECT number FROM shards WHERE user_id = value ->> 'user'), value ->> 'seq', value ->> 'quiz',
		value ->> 'version', value ->> 'number', value ->> 'at', value ->> 'deadline' FROM json_each(?1)`;

const ABANDON = `UPDATE opening_facts SET abandoned_at = item.value ->> 'abandoned_at' FROM json_each(?1) AS item
	WHERE shard = (SELECT number FROM shards WHERE user_id = item.value ->> 'user') AND seq = item.value ->> 'opened'`;

export const openings = projection({
	kinds: ["attempt.opened", "attempt.abandoned"],
	apply(db, events) {
		const opened = events.flatMap(({ user, seq, at, kind, body }) =>
			kind === "attempt.opened" ? [{ ...body, user, seq, at }] : [],
		);
		const abandoned = events.flatMap(({ user, at, kind, body }) =>
			kind === "attempt.abandoned" ? [{ user, opened: body.opened, abandoned_at: at }] : [],
		);
		return [...forEach(db, INSERT, opened), ...forEach(db, ABANDON, abandoned)];
	},
	undo(db, events, run) {
		const back = events.flatMap(({ user, kind, body }) =>
			kind === "attempt.abandoned" ? [{ user, opened: body.opened, abandoned_at: null }] : [],
		);
		return [dropFacts(db, "opening_facts", run), ...forEach(db, ABANDON, back)];
	},
	tables: [
		{
			name: "opening_facts",
			key: ["shard", "seq"],
			kind: "facts",
			columns: ["seq", "quiz", "version", "number", "opened_at", "deadline", "abandoned_at"],
			incidental: ["shard"],
		},
	],
});
