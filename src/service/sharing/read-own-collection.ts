import { look } from "../verbs.ts";

/** An own collection. Gates: `quizzes:write`, the user is known. */
export const readOwnCollection = look(
	"quizzes:write",
	"collection",
	async ({ shard, call }, { collection }: { user: string; collection: string }) =>
		shard.collections.get(call, collection),
);
