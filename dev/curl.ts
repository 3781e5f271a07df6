import type { Client } from "./client.ts";
import type { CatalogQuiz, Page, PlayableQuiz } from "./contract.ts";
import { SEEDS_USER } from "./seeds.ts";

const QUESTIONS_ANSWERED = 3;

/** Commands that work when pasted where `TOKEN` is set: list the quizzes, take one, see its statistics. */
export async function curlLines(client: Client): Promise<string[]> {
	const curl = `curl -s -H "Authorization: Bearer $TOKEN"`;
	const lines = [`${curl} '${client.url}/v1/quizzes?limit=5'`];
	const { items } = await client.get<Page<CatalogQuiz>>("/v1/quizzes?limit=100");
	const example = items.find(({ owner }) => owner === SEEDS_USER) ?? items[0];
	if (!example) return lines;
	const quiz = await client.get<PlayableQuiz>(`/v1/quizzes/${example.id}`);
	const questions = quiz.subjects.flatMap((subject) => subject.questions).slice(0, QUESTIONS_ANSWERED);
	const body = { quiz: quiz.id, answers: Object.fromEntries(questions.map(({ id }, index) => [id, index % 2])) };
	// The wait makes the third line show what the second did. Each paste is an attempt of its own, so the key must differ; the clock will do by hand.
	const headers = `-H 'Content-Type: application/json' -H "Idempotency-Key: paste-$(date +%s)" -H 'Prefer: wait=10'`;
	return [
		...lines,
		`${curl} ${headers} -d '${JSON.stringify(body)}' ${client.url}/v1/users/me/attempts`,
		`${curl} ${client.url}/v1/quizzes/${quiz.id}/statistics`,
	];
}
