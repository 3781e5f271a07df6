import { canonicalJson, type Json } from "../canonical.ts";
import type { Question } from "./questions.ts";
import type { QuizContent } from "./quiz.ts";

/** Where a question stands. Indices begin at 0. */
export interface Place {
	id: string;
	subject: string;
	/** Within its subject. */
	index: number;
}

/** What makes one content another. Texts are not in it: it names what changed, so it is small whatever the contents are. */
export interface QuizDiff {
	/** Names of the fields that differ, questions left out. */
	fields: string[];
	/** Questions that the second alone has, and that the first alone has. */
	added: Place[];
	removed: Place[];
	/** Names of the fields that differ, by question. */
	changed: { id: string; fields: string[] }[];
	/** Questions that stand in another subject, or in another order among those that both have. */
	moved: { id: string; before: Place; after: Place }[];
}

type Placed = Place & { question: Question };

export function diffQuizzes(from: QuizContent, to: QuizContent): QuizDiff {
	const [before, after] = [placesOf(from), placesOf(to)];
	const common = [...after.values()].flatMap((now) => {
		const was = before.get(now.id);
		return was ? [{ was, now }] : [];
	});
	const order = new Map([...before.keys()].map((id, index) => [id, index]));
	const kept = longestRise(common.map(({ was }) => order.get(was.id) ?? 0));
	const changed = common.map(({ was, now }) => ({ id: now.id, fields: fieldsThatDiffer(was.question, now.question) }));
	return {
		fields: fieldsThatDiffer(headOf(from), headOf(to)),
		added: [...after.values()].filter(({ id }) => !before.has(id)).map(placeOf),
		removed: [...before.values()].filter(({ id }) => !after.has(id)).map(placeOf),
		changed: changed.filter(({ fields }) => fields.length > 0),
		moved: common
			.filter(({ was, now }, index) => was.subject !== now.subject || !kept.has(index))
			.map(({ was, now }) => ({ id: now.id, before: placeOf(was), after: placeOf(now) })),
	};
}

/** The content's own fields; of its subjects only their names, in order. */
const headOf = ({ subjects, ...head }: QuizContent) => ({ ...head, subjects: subjects.map(({ name }) => name) });

const placeOf = ({ id, subject, index }: Placed): Place => ({ id, subject, index });

function placesOf(content: QuizContent): Map<string, Placed> {
	const places = content.subjects.flatMap(({ name, questions }) =>
		questions.map((question, index): Placed => ({ id: question.id, subject: name, index, question })),
	);
	return new Map(places.map((place) => [place.id, place]));
}

function fieldsThatDiffer(from: object, to: object): string[] {
	const [was, is]: Map<string, Json | undefined>[] = [new Map(Object.entries(from)), new Map(Object.entries(to))];
	const names = new Set([...(was?.keys() ?? []), ...(is?.keys() ?? [])]);
	return [...names].filter((name) => textOf(was?.get(name)) !== textOf(is?.get(name))).sort();
}

const textOf = (value: Json | undefined) => (value === undefined ? undefined : canonicalJson(value));

/**
 * Indices of a longest strictly rising subsequence (patience sorting, O(n log n)): the questions that kept their order, so
 * that as few as possible count as moved.
 */
function longestRise(values: readonly number[]): Set<number> {
	const tails: number[] = [];
	const previous: number[] = [];
	values.forEach((value, index) => {
		let low = 0;
		let high = tails.length;
		while (low < high) {
			const middle = (low + high) >> 1;
			if ((values[tails[middle] ?? 0] ?? 0) < value) low = middle + 1;
			else high = middle;
		}
		previous[index] = tails[low - 1] ?? -1;
		tails[low] = index;
	});
	const rise = new Set<number>();
	for (let index = tails.at(-1) ?? -1; index >= 0; index = previous[index] ?? -1) rise.add(index);
	return rise;
}
