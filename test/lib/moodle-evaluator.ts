import type { Question } from "../../src/domain/quizzes/questions.ts";

/**
 * What Moodle gives for a response: fractions of answers times the grade, by the rules of its question types (`qtype_multichoice`,
 * `qtype_shortanswer`, `qtype_numerical`, `qtype_match`), written anew from their documentation. Nothing of the readers is in it.
 */

export type MoodleQuestion = { grade: number } & (
	| { type: "choice"; weights: readonly number[]; isSingle: boolean }
	| { type: "text"; answers: readonly { weight: number; text: string }[]; isSensitive: boolean }
	| { type: "number"; answers: readonly { weight: number; number: number; tolerance: number }[] }
	| { type: "pairs"; pairs: readonly (readonly [prompt: string, choice: string])[] }
);

/** Indices of options, a text, a number, or the choice of each prompt. */
type Given = readonly number[] | string | number | ReadonlyMap<string, string>;

const within = (low: number, value: number, high: number) => Math.min(high, Math.max(low, value));

export function marksOf(question: MoodleQuestion, given: Given): number {
	return question.grade * shareOf(question, given);
}

function shareOf(question: MoodleQuestion, given: Given): number {
	switch (question.type) {
		case "choice": {
			const chosen = given as readonly number[];
			const sum = chosen.reduce((total, index) => total + (question.weights[index] ?? 0), 0) / 100;
			// One choice may cost marks; a sum of several does not.
			return question.isSingle ? sum : within(0, sum, 1);
		}
		case "text": {
			// The first answer that fits counts, whatever it is worth.
			const first = question.answers.find(({ text }) => fits(String(given), text, question.isSensitive));
			return (first?.weight ?? 0) / 100;
		}
		case "number": {
			const first = question.answers.find(
				({ number, tolerance }) => Math.abs(Number(given) - number) <= tolerance + 1e-9,
			);
			return (first?.weight ?? 0) / 100;
		}
		case "pairs": {
			const right = question.pairs.filter(
				([prompt, choice]) => (given as ReadonlyMap<string, string>).get(prompt) === choice,
			);
			return right.length / question.pairs.length;
		}
	}
}

/** An asterisk stands for any text, `\*` for itself; white space at the ends does not count, accents do. */
function fits(given: string, pattern: string, isSensitive: boolean): boolean {
	const parts = pattern
		.split(/(?<!\\)\*/)
		.map((part) => part.replaceAll("\\*", "*").replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
	return new RegExp(`^${parts.join("[^]*")}$`, isSensitive ? "u" : "iu").test(given.trim().normalize("NFC"));
}

interface Trial {
	given: Given;
	here: unknown;
	said: string;
}

/** Responses to a question, as both systems take them. */
export function moodleTrials(kind: MoodleQuestion, question: Question): Trial[] {
	switch (kind.type) {
		case "choice": {
			const all = kind.weights.map((_, index) => index);
			if (question.type !== "multiple_choice")
				return all.map((index) => ({ given: [index], here: index, said: String(index) }));
			const sets = Array.from({ length: 2 ** all.length - 1 }, (_, bits) =>
				all.filter((index) => ((bits + 1) >> index) & 1),
			);
			return sets.map((set) => ({ given: set, here: set, said: set.join() }));
		}
		case "text": {
			const said = kind.answers.map(({ text }) => text.replaceAll("\\*", "*"));
			const others = said.flatMap((text) => [
				text,
				text.toUpperCase(),
				text.toLowerCase(),
				`${text}x`,
				`x${text}`,
				text.normalize("NFD").replace(/\p{M}/gu, ""),
				text.replaceAll("*", ""),
			]);
			return [...new Set([...others, "Lima", "anything"])]
				.filter((text) => text !== "")
				.map((text) => ({ given: text, here: text, said: text }));
		}
		case "number": {
			const values = kind.answers.flatMap(({ number, tolerance }) =>
				[0, tolerance, tolerance + 0.01, tolerance / 2, 5].flatMap((step) => [number + step, number - step]),
			);
			return [...new Set(values.map((value) => Number(value.toPrecision(12))))].map((value) => ({
				given: value,
				here: value,
				said: String(value),
			}));
		}
		case "pairs": {
			if (question.type !== "matching") throw new Error("not a matching question");
			const choices = ["p", "q", "r"];
			const trials: Trial[] = [];
			for (let run = 0; run < 4 ** kind.pairs.length; run++) {
				const picked = kind.pairs.map(
					([prompt], index) => [prompt, choices[Math.floor(run / 4 ** index) % 4]] as const,
				);
				// Each may be picked that is there.
				const known = picked.filter(
					(pair): pair is readonly [string, string] => pair[1] !== undefined && question.choices.includes(pair[1]),
				);
				const given = new Map(known);
				const here = question.prompts.map((prompt) => {
					const choice = given.get(prompt);
					return choice === undefined ? null : question.choices.indexOf(choice);
				});
				trials.push({ given, here, said: JSON.stringify([...given]) });
			}
			return trials;
		}
	}
}
