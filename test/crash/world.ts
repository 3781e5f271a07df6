import type { QuizDocument } from "../../src/domain/quizzes/quiz.ts";
import type { Call, Request } from "./history.ts";
import type { Random } from "./random.ts";

/** What the writers know of what there is, from the answers that they got. */
export interface World {
	users: readonly string[];
	/** Who writes quizzes. */
	authors: readonly string[];
	quizzes: KnownQuiz[];
	/** Holds that were reserved and are perhaps still open. */
	holds: KnownHold[];
	/** Calls with a key that got no answer and were not repeated yet. */
	unanswered: Call[];
}

export interface KnownQuiz {
	id: string;
	author: string;
	etag: string;
}

export interface KnownHold {
	id: string;
	user: string;
	amount: number;
}

const QUESTIONS = ["1", "2", "3", "4"];
const OPTIONS = ["a", "b", "c", "d"];

/** A quiz whose title is its own, so that every revision differs from every other. */
export function quizTitled(title: string, random: Random): QuizDocument {
	const questions = QUESTIONS.map((id) => ({
		id,
		question: `Question ${id} of ${title}?`,
		options: OPTIONS,
		marks: random.between(1, 3),
		correctAnswer: random.below(OPTIONS.length),
	}));
	return { title, pass_percentage: 50, subjects: [{ name: "all", questions }] };
}

export function answersTo(random: Random): Record<string, number> {
	const answered = QUESTIONS.filter(() => !random.chance(100));
	return Object.fromEntries(answered.map((id) => [id, random.below(OPTIONS.length)]));
}

/** Takes in what an answer says. */
export function learn(world: World, call: Call): void {
	const { request, answer } = call;
	if (!answer) {
		if (request.key !== null) world.unanswered.push(call);
		return;
	}
	const { id, etag, current_etag, amount } = answer.body;
	if (request.operation === "reserve" && typeof id === "string" && typeof amount === "number") {
		world.holds.push({ id, user: request.user, amount });
	}
	if (request.operation === "create" && typeof id === "string" && typeof etag === "string") {
		if (!world.quizzes.some((quiz) => quiz.id === id)) world.quizzes.push({ id, author: request.user, etag });
		return;
	}
	const known = world.quizzes.find((quiz) => quiz.id === quizIn(request));
	const newer = typeof etag === "string" ? etag : current_etag;
	if (known && typeof newer === "string") known.etag = newer;
}

const quizIn = ({ path }: Request) => /^\/quizzes\/([^/]+)/.exec(path)?.[1];
