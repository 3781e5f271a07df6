import { z } from "zod";
import { hash, time } from "../log/event-fields.ts";
import { VISIBILITIES } from "../quizzes/quiz.ts";
import { ACCESSES } from "./shares.ts";

const collectionSaved = z.object({
	collection: z.string(),
	revision: z.int().min(1),
	title: z.string(),
	description: z.string(),
	visibility: z.enum(VISIBILITIES),
	quizzes: z.array(z.string()),
	created_at: time,
});

/** All of a share, so that either of the two events says what the catalog has of it. The code itself is nowhere. */
const share = z.object({
	share: z.string(),
	quiz: z.string(),
	access: z.enum(ACCESSES),
	code_hash: hash,
	expires_at: time.nullable(),
	max_uses: z.int().min(1).nullable(),
	created_at: time,
});

const shareRedeemed = z.object({
	share: z.string(),
	quiz: z.string(),
	grantee: z.string(),
	access: z.enum(ACCESSES),
	/** Of the grantee. Absent in older rows. */
	tenant: z.string().optional(),
	/** When the grant ends, unless the share is revoked before; null for never. */
	until: time.nullable(),
	/** What was current then: of this a copy is made. Null where the draft is shared. */
	version: hash.nullable(),
	version_number: z.int().min(1).nullable(),
});

/** In the log of whom a share let make a copy. */
const shareCopied = z.object({
	share: z.string(),
	quiz: z.string(),
	origin: z.object({ quiz: z.string(), version: hash, owner: z.string() }),
});

/** Bodies of the events of collections; a part of what a log row can say. */
export const COLLECTION_BODIES = {
	"collection.saved": collectionSaved,
	"collection.deleted": z.object({ collection: z.string() }),
} as const satisfies Record<string, z.ZodType>;

export type CollectionKind = keyof typeof COLLECTION_BODIES;

/** Bodies of the events of shares; a part of it too. */
export const SHARE_BODIES = {
	"share.created": share,
	"share.redeemed": shareRedeemed,
	"share.revoked": share,
	"share.copied": shareCopied,
} as const satisfies Record<string, z.ZodType>;

export type ShareKind = keyof typeof SHARE_BODIES;
