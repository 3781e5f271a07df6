import { isDeepStrictEqual } from "node:util";
import { Client } from "../dev/client.ts";
import { parseCommandLine } from "../dev/command-line.ts";
import type { Attempt, CatalogQuiz, PlayableQuiz, QuizStatistics } from "../dev/contract.ts";
import { addAttempts, countOf } from "../dev/count.ts";
import { Failure, run } from "../dev/failure.ts";
import { Bar } from "../dev/progress.ts";
import { randomResponse } from "../dev/responses.ts";
import { serverUrl, stateDir, wholeNumber } from "../dev/settings.ts";
import { readSigner, signToken } from "../dev/signer.ts";

/**
 * Shows on a running server that the statistics of every quiz are what one counts by hand: users submit attempts at random
 * quizzes that may be taken as often as one likes, half of the users all at once; then every user's own list of attempts is
 * read and counted here, apart from the code that counts in the catalog. Nobody else may submit meanwhile.
 */

/** Small, so that the lists are read in several pages. */
const PAGE_SIZE = 4;
const BLANK_SHARE = 0.1;

interface Taker {
	user: string;
	client: Client;
}

await run(async () => {
	const { values } = parseCommandLine({
		usage: "npm run verify:statistics [-- OPTIONS]",
		about:
			"Users submit attempts on the running server; then the statistics of every quiz are counted by hand and compared.",
		options: {
			users: { type: "string", default: "50", about: "how many users" },
			attempts: { type: "string", default: "10", about: "how many attempts each" },
		},
	});
	const takers = await newTakers(wholeNumber("users", values.users, 2, 1_000));
	const attemptsEach = wholeNumber("attempts", values.attempts, 1, 1_000);
	const quizzes = await allQuizzes(takers[0]);
	const before = await statisticsOf(takers[0], quizzes);
	await submitAll(takers, quizzes, attemptsEach);
	for (const { client } of takers) await client.caughtUp();
	const attempts = await allAttempts(takers);
	if (attempts.length !== takers.length * attemptsEach) {
		throw new Failure(`The users have ${attempts.length} attempts; they submitted ${takers.length * attemptsEach}.`);
	}
	const after = await statisticsOf(takers[0], quizzes);
	quizzes.forEach((quiz, index) => {
		const { id, title } = quiz;
		const [old, now] = [before[index], after[index]];
		if (!old || !now) throw new Failure(`${title} has no statistics.`);
		const own = attempts.filter(({ attempt }) => attempt.quiz === id);
		const counted = addAttempts(countOf(old), quiz, own);
		if (!isDeepStrictEqual(countOf(now), counted)) {
			const shown = [countOf(now), counted].map((count) => JSON.stringify(count)).join("\n");
			throw new Failure(`The statistics of ${title} (${id}) differ from the count:\n${shown}`);
		}
	});
	const counted = `statistics of ${quizzes.length} quizzes equal an independent count over ${attempts.length} attempts`;
	console.log(`${counted}; lag 0 for ${takers.length} users`);
});

async function newTakers(number: number): Promise<[Taker, ...Taker[]]> {
	const signer = readSigner(stateDir());
	const series = Date.now().toString(36);
	const newTaker = async (index: number): Promise<Taker> => {
		const user = `usr_verify_${series}_${index}`;
		return { user, client: new Client(serverUrl(), await signToken(signer, { subject: user })) };
	};
	return [await newTaker(0), ...(await Promise.all(Array.from({ length: number - 1 }, (_, i) => newTaker(i + 1))))];
}

async function allQuizzes({ client }: Taker): Promise<PlayableQuiz[]> {
	const quizzes: PlayableQuiz[] = [];
	for await (const { id } of client.list<CatalogQuiz>("/v1/quizzes")) {
		quizzes.push(await client.get<PlayableQuiz>(`/v1/quizzes/${id}`));
	}
	if (quizzes.length === 0) throw new Failure("The catalog has no quizzes.");
	return quizzes;
}

function statisticsOf({ client }: Taker, quizzes: readonly PlayableQuiz[]): Promise<QuizStatistics[]> {
	return Promise.all(quizzes.map(({ id }) => client.get<QuizStatistics>(`/v1/quizzes/${id}/statistics`)));
}

/** The first half of the users submit everything at once, the others one attempt after the other. */
async function submitAll(takers: readonly Taker[], quizzes: readonly PlayableQuiz[], each: number): Promise<void> {
	const bar = new Bar();
	let done = 0;
	const unlimited = quizzes.filter(({ settings }) => settings.attempts_max === undefined);
	if (unlimited.length === 0) throw new Failure("No quiz may be taken as often as one likes.");
	const submit = async ({ client }: Taker) => {
		await client.post("/v1/users/me/attempts", randomSubmission(unlimited));
		bar.update(++done / (takers.length * each), `${done} attempts`);
	};
	const half = Math.ceil(takers.length / 2);
	const times = Array.from({ length: each });
	await Promise.all(takers.slice(0, half).flatMap((taker) => times.map(() => submit(taker))));
	for (const taker of takers.slice(half)) for (const _ of times) await submit(taker);
	bar.clear();
}

function randomBelow(n: number): number {
	return Math.floor(Math.random() * n);
}

function randomSubmission(quizzes: readonly PlayableQuiz[]) {
	const quiz = quizzes[randomBelow(quizzes.length)];
	const questions = quiz?.subjects.flatMap((subject) => subject.questions) ?? [];
	const answered = questions.filter(() => Math.random() >= BLANK_SHARE);
	return { quiz: quiz?.id, answers: Object.fromEntries(answered.map((q) => [q.id, randomResponse(q, randomBelow)])) };
}

async function allAttempts(takers: readonly Taker[]): Promise<{ user: string; attempt: Attempt }[]> {
	const attempts: { user: string; attempt: Attempt }[] = [];
	for (const { user, client } of takers) {
		const list = client.list<Attempt>("/v1/users/me/attempts", { limit: PAGE_SIZE });
		for await (const attempt of list) attempts.push({ user, attempt });
	}
	return attempts;
}
