import { type MintedKind, mintId } from "../../domain/ids.ts";
import type { Stores } from "../parts.ts";
import type { Identity } from "./log.ts";

/** What one command works with, inside its transaction. */
export interface Unit extends Stores {
	who: Identity;
	/** Milliseconds since the epoch; never before the last row of the log. */
	now: number;
}

/** An id for what the command's next event creates, by the row of that event. */
export function newId(unit: Unit, kind: Exclude<MintedKind, "quiz">): string {
	return mintId(kind, unit.log.nextSeq(), crypto.getRandomValues(new Uint8Array(10)));
}
