import { globSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import type { Question } from "../src/domain/quizzes/questions.ts";
import { questionsOf, quizContentSchema } from "../src/domain/quizzes/quiz.ts";
import type { Client } from "./client.ts";
import type { CatalogQuiz, Page } from "./contract.ts";
import { Failure } from "./failure.ts";
import type { Line } from "./json-lines.ts";
import { Bar } from "./progress.ts";
import { QuizImport } from "./quiz-import.ts";
import { ROOT } from "./settings.ts";

export const SEEDS_USER = "usr_seeds";

const seedFiles = () => globSync(join(ROOT, "seeds/*.json")).sort();

/** Every seeded question with its key, by its text; only the author of a quiz knows that, and the seeds' author is this checkout. */
export function seedQuestions(): Map<string, Question> {
	const questions = new Map<string, Question>();
	for (const file of seedFiles()) {
		const content = quizContentSchema.parse(JSON.parse(readFileSync(file, "utf8")));
		for (const question of questionsOf(content)) questions.set(question.question, question);
	}
	return questions;
}

/** Loads the quizzes of seeds/ into a catalog that is empty, or finishes what an interrupted start began. @returns how many came */
export async function loadSeeds(author: Client): Promise<number> {
	const { items } = await author.get<Page<CatalogQuiz>>("/v1/quizzes?limit=1");
	if (items.some(({ owner }) => owner !== SEEDS_USER)) return 0;
	const files = seedFiles();
	const bar = new Bar();
	let done = 0;
	try {
		for await (const { line, outcome } of new QuizImport(author, "me", "public").run(seedLines(files))) {
			if (outcome.kind === "rejected") {
				const fault = outcome.faults.map(({ pointer, detail }) => `${pointer} ${detail}`).join("; ");
				throw new Failure(`The seed ${basename(files[line.number - 1] ?? "")} is not a valid quiz: ${fault}`);
			}
			bar.update(++done / files.length, `${done} of ${files.length} seeds`);
		}
	} finally {
		bar.clear();
	}
	await author.caughtUp();
	return done;
}

async function* seedLines(files: readonly string[]): AsyncGenerator<Line> {
	for (const [index, file] of files.entries()) {
		yield { number: index + 1, end: 0, text: readFileSync(file, "utf8").trim() };
	}
}
