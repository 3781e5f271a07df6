import { Client } from "../../dev/client.ts";
import type { QuizHead } from "../../dev/contract.ts";
import { ALL_SCOPES, type Signer, signToken } from "../../dev/signer.ts";
import type { QuizDocument } from "../../src/domain/quizzes/quiz.ts";
import type { Call } from "./http.ts";

export const QUESTIONS = 10;
const OPTIONS = 4;

/** A quiz of single choices of four, the usual kind. */
export function quizDocument(title: string, questions = QUESTIONS) {
	return {
		title,
		description: "For measuring.",
		tags: ["bench"],
		subjects: [
			{
				name: "Everything",
				questions: Array.from({ length: questions }, (_, index) => ({
					id: index + 1,
					question: `Question ${index + 1} of ${title}?`,
					options: Array.from({ length: OPTIONS }, (_, option) => `Option ${option + 1}`),
					correctAnswer: index % OPTIONS,
				})),
			},
		],
	} satisfies QuizDocument;
}

/** Answers to it that differ with `n`. */
export const answersOf = (n: number, questions = QUESTIONS): Record<string, number> =>
	Object.fromEntries(Array.from({ length: questions }, (_, index) => [String(index + 1), (n + index) % OPTIONS]));

/** The headers that identify a user. */
export async function userHeaders(signer: Signer, user: string): Promise<Record<string, string>> {
	return { Authorization: `Bearer ${await signToken(signer, { subject: user, scopes: ALL_SCOPES })}` };
}

/** Publishes quizzes for everybody and waits until the catalog has them. */
export async function publishQuizzes(url: string, signer: Signer, count: number): Promise<string[]> {
	const author = new Client(url, await signToken(signer, { subject: "usr_author" }));
	const ids: string[] = [];
	for (let n = 0; n < count; n++) {
		const { id } = await author.post<QuizHead>("/v1/users/me/quizzes", quizDocument(`Quiz ${n + 1}`));
		await author.send("PUT", `/v1/users/me/quizzes/${id}/publication`, { body: { visibility: "public" } });
		ids.push(id);
	}
	await author.caughtUp();
	return ids;
}

let keys = 0;

/** One attempt of the user whose headers these are, under a key of its own. */
export function attemptCall(headers: Record<string, string>, quiz: string, n: number): Call {
	return {
		method: "POST",
		path: "/v1/users/me/attempts",
		body: { quiz, answers: answersOf(n), time_taken_s: 95 },
		headers: { ...headers, "Idempotency-Key": `attempt-${keys++}` },
	};
}
