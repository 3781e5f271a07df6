import { change } from "../verbs.ts";

interface Input {
	user: string;
	collection: string;
	etag: string | null;
}

/** Deletes a collection; its quizzes stay. Gates: `quizzes:write`, the user is known; the shard's: it is the one that was read. */
export const deleteCollection = change("quizzes:write", async ({ shard, call }, { collection, etag }: Input) =>
	shard.collections.delete(call, collection, etag),
);
