import { z } from "zod";
import type { DIFFICULTIES } from "../quizzes/quiz.ts";
import { arrangement } from "./arrangement.ts";
import { INTERCHANGE_ANSWERS_MAX, INTERCHANGE_QUESTIONS_MAX } from "./limits.ts";
import { textOfHtml } from "./plain-text.ts";
import { Losses, neededTexts, notRead, type ReadQuestion, type ReadSection, Skip } from "./report.ts";

/** What the Open Trivia Database gives (opentdb.com/api_config.php): texts in HTML, or as parts of addresses. */
export const triviaSchema = z.object({
	response_code: z.int(),
	results: z
		.array(
			z.object({
				category: z.string(),
				type: z.string(),
				difficulty: z.string(),
				question: z.string(),
				correct_answer: z.string(),
				incorrect_answers: z.array(z.string()).max(INTERCHANGE_ANSWERS_MAX),
			}),
		)
		.max(INTERCHANGE_QUESTIONS_MAX),
});

type Trivia = z.output<typeof triviaSchema>["results"][number];

const DIFFICULTY: ReadonlyMap<string, (typeof DIFFICULTIES)[number]> = new Map([
	["easy", "beginner"],
	["medium", "intermediate"],
	["hard", "advanced"],
]);

/** The sections by category, and the difficulty where all questions have the same. */
export function readTrivia({ results }: z.output<typeof triviaSchema>) {
	const sections = new Map<string, ReadQuestion[]>();
	results.forEach((trivia, index) => {
		const category = textIn(trivia.category, new Losses());
		const questions = sections.get(category);
		const read = readOne(trivia, `question ${index + 1}`);
		if (questions) questions.push(read);
		else sections.set(category, [read]);
	});
	const levels = new Set(results.map(({ difficulty }) => DIFFICULTY.get(difficulty)));
	const [difficulty] = levels;
	return {
		sections: [...sections].map(([name, questions]): ReadSection => ({ name, questions })),
		difficulty: levels.size === 1 ? difficulty : undefined,
	};
}

/** Encoded as a part of an address where it has no blank and something of that kind. */
function textIn(text: string, losses: Losses): string {
	if (/%[0-9A-Fa-f]{2}/.test(text) && !/\s/.test(text)) {
		try {
			return decodeURIComponent(text);
		} catch (error) {
			if (!(error instanceof URIError)) throw error;
		}
	}
	return textOfHtml(text, losses, { mixed: true });
}

function readOne({ type, question: asked, correct_answer, incorrect_answers }: Trivia, place: string): ReadQuestion {
	const losses = new Losses();
	try {
		const question = textIn(asked, losses);
		const right = textIn(correct_answer, losses);
		if (type === "boolean" && /^(?:true|false)$/i.test(right)) {
			const key = { type: "true_false" as const, correct: right.toLowerCase() === "true" };
			return { place, name: null, ids: [], question: { ...key, question }, reasons: losses.reasons };
		}
		const all = neededTexts([right, ...incorrect_answers.map((text) => textIn(text, losses))]);
		const shown = arrangement(all);
		const key = { options: shown.map((index) => all[index] ?? ""), correctAnswer: shown.indexOf(0) };
		return { place, name: null, ids: [], question: { ...key, question }, reasons: losses.reasons };
	} catch (error) {
		if (error instanceof Skip) return notRead(place, error.message);
		throw error;
	}
}
