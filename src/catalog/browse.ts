import type { z } from "zod";
import { type Filters, isRankable, matchOf, type Search } from "../domain/search.ts";
import * as lists from "./lists.ts";
import type { Audiences } from "./quizzes.ts";
import { rankedMatches, rankPosition } from "./ranking.ts";

/** What somebody wants to see of the published quizzes, and in which order; of a search by relevance, where no order is named. */
export interface Query {
	audiences: Audiences;
	filters: Filters;
	/** Null where nothing is searched for. */
	search: Search | null;
	sort: lists.Sort | undefined;
}

/** Reads where a page goes on; null for the first page. Each list has positions of its own shape. */
type PositionIn = <P>(schema: z.ZodType<P>) => P | null;

/** A search without a word finds nothing. */
export const findsNothing = ({ search }: Query): boolean => search !== null && search.length === 0;

const isFiltered = ({ filters, search }: Query) =>
	search !== null || Object.values(filters).some((value) => value !== undefined);

/** The list that answers the query: a reader of its pages. */
export function browse(query: Query, positionIn: PositionIn) {
	const { audiences, filters, search, sort } = query;
	const isRanked = search !== null && sort === undefined && isRankable(search);
	const match = matchOf(audiences, filters, search ?? []);
	if (findsNothing(query)) return async (): Promise<lists.Listed[]> => [];
	if (isRanked) {
		const after = positionIn(rankPosition);
		const matches = {
			anywhere: { anyones: matchOf("anyone", filters, search), readers: match },
			title: {
				anyones: matchOf("anyone", filters, search, "title"),
				readers: matchOf(audiences, filters, search, "title"),
			},
		};
		return (db: D1DatabaseSession, limit: number) => rankedMatches(db, audiences, matches, after, limit);
	}
	const order = sort ?? "newest";
	if (isFiltered(query) && order === "newest") {
		const after = positionIn(lists.numberPosition);
		return (db: D1DatabaseSession, limit: number) => lists.newestMatches(db, audiences, match, after, limit);
	}
	const after = positionIn(lists.sortPosition(order));
	return isFiltered(query)
		? (db: D1DatabaseSession, limit: number) => lists.sortedMatches(db, audiences, match, order, after, limit)
		: (db: D1DatabaseSession, limit: number) => lists.listQuizzes(db, audiences, order, after, limit);
}
