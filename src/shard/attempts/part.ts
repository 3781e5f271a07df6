import { type Part, partOf } from "../engine/part.ts";
import { INNER_NAME, values } from "../engine/table.ts";
import { readable, same, sameColumns } from "../verification/difference.ts";
import { Attempts } from "./store.ts";

interface AttemptsState {
	/** Up to when answers may be kept no longer. */
	removed_until: number;
	stored: Pick<Attempts, "event">;
	count: number;
}

/** Attempts are compared as their rows come, so that they need not be kept. */
export const attemptsPart: Part<"attempt.submitted", AttemptsState, { attempts: Attempts }> = partOf({
	tables: {
		attempts: {
			key: ["quiz", "number"],
			columns: {
				...values("quiz", "number", "seq", "id", "version_number", "score", "max_score", "percentage_bp", "passed"),
				...values("started_at", "time_taken_s", "submitted_at", "counted", "question_marks"),
				items: "json",
				hundredths: "json",
				answers: { field: "answers" },
				came_from: { field: "came_from" },
				version: INNER_NAME,
			},
		},
	},
	head: "attempt_head",
	stores: (sql) => ({ attempts: new Attempts(sql) }),
	begin: ({ attempts, retention }) => ({
		stored: attempts,
		count: 0,
		removed_until: retention.removedUntil("answers"),
	}),
	rows: {
		"attempt.submitted": (state, { body, seq, at }) => {
			state.count++;
			const stored = readable("attempts", seq, () => state.stored.event(seq, state.removed_until));
			const answers_digest = stored?.answers_digest === null ? null : body.answers_digest;
			sameColumns("attempts", seq, stored, { ...body, answers_digest, submitted_at: at });
		},
	},
	compare({ attempts }, { count }) {
		same("attempts", "all", "number of rows", attempts.count(), count);
	},
});
