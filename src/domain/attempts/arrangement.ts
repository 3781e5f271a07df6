import type { QuizSettings } from "../quizzes/quiz.ts";

/**
 * Which questions an attempt has, and in which order it shows them and their options. It follows from the version and the attempt's seed alone, so it is
 * worked out again wherever it is needed. Answers go by the options' places in the version, whatever the order in which they are shown.
 */

/** What is arranged of a version: its questions by subject, each with how many options it has that may be shown in any order. */
export interface Arrangeable {
	subjects: readonly { name: string; questions: readonly { id: string; options: number }[] }[];
	settings?: Pick<QuizSettings, "draw" | "shuffle"> | undefined;
}

export interface Arrangement {
	/** Ids, in the order in which they are shown. */
	questions: string[];
	/** For each question whose options are shuffled, their places in the version, in the order in which they are shown. */
	option_order: Map<string, number[]>;
}

export const SEEDS = 2 ** 32;

/** @param seed a whole number from 0 to below {@link SEEDS} */
export function arranged({ subjects, settings = {} }: Arrangeable, seed: number): Arrangement {
	const random = randomOf(seed);
	const drawn = settings.draw
		? settings.draw.flatMap(({ from, take }) => {
				const all = subjects.find(({ name }) => name === from)?.questions ?? [];
				const places = new Set(shuffled(all.length, random).slice(0, take));
				return all.filter((_, place) => places.has(place));
			})
		: subjects.flatMap(({ questions }) => questions);
	const order = settings.shuffle?.questions ? shuffled(drawn.length, random) : drawn.map((_, place) => place);
	const shown = order.flatMap((place) => drawn[place] ?? []);
	const option_order = new Map<string, number[]>();
	for (const { id, options } of shown) {
		if (settings.shuffle?.options && options > 0) option_order.set(id, shuffled(options, random));
	}
	return { questions: shown.map(({ id }) => id), option_order };
}

/** The places 0 to below `count` in a random order (Fisher and Yates, as Durstenfeld has it). */
function shuffled(count: number, random: () => number): number[] {
	const places = Array.from({ length: count }, (_, place) => place);
	for (let last = count - 1; last > 0; last--) {
		const other = Math.floor(random() * (last + 1));
		[places[last], places[other]] = [places[other] ?? 0, places[last] ?? 0];
	}
	return places;
}

/** Numbers from 0 to below 1 that follow from the seed (mulberry32, public domain). Not for secrets: who has the seed sees the order. */
function randomOf(seed: number): () => number {
	let state = seed | 0;
	return () => {
		state = (state + 0x6d2b79f5) | 0;
		let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
		mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
		return ((mixed ^ (mixed >>> 14)) >>> 0) / SEEDS;
	};
}
