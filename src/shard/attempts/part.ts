import { type Part, partOf } from "../engine/part.ts";
import { INNER_NAME, values } from "../engine/table.ts";
import { readable, same, sameColumns } from "../verification/difference.ts";
import { Attempts } from "./store.ts";

interface AttemptsState {
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
				version: INNER_NAME,
			},
		},
	},
	head: "attempt_head",
	stores: (sql) => ({ attempts: new Attempts(sql) }),
	begin: ({ attempts }) => ({ stored: attempts, count: 0 }),
	rows: {
		"attempt.submitted": (state, { body, seq, at }) => {
			state.count++;
			const stored = readable("attempts", seq, () => state.stored.event(seq));
			sameColumns("attempts", seq, stored, { ...body, submitted_at: at });
		},
	},
	compare({ attempts }, { count }) {
		same("attempts", "all", "number of rows", attempts.count(), count);
	},
});
