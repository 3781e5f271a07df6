import type { CollectionContent } from "../../domain/sharing/collections.ts";
import { change } from "../verbs.ts";

interface Input {
	user: string;
	collection: string;
	etag: string;
	content: CollectionContent;
}

/** Replaces a collection. Gates: `quizzes:write`, the user is known; the shard's: it is the one that was read. */
export const replaceCollection = change(
	"quizzes:write",
	async ({ shard, call }, { collection, etag, content }: Input) =>
		shard.collections.replace(call, collection, etag, content),
);
