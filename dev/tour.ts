import { isDeepStrictEqual } from "node:util";
import type { ItemResponse } from "../src/domain/attempts/responses.ts";
import { sha256Hex } from "../src/domain/canonical.ts";
import { shownQuestion } from "../src/domain/quizzes/answer-keys.ts";
import type { Question } from "../src/domain/quizzes/questions.ts";
import { Client } from "./client.ts";
import type { Attempt, Balance, CatalogQuiz, Hold, Page, PlayableQuiz, QuizStatistics } from "./contract.ts";
import { Failure } from "./failure.ts";
import { rightResponse, wrongResponse } from "./responses.ts";
import { SEEDS_USER, seedQuestions } from "./seeds.ts";
import { type Signer, signToken } from "./signer.ts";
import { indent, percent, shorten, table } from "./table.ts";

const QUIZZES_TOURED = 4;
const TITLE_CHARS_MAX = 38;

const TAKERS = [
	{ name: "Ada", miss_rate: 0.2 },
	{ name: "Bo", miss_rate: 0.5 },
];

interface Taker {
	name: string;
	user: string;
	client: Client;
	/** Share of the questions that this one gets wrong. */
	miss_rate: number;
}

/** Walks through what Marksheet does, and holds it to its promises. @returns the id of one of its users @throws Failure where one is not kept */
export async function tour(url: string, signer: Signer): Promise<string> {
	// New users for each tour: nothing of an earlier one is in the numbers.
	const run = Date.now().toString(36);
	const takers: Taker[] = [];
	for (const taker of TAKERS) {
		const user = `usr_${taker.name.toLowerCase()}_${run}`;
		takers.push({ ...taker, user, client: new Client(url, await signToken(signer, { subject: user })) });
	}
	const [ada] = takers as [Taker];
	const quizzes = await playableQuizzes(ada.client);
	const before = await statisticsOf(ada.client, quizzes);
	await takeQuizzes(takers, quizzes);
	for (const taker of takers) {
		const { head_seq } = await taker.client.caughtUp();
		console.log(`    the catalog has all ${head_seq} rows of ${taker.name}'s log: lag 0`);
	}
	await spendCredits(url, signer, ada);
	await showStatistics(quizzes, before, await statisticsOf(ada.client, quizzes), takers.length);
	return ada.user;
}

async function playableQuizzes(client: Client): Promise<PlayableQuiz[]> {
	const { items } = await client.get<Page<CatalogQuiz>>("/v1/quizzes?limit=100");
	if (items.length === 0) throw new Failure("The catalog has no quizzes to take. Publish or import some first.");
	// Seeds first: their right answers are known, so the takers can be better than chance.
	const byAuthor = items.sort((a, b) => Number(b.owner === SEEDS_USER) - Number(a.owner === SEEDS_USER));
	const toured = byAuthor.slice(0, QUIZZES_TOURED);
	return Promise.all(toured.map(({ id }) => client.get<PlayableQuiz>(`/v1/quizzes/${id}`)));
}

const statisticsOf = (client: Client, quizzes: readonly PlayableQuiz[]) =>
	Promise.all(quizzes.map(({ id }) => client.get<QuizStatistics>(`/v1/quizzes/${id}/statistics`)));

async function takeQuizzes(takers: readonly Taker[], quizzes: readonly PlayableQuiz[]): Promise<void> {
	const names = takers.map(({ name, user }) => `${name} is ${user}`).join(", ");
	console.log(`\n  Two users take quizzes: ${names}.`);
	const seeds = seedQuestions();
	for (const { name, client, miss_rate } of takers) {
		for (const quiz of quizzes) {
			const { answers, expected } = answersTo(quiz, seeds, (question) => shareOf(name + question) < miss_rate);
			const attempt = await client.post<Attempt>("/v1/users/me/attempts", { quiz: quiz.id, answers });
			promise(expected === null || attempt.score === expected, `${name} scores ${expected}, got ${attempt.score}`);
			const result = `${attempt.score} of ${attempt.max_score}, ${attempt.passed ? "passed" : "not passed"}`;
			console.log(`    ${name.padEnd(4)} ${shorten(quiz.title, TITLE_CHARS_MAX).padEnd(TITLE_CHARS_MAX)} ${result}`);
		}
	}
}

/** Answers with known misses; where the key is not known, the first options and no expectation. */
function answersTo(quiz: PlayableQuiz, seeds: ReadonlyMap<string, Question>, misses: (question: string) => boolean) {
	const answers: Record<string, ItemResponse> = {};
	let expected: number | null = 0;
	for (const shown of quiz.subjects.flatMap((subject) => subject.questions)) {
		const known = seeds.get(shown.question);
		if (!known || !isDeepStrictEqual({ ...shownQuestion(known), id: shown.id }, shown)) {
			expected = null;
			if ("options" in shown && shown.type !== "multiple_choice") answers[shown.id] = 0;
			continue;
		}
		const missed = misses(shown.question);
		const response = missed ? wrongResponse(known) : rightResponse(known);
		if (response !== null) answers[shown.id] = response;
		if (!missed && expected !== null) expected += shown.marks;
	}
	return { answers, expected };
}

/** A number from 0 to 1 that looks random and is the same in every tour. */
const shareOf = (text: string) => Number.parseInt(sha256Hex(text).slice(0, 8), 16) / 2 ** 32;

async function spendCredits(url: string, signer: Signer, owner: Taker): Promise<void> {
	console.log(`\n  A generator spends credits of ${owner.name}: it reserves before the work and settles after it.`);
	const scopes = ["credits:read", "credits:reserve", "credits:grant", "on-behalf-of"];
	const generator = new Client(url, await signToken(signer, { subject: "svc_generator", scopes }));
	const path = `/v1/users/${owner.user}/credits`;
	const rows: string[][] = [];
	const show = async (what: string, expected: Pick<Balance, "available" | "held" | "consumed">) => {
		const { available, held, consumed } = await generator.get<Balance>(path);
		rows.push([what, String(available), String(held), String(consumed)]);
		const kept = available === expected.available && held === expected.held && consumed === expected.consumed;
		promise(kept, `${what} leaves ${JSON.stringify(expected)}, got ${JSON.stringify({ available, held, consumed })}`);
	};
	await generator.post(`${path}/grants`, { amount: 20, kind: "bonus", reference: "tour" });
	await show("20 granted", { available: 20, held: 0, consumed: 0 });
	const used = await generator.post<Hold>(`${path}/holds`, { amount: 5, purpose: "quiz generation", model: "tour-1" });
	await show("5 reserved", { available: 15, held: 5, consumed: 0 });
	await generator.post(`${path}/holds/${used.id}/settlement`, { amount: 3, tokens_used: 1_843, cost_cents: 1 });
	await show("3 settled, 2 back", { available: 17, held: 0, consumed: 3 });
	const unused = await generator.post<Hold>(`${path}/holds`, { amount: 4, purpose: "quiz generation" });
	await show("4 reserved", { available: 13, held: 4, consumed: 3 });
	await generator.post(`${path}/holds/${unused.id}/release`, { reason: "the provider timed out" });
	await show("4 released", { available: 17, held: 0, consumed: 3 });
	console.log(indent(table(["", "available", "held", "consumed"], rows)));
	const { head_seq } = await owner.client.caughtUp();
	console.log(`    the catalog has all ${head_seq} rows of ${owner.name}'s log: lag 0`);
}

function showStatistics(
	quizzes: readonly PlayableQuiz[],
	before: readonly QuizStatistics[],
	after: readonly QuizStatistics[],
	takers: number,
): void {
	console.log("\n  What the catalog counts.");
	const rows = quizzes.map((quiz, index) => {
		const { attempts = 0, takers: people = 0, mean_percentage = null, pass_rate = null } = after[index] ?? {};
		// Others may take the same quizzes during a tour, so there can be more, but not fewer.
		const earlier = before[index];
		const counted = attempts >= (earlier?.attempts ?? 0) + takers && people >= (earlier?.takers ?? 0) + takers;
		promise(counted, `the statistics of "${quiz.title}" count ${takers} more attempts by as many takers`);
		const mean = mean_percentage === null ? "–" : `${mean_percentage.toFixed(1)} %`;
		return [shorten(quiz.title, TITLE_CHARS_MAX), String(attempts), String(people), mean, percent(pass_rate)];
	});
	console.log(indent(table(["quiz", "attempts", "takers", "mean", "pass rate"], rows)));
	console.log(`    ${hardestQuestion(quizzes, after)}`);
}

function hardestQuestion(quizzes: readonly PlayableQuiz[], statistics: readonly QuizStatistics[]): string {
	const all = statistics.flatMap(({ quiz, questions }) =>
		questions.flatMap(({ id, facility }) => (facility == null ? [] : [{ quiz, id, facility }])),
	);
	const [hardest] = all.sort((a, b) => a.facility - b.facility);
	if (!hardest) throw new Failure("Not as promised: the statistics have no questions.");
	const quiz = quizzes.find(({ id }) => id === hardest.quiz);
	const question = quiz?.subjects.flatMap(({ questions }) => questions).find(({ id }) => id === hardest.id);
	return `hardest question: "${question?.question}" (${quiz?.title}), facility ${hardest.facility.toFixed(2)}`;
}

function promise(kept: boolean, what: string): void {
	if (!kept) throw new Failure(`Not as promised: ${what}.`);
}
