import { listCatalogCollections } from "../../catalog/sharing/collections.ts";
import type { Ctx } from "../context.ts";
import { shownOf } from "../open-reads.ts";
import { audiences } from "../quizzes/audiences.ts";
import { reading } from "../reading.ts";

interface Input {
	/** When the last collection of the page before was made, and its id. */
	after: [created_at: number, id: string] | null;
	limit: number;
}

/** Collections that the caller may see, newest first. */
export async function listCollections(ctx: Ctx, { after, limit }: Input) {
	const rows = await reading(ctx, (db) => listCatalogCollections(db, audiences(ctx), after, limit + 1));
	const page = rows.slice(0, limit);
	const last = page.at(-1);
	const items = await shownOf(ctx, page, ({ owner }) => owner);
	return { items, next: rows.length > limit && last ? ([last.created_at, last.id] as const) : null };
}
