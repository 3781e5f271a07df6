import { readListedQuizzes } from "../../catalog/quizzes/quizzes.ts";
import { readCatalogCollection } from "../../catalog/sharing/collections.ts";
import { ID_PATTERNS } from "../../domain/ids.ts";
import type { Ctx } from "../context.ts";
import { isShownOf, shownOf } from "../open-reads.ts";
import { isAnonymous } from "../principal.ts";
import { audiences } from "../quizzes/audiences.ts";
import { readerOf } from "../quizzes/visible-quiz.ts";
import { reading } from "../reading.ts";
import { shardOf } from "../shard-of.ts";
import { found } from "../verbs.ts";

/** A collection with those of its quizzes that the caller may see. Gate: the caller may see the collection. */
export async function readCollection(ctx: Ctx, { collection: id }: { collection: string }) {
	const read = await reading(ctx, async (db) => {
		const collection = await visibleCollection(ctx, db, id);
		if (!collection) return null;
		const { quizzes, ...head } = collection;
		const listed = await readListedQuizzes(db, quizzes, audiences(ctx));
		return { ...head, published_quizzes: await shownOf(ctx, listed, ({ owner }) => owner) };
	});
	return found(read, "collection");
}

/** A collection that the reader may see; an own one as it is by now, which the catalog may not have yet. */
async function visibleCollection(ctx: Ctx, db: D1DatabaseSession, collection: string) {
	const { subject: owner, actor } = ctx.principal;
	const shown = await readCatalogCollection(db, collection, audiences(ctx));
	if (isAnonymous(ctx.principal)) return shown && (await isShownOf(ctx, shown.owner)) ? shown : null;
	if ((shown && shown.owner !== owner) || !ID_PATTERNS.user.test(owner)) return shown;
	const own = await shardOf(ctx.env, owner, true).collections.get({ ...readerOf(ctx), actor }, collection);
	if (!own) return null;
	const { id, visibility, title, description, quizzes, created_at, updated_at } = own;
	return { id, owner, visibility, title, description, quizzes, created_at, updated_at };
}
