import { z } from "zod";

/** What log rows say of reactions. What stands in log/events.ts about changing these holds here too. */

const reaction = z.object({ quiz: z.string() });

export const REACTION_BODIES = {
	"quiz.favorited": reaction,
	"quiz.unfavorited": reaction,
	"quiz.liked": reaction,
	"quiz.unliked": reaction,
};

export type ReactionKind = keyof typeof REACTION_BODIES;
