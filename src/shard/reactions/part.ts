import type { LogEvent } from "../../domain/log/events.ts";
import type { ReactionKind } from "../../domain/reactions/events.ts";
import { changeOf } from "../../domain/reactions/reactions.ts";
import { type Part, partOf } from "../engine/part.ts";
import { values } from "../engine/table.ts";
import { same, sameJson } from "../verification/difference.ts";
import { Reactions } from "./store.ts";

/** By `kind quiz`. */
type ReactionsState = Map<string, { seq: number; at: number }>;

function change(state: ReactionsState, { kind, body, seq, at }: LogEvent<ReactionKind>): void {
	const { reaction, by } = changeOf(kind);
	const key = `${reaction} ${body.quiz}`;
	if (by === 1) state.set(key, { seq, at });
	else state.delete(key);
}

export const reactionsPart: Part<ReactionKind, ReactionsState, { reactions: Reactions }> = partOf({
	tables: { reactions: { key: ["kind", "quiz"], columns: values("kind", "quiz", "seq", "at") } },
	stores: (sql) => ({ reactions: new Reactions(sql) }),
	begin: () => new Map(),
	rows: {
		"quiz.favorited": change,
		"quiz.unfavorited": change,
		"quiz.liked": change,
		"quiz.unliked": change,
	},
	compare({ sql }, state) {
		let rows = 0;
		const query = "SELECT kind, quiz, seq, at FROM reactions ORDER BY kind, quiz";
		for (const { kind, quiz, ...row } of sql.each<{ kind: string; quiz: string; seq: number; at: number }>(query)) {
			sameJson("reactions", `${kind} ${quiz}`, row, state.get(`${kind} ${quiz}`));
			rows++;
		}
		same("reactions", "all", "number of rows", rows, state.size);
	},
});
