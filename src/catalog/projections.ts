import type { EventKind } from "../domain/log/events.ts";
import { openings } from "./attempts/openings.ts";
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
	openings,
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

const OF_ACCOUNTS = "It is in ACCOUNTS, and the log of the tenant's object says who changed it.";

/** Of every other kind of event, why the catalog takes nothing from it. One that is neither here nor projected does not compile. */
export const NOTHING = {
	"shard.opened": "It is in the row of the directory, which must be there before the cursor moves.",
	"shard.erased": "It stands in no log that is sent: the directory says whom nothing is applied of.",
	"quiz.created": "A draft is its owner's.",
	"quiz.revised": "A draft is its owner's.",
	"quiz.moved": "A draft is its owner's.",
	"quiz.purged": "It went when it was deleted.",
	"share.copied": "A copy is a draft of whoever made it.",
	"media.used": "The purge asks who has an image, not what for.",
	"media.unused": "The purge asks who has an image, not what for.",
	"tenant.created": OF_ACCOUNTS,
	"tenant.changed": OF_ACCOUNTS,
	"member.added": OF_ACCOUNTS,
	"member.invited": OF_ACCOUNTS,
	"member.uninvited": OF_ACCOUNTS,
	"member.joined": OF_ACCOUNTS,
	"member.changed": OF_ACCOUNTS,
	"member.disabled": OF_ACCOUNTS,
	"member.restored": OF_ACCOUNTS,
	"member.erasing": OF_ACCOUNTS,
	"member.erased": OF_ACCOUNTS,
	"service.created": OF_ACCOUNTS,
	"service.disabled": OF_ACCOUNTS,
	"service.restored": OF_ACCOUNTS,
	"key.created": OF_ACCOUNTS,
	"key.rotated": OF_ACCOUNTS,
	"key.revoked": OF_ACCOUNTS,
	"installation.operated": "It is nobody's but the operator's.",
} as const satisfies Record<Exclude<EventKind, Projected>, string>;
