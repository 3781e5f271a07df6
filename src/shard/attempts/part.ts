import { type Part, partOf } from "../engine/part.ts";
import { readable, same, sameColumns } from "../verification/difference.ts";
import { Attempts } from "./store.ts";

interface AttemptsState {
	stored: Pick<Attempts, "event">;
	count: number;
}

/** Attempts are compared as their rows come, so that they need not be kept. */
export const attemptsPart: Part<"attempt.submitted", AttemptsState, { attempts: Attempts }> = partOf({
	tables: ["attempts"],
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
