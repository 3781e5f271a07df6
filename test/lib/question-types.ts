import type { ItemResponse } from "../../src/domain/attempts/responses.ts";
import type { QuizDocument } from "../../src/domain/quizzes/quiz.ts";

/** A quiz with a question of each type, its right answers, and what must not be seen of it. */

/** Stands in every text that takers must not see; the numbers of keys are ones that stand nowhere else. */
/** Words and numbers that no id, hash, time or other number can contain: what is found of them is the key. */
export const CANARY = /canary|-90210\.77003|0\.770109077/i;

const head = { marks: 6, hint: "A hint.", explanation: "CANARY explanation" };
const options = ["one", "two", "three", "four"];

export const everyType = (title = "Every type"): QuizDocument => ({
	title,
	pass_percentage: 60,
	subjects: [
		{
			name: "all",
			questions: [
				{
					...head,
					id: "plain",
					question: "Plain?",
					options,
					correctAnswer: 3,
					option_feedback: ["", "CANARY feedback", "", ""],
				},
				{ ...head, id: "single", type: "single_choice", question: "One?", options, correctAnswer: 2 },
				{ ...head, id: "all", type: "multiple_choice", question: "All?", options, correct_answers: [2, 0] },
				{
					...head,
					id: "some",
					question: "Some?",
					options,
					correct_answers: [3, 1, 0],
					...({ type: "multiple_choice", scoring: "partial" } as const),
				},
				{ ...head, id: "truth", type: "true_false", question: "True?", correct: false },
				{
					...head,
					id: "number",
					question: "How many?",
					correct: "-90210.77003",
					tolerance: "0.770109077",
					also: [{ correct: "-90210.77003e3" }],
					...({ type: "numeric", tolerance_kind: "absolute" } as const),
				},
				{
					...head,
					id: "text",
					type: "short_text",
					question: "Who?",
					accepted: ["CANARY Señor", "canary", "*canary bird"],
					wildcards: true,
				},
				{ ...head, id: "order", type: "ordering", question: "In order?", items: options, correct_order: [3, 1, 0, 2] },
				{
					...head,
					id: "pairs",
					question: "Pairs?",
					prompts: ["a", "b", "c"],
					choices: ["x", "y", "z", "w"],
					...({ type: "matching", correct_matches: [2, 0, 2] } as const),
				},
			],
		},
	],
});

export const RIGHT: Record<string, ItemResponse> = {
	plain: 3,
	single: 2,
	all: [0, 2],
	some: [0, 3, 1],
	truth: false,
	number: "-90210",
	text: "  canary SENOR ",
	order: [3, 1, 0, 2],
	pairs: [2, 0, 2],
};

/** What each question shows, beside its id, text, marks and hint. */
export const SHOWN: Record<string, string[]> = {
	plain: ["options"],
	single: ["type", "options"],
	all: ["type", "options"],
	some: ["type", "options", "scoring"],
	truth: ["type"],
	number: ["type"],
	text: ["type"],
	order: ["type", "items"],
	pairs: ["type", "prompts", "choices"],
};
