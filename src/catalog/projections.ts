import type { EventKind } from "../domain/log/events.ts";
import { attempts } from "./attempts/statistics.ts";
import { generations, movements, refunds } from "./credits/usage.ts";
import { mediaHolders } from "./media/media.ts";
import { quizTexts } from "./quizzes/quiz-texts.ts";
import { quizzes } from "./quizzes/quizzes.ts";
import { slugs } from "./quizzes/slugs.ts";
import { versions } from "./quizzes/version-numbers.ts";
import { reactions } from "./reactions/reactions.ts";
import type { Projection } from "./replication/projection.ts";
import { collections } from "./sharing/collections.ts";
import { grants, shares } from "./sharing/shares.ts";

/**
 * What the catalog is made of: the one list, which all that goes over events or tables walks. Its order is that of the statements in a
 * transaction: texts are those of rows that stand, and a refund finds the fact of its generation.
 */
export const PROJECTIONS = [
	attempts,
	quizzes,
	quizTexts,
	versions,
	slugs,
	generations,
	movements,
	refunds,
	collections,
	shares,
	grants,
	reactions,
	mediaHolders,
] as const;

type Projected = (typeof PROJECTIONS)[number] extends Projection<infer K> ? K : never;

/** Of every other kind of event, why the catalog takes nothing from it. One that is neither here nor projected does not compile. */
export const NOTHING = {
	"shard.opened": "It is in the row of the directory, which must be there before the cursor moves.",
	"quiz.created": "A draft is its owner's.",
	"quiz.revised": "A draft is its owner's.",
	"quiz.moved": "A draft is its owner's.",
	"quiz.purged": "It went when it was deleted.",
	"share.copied": "A copy is a draft of whoever made it.",
	"media.used": "The purge asks who has an image, not what for.",
	"media.unused": "The purge asks who has an image, not what for.",
} as const satisfies Record<Exclude<EventKind, Projected>, string>;
