import { ENDINGS_AT_ONCE_MAX } from "../../domain/attempts/limits.ts";
import type { EventBody } from "../../domain/log/events.ts";
import { type Part, partOf } from "../engine/part.ts";
import type { Timed } from "../engine/schedule.ts";
import { INNER_NAME, values } from "../engine/table.ts";
import type { Stores } from "../parts.ts";
import { Difference, readable, same, sameColumns, sameJson } from "../verification/difference.ts";
import { endByClock } from "./commands.ts";
import { Sittings } from "./sittings.ts";
import { Attempts } from "./store.ts";

interface AttemptsState {
	/** Up to when answers may be kept no longer. */
	removed_until: number;
	stored: Pick<Attempts, "event">;
	count: number;
	/** By the rows that opened them. */
	sittings: Map<number, { status: string; record: EventBody<"attempt.opened"> }>;
}

/** Attempts whose time is over end. */
const timed = (stores: Stores): Timed => ({
	nextDueAt: () => stores.sittings.outlook().over_at,
	advance(user, tenant, now) {
		const { over_at } = stores.sittings.outlook();
		if (over_at === null || over_at > now) return;
		const unit = { ...stores, who: { user, tenant, actor: "system" }, now };
		for (const sitting of stores.sittings.overBy(now, ENDINGS_AT_ONCE_MAX)) endByClock(unit, sitting);
	},
	forgetCache: () => stores.sittings.forgetCache(),
});

/** Submitted attempts are compared as their rows come, so that they need not be kept. */
export const attemptsPart: Part<
	"attempt.opened" | "attempt.submitted" | "attempt.abandoned",
	AttemptsState,
	{ attempts: Attempts; sittings: Sittings }
> = partOf({
	tables: {
		attempts: {
			key: ["quiz", "number"],
			columns: {
				...values("quiz", "number", "seq", "id", "version_number", "score", "max_score", "percentage_bp", "passed"),
				...values("started_at", "time_taken_s", "submitted_at", "counted", "question_marks", "drawn"),
				items: "json",
				hundredths: "json",
				sitting: "json",
				answers: { field: "answers" },
				came_from: { field: "came_from" },
				version: INNER_NAME,
			},
		},
		sittings: {
			key: ["quiz", "number"],
			columns: {
				...values("quiz", "number", "seq", "id", "status", "opened_at", "deadline", "over_at"),
				terms: {
					withheld: "They are the quiz's, and what the attempt was opened with, which its row of the log says.",
				},
				saved: {
					withheld: "What is saved is read with the attempt while it is under way; what it earns is told at the end.",
				},
			},
		},
	},
	stores: (sql) => ({ attempts: new Attempts(sql), sittings: new Sittings(sql) }),
	timed,
	head: "attempt_head",
	headKinds: ["attempt.submitted"],
	begin: ({ attempts, retention }) => ({
		stored: attempts,
		count: 0,
		sittings: new Map(),
		removed_until: retention.removedUntil("answers"),
	}),
	rows: {
		"attempt.opened": (state, { body, seq }) => {
			state.sittings.set(seq, { status: "in_progress", record: body });
		},
		"attempt.submitted": (state, { body, seq, at }) => {
			state.count++;
			const stored = readable("attempts", seq, () => state.stored.event(seq, state.removed_until));
			const answers_digest = stored?.answers_digest === null ? null : body.answers_digest;
			sameColumns("attempts", seq, stored, { ...body, answers_digest, submitted_at: at });
			if (body.sitting && !state.sittings.delete(body.sitting.opened)) {
				throw new Difference("log", seq, "The attempt was not under way.");
			}
		},
		"attempt.abandoned": (state, { body, seq }) => {
			const sitting = state.sittings.get(body.opened);
			if (!sitting) throw new Difference("log", seq, "The attempt was not under way.");
			sitting.status = "abandoned";
		},
	},
	compare({ attempts, sittings }, state) {
		same("attempts", "all", "number of rows", attempts.count(), state.count);
		let rows = 0;
		for (const { seq, ...stored } of sittings.records()) {
			rows++;
			sameJson("sittings", seq, stored, state.sittings.get(seq));
		}
		same("sittings", "all", "number of rows", rows, state.sittings.size);
	},
});
