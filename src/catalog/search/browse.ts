import type { z } from "zod";
import { expressionOf, type Filters, isRankable, mustBeRead, type Search } from "../../domain/search/search.ts";
import type { Audiences } from "../quizzes/quizzes.ts";
import { type FoundPage, type ListPosition, type Read, readPage } from "./candidates.ts";
import { countFacets, type Facets, NO_FACETS, readFacets } from "./facets.ts";
import * as lists from "./lists.ts";
import { type RankPosition, rankedMatches, rankPosition } from "./ranking.ts";

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
const findsNothing = ({ search }: Query): boolean => search !== null && search.length === 0;

const isFiltered = ({ filters, search }: Query) =>
	search !== null || Object.values(filters).some((value) => value !== undefined);

/** The list that answers the query, with the schema of its positions. */
function listOf<P extends ListPosition>(
	schema: z.ZodType<P>,
	read: (...args: [D1DatabaseSession, P | null, number]) => ReturnType<Read>,
) {
	// A position that a list goes on after is one that it gave, or one that its schema has let in.
	return {
		schema,
		read: (db: D1DatabaseSession, after: ListPosition | null, count: number) => read(db, after as P | null, count),
	};
}

function chosenList(query: Query) {
	const { audiences, filters, search, sort } = query;
	const expression = expressionOf(filters, search ?? []);
	const order = sort ?? "newest";
	if (search !== null && sort === undefined && isRankable(search)) {
		return listOf(rankPosition, (db, after: RankPosition | null, count) =>
			rankedMatches(db, audiences, expression, after, count),
		);
	}
	if (!isFiltered(query)) {
		return listOf(lists.sortPosition(order), (db, after, count) =>
			lists.listQuizzes(db, audiences, order, after, count),
		);
	}
	return order === "newest"
		? listOf(lists.numberPosition, (db, after, count) => lists.newestMatches(db, audiences, expression, after, count))
		: listOf(lists.sortPosition(order), (db, after, count) =>
				lists.sortedMatches(db, audiences, expression, order, after, count),
			);
}

/** The list that answers the query: a reader of its pages. */
export function browse(query: Query, positionIn: PositionIn) {
	if (findsNothing(query)) return async (): Promise<FoundPage> => ({ found: [], next: null });
	const { schema, read } = chosenList(query);
	const after = positionIn<ListPosition>(schema);
	return (db: D1DatabaseSession, limit: number) => readPage(db, read, query.search, after, limit);
}

/** What the list has, counted, wherever a page of it begins. */
export async function facetsOf(db: D1DatabaseSession, query: Query): Promise<Facets> {
	const { audiences, filters, search } = query;
	if (findsNothing(query)) return NO_FACETS;
	const expression = expressionOf(filters, search ?? []);
	if (search === null || !mustBeRead(search)) return readFacets(db, audiences, expression);
	const { read } = listOf(lists.numberPosition, (db, after, count) =>
		lists.newestMatches(db, audiences, expression, after, count),
	);
	return countFacets(db, read, search);
}
