import { REACTIONS_PER_USER_MAX } from "../../domain/reactions/limits.ts";
import { REACTION_EVENTS, type Reaction } from "../../domain/reactions/reactions.ts";
import { accepted, type Outcome, refused } from "../../domain/result.ts";
import type { Unit } from "../engine/unit.ts";

/**
 * Puts a quiz among the favourites or likes of the user. Again, it changes nothing. The caller has seen that the user may see the
 * quiz.
 */
export function react(unit: Unit, kind: Reaction, quiz: string): Outcome<{ quiz: string; at: number }> {
	const known = unit.reactions.get(kind, quiz);
	if (known) return accepted({ quiz, at: known.at });
	if (unit.reactions.reaches(kind, REACTIONS_PER_USER_MAX)) {
		return refused({ code: "conflict", detail: `A user has at most ${REACTIONS_PER_USER_MAX} ${kind}s.` });
	}
	const seq = unit.log.append(unit.who, unit.now, REACTION_EVENTS[kind].set, quiz, { quiz });
	unit.reactions.insert(kind, quiz, seq, unit.now);
	return accepted({ quiz, at: unit.now });
}

/** Takes it out again; `was_there` says whether there was anything to take out. */
export function takeBack(unit: Unit, kind: Reaction, quiz: string): Outcome<{ quiz: string; was_there: boolean }> {
	const was_there = unit.reactions.get(kind, quiz) !== null;
	if (was_there) {
		unit.log.append(unit.who, unit.now, REACTION_EVENTS[kind].unset, quiz, { quiz });
		unit.reactions.remove(kind, quiz);
	}
	return accepted({ quiz, was_there });
}
