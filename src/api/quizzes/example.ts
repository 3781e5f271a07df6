import type { QuizDocument } from "../../domain/quizzes/quiz.ts";

const options = ["Lava", "Magma", "Basalt"];

/** A content of every type of question, for the document. */
export const QUIZ_EXAMPLE: QuizDocument = {
	title: "Volcanoes",
	description: "Ten minutes on fire",
	tags: ["geology"],
	difficulty: "beginner",
	pass_percentage: 50,
	subjects: [
		{
			name: "Basics",
			questions: [
				{
					id: "1",
					type: "single_choice",
					question: "What is molten rock below the surface called?",
					options,
					correctAnswer: 1,
					marks: 1,
					hint: "It has another name once it is out.",
					explanation: "Out, it is lava.",
				},
				{
					id: "2",
					type: "multiple_choice",
					question: "Which are rocks, once cold?",
					marks: 2,
					options: [...options, "Smoke"],
					correct_answers: [0, 1, 2],
					scoring: "partial",
				},
				{ id: "3", type: "true_false", question: "Mount Etna is active.", correct: true },
				{
					id: "4",
					type: "numeric",
					question: "How high is Vesuvius, in metres?",
					correct: "1281",
					tolerance: "0.01",
					tolerance_kind: "relative",
				},
				{ id: "5", type: "short_text", question: "On which island is Etna?", accepted: ["Sicily", "Sicilia"] },
				{
					id: "6",
					type: "ordering",
					question: "From low to high:",
					marks: 2,
					items: ["Etna", "Stromboli", "Vesuvius"],
					correct_order: [1, 2, 0],
				},
				{
					id: "7",
					type: "matching",
					question: "Where are they?",
					marks: 2,
					prompts: ["Fuji", "Hekla"],
					choices: ["Iceland", "Japan", "Italy"],
					correct_matches: [1, 0],
				},
			],
		},
	],
};
