import type { Client } from "./client.ts";
import type { CatalogQuiz, Page, PlayableQuiz } from "./contract.ts";
import { randomResponse } from "./responses.ts";
import { SEEDS_USER } from "./seeds.ts";

const QUESTIONS_ANSWERED = 3;
/** With a limit of attempts, before the lines do without a quiz. */
const QUIZZES_LOOKED_AT_MAX = 20;

/** Commands that work when pasted where `TOKEN` is set: list the quizzes, take one, see its statistics. */
export async function curlLines(client: Client): Promise<string[]> {
	const curl = `curl -s -H "Authorization: Bearer $TOKEN"`;
	const lines = [`${curl} '${client.url}/v1/quizzes?limit=5'`];
	const quiz = await unlimitedQuiz(client);
	if (!quiz) return lines;
	const questions = quiz.subjects.flatMap((subject) => subject.questions).slice(0, QUESTIONS_ANSWERED);
	const answers = questions.map((question, index) => [question.id, randomResponse(question, (count) => index % count)]);
	const body = { quiz: quiz.id, answers: Object.fromEntries(answers) };
	// The wait makes the third line show what the second did. Each paste is an attempt of its own, so the key must differ; the clock will do by hand.
	const headers = `-H 'Content-Type: application/json' -H "Idempotency-Key: paste-$(date +%s)" -H 'Prefer: wait=10'`;
	return [
		...lines,
		`${curl} ${headers} -d '${JSON.stringify(body)}' ${client.url}/v1/users/me/attempts`,
		`${curl} ${client.url}/v1/quizzes/${quiz.id}/statistics`,
	];
}

/** One that may be taken as often as one pastes; a seed where there is one. */
async function unlimitedQuiz(client: Client): Promise<PlayableQuiz | null> {
	const { items } = await client.get<Page<CatalogQuiz>>("/v1/quizzes?limit=100");
	items.sort((a, b) => Number(b.owner === SEEDS_USER) - Number(a.owner === SEEDS_USER));
	for (const { id } of items.slice(0, QUIZZES_LOOKED_AT_MAX)) {
		const quiz = await client.get<PlayableQuiz>(`/v1/quizzes/${id}`);
		if (quiz.settings.attempts_max === undefined) return quiz;
	}
	return null;
}
