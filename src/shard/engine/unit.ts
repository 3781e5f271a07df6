import { type MintedKind, mintId } from "../../domain/ids.ts";
import type { Attempts } from "../attempts/store.ts";
import type { CreditsStore } from "../credits/store.ts";
import type { Media } from "../media/store.ts";
import type { ContentRoom } from "../quizzes/content-room.ts";
import type { Quizzes } from "../quizzes/store.ts";
import type { Versions } from "../quizzes/versions.ts";
import type { Reactions } from "../reactions/store.ts";
import type { Collections } from "../sharing/collections.ts";
import type { Copies } from "../sharing/copies.ts";
import type { Shares } from "../sharing/shares.ts";
import type { Identity, Log } from "./log.ts";
import type { Secret } from "./secret.ts";

/** What reads and writes a shard's tables. */
export interface Stores {
	log: Log;
	attempts: Attempts;
	credits: CreditsStore;
	quizzes: Quizzes;
	versions: Versions;
	room: ContentRoom;
	collections: Collections;
	shares: Shares;
	copies: Copies;
	reactions: Reactions;
	media: Media;
	secret: Secret;
}

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
