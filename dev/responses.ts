import type { ItemResponse } from "../src/domain/attempts/responses.ts";
import type { Question } from "../src/domain/quizzes/questions.ts";
import type { PlayableQuiz } from "./contract.ts";

type ShownQuestion = PlayableQuiz["subjects"][number]["questions"][number];

/** The response that earns all marks. */
export function rightResponse(question: Question): ItemResponse {
	switch (question.type) {
		case undefined:
		case "single_choice":
			return question.correctAnswer;
		case "multiple_choice":
			return question.correct_answers;
		case "true_false":
		case "numeric":
			return question.correct;
		case "short_text":
			return question.accepted[0] ?? "";
		case "ordering":
			return question.correct_order;
		case "matching":
			return question.correct_matches;
	}
}

/** A response that earns nothing; null, a blank, where no choice is surely wrong. */
export function wrongResponse(question: Question): ItemResponse | null {
	switch (question.type) {
		case undefined:
		case "single_choice":
			return (question.correctAnswer + 1) % question.options.length;
		case "multiple_choice": {
			const { options, correct_answers } = question;
			return [...options.keys()].filter((index) => !correct_answers.includes(index));
		}
		case "true_false":
			return !question.correct;
		default:
			return null;
	}
}

/** Any response that is not blank, right or wrong. @param below gives a random index below its argument */
export function randomResponse(question: ShownQuestion, below: (count: number) => number): ItemResponse {
	switch (question.type) {
		case undefined:
		case "single_choice":
			return below(question.options.length);
		case "multiple_choice": {
			const sure = below(question.options.length);
			return [...question.options.keys()].filter((index) => index === sure || below(2) === 1);
		}
		case "true_false":
			return below(2) === 1;
		case "numeric":
			return below(100) / 10;
		case "short_text":
			return `guess ${below(10)}`;
		case "ordering":
			return shuffled([...question.items.keys()], below);
		case "matching":
			return question.prompts.map(() => below(question.choices.length));
	}
}

function shuffled<T>(list: readonly T[], below: (count: number) => number): T[] {
	const rest = [...list];
	return list.flatMap(() => rest.splice(below(rest.length), 1));
}
