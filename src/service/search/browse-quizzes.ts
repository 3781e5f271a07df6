import type { z } from "zod";
import { browse, facetsOf } from "../../catalog/search/browse.ts";
import type { Sort } from "../../catalog/search/lists.ts";
import { type Filters, isRankable, type Search } from "../../domain/search/search.ts";
import type { Ctx } from "../context.ts";
import { shownOf } from "../open-reads.ts";
import { audiences } from "../quizzes/audiences.ts";
import { reading } from "../reading.ts";

export { SORTS } from "../../catalog/search/lists.ts";

interface Input {
	filters: Filters;
	/** Null where nothing is searched for. */
	search: Search | null;
	/** Absent: newest first, or by relevance of what is searched for. */
	sort: Sort | undefined;
	limit: number;
	facets: boolean;
	/** Where the page begins, in the shape that the list's positions have; null for the first page. */
	positionIn<P>(schema: z.ZodType<P>): P | null;
}

/** Published quizzes that the caller may see: lists and search. */
export async function browseQuizzes(ctx: Ctx, { filters, search, sort, limit, facets, positionIn }: Input) {
	const query = { audiences: audiences(ctx), filters, search, sort };
	const read = browse(query, positionIn);
	const { found, next, counts } = await reading(ctx, async (db) => ({
		...(await read(db, limit)),
		...(facets && { counts: await facetsOf(db, query) }),
	}));
	const hasSnippets = search !== null && isRankable(search);
	const shown = await shownOf(ctx, found, ({ quiz }) => quiz.owner);
	const items = shown.map(({ quiz, snippet }) => ({ ...quiz, ...(hasSnippets && { snippet }) }));
	return { items, next, ...(counts && { facets: counts }) };
}
