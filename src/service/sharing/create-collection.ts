import type { CollectionContent } from "../../domain/sharing/collections.ts";
import { change } from "../verbs.ts";

/** Makes a collection. Gates: `quizzes:write`, the user is known. */
export const createCollection = change(
	"quizzes:write",
	async ({ shard, call }, { content }: { user: string; content: CollectionContent }) =>
		shard.collections.create(call, content),
);
