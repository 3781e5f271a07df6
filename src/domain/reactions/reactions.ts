import type { ReactionKind } from "./events.ts";

/** What a user can say of a quiz, each once: that it is among the favourites, or that it is liked. */

const REACTIONS = ["favorite", "like"] as const;
export type Reaction = (typeof REACTIONS)[number];

/** The events that say that a reaction is there, and that it is gone. */
export const REACTION_EVENTS = {
	favorite: { set: "quiz.favorited", unset: "quiz.unfavorited" },
	like: { set: "quiz.liked", unset: "quiz.unliked" },
} as const satisfies Record<Reaction, Record<"set" | "unset", ReactionKind>>;

const CHANGES: Readonly<Record<ReactionKind, { reaction: Reaction; by: 1 | -1 }>> = {
	"quiz.favorited": { reaction: "favorite", by: 1 },
	"quiz.unfavorited": { reaction: "favorite", by: -1 },
	"quiz.liked": { reaction: "like", by: 1 },
	"quiz.unliked": { reaction: "like", by: -1 },
};

/** Which reaction an event is about, and by how much it changes the number of users who have it. */
export const changeOf = (kind: ReactionKind): { reaction: Reaction; by: 1 | -1 } => CHANGES[kind];
