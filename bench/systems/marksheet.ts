import type { Miniflare } from "miniflare";
import { Client } from "../../dev/client.ts";
import type { CatalogQuiz } from "../../dev/contract.ts";
import { DEMO_TENANT, type Signer, signToken } from "../../dev/signer.ts";
import { readStatistics } from "../../src/catalog/attempts/statistics.ts";
import { audiencesOf } from "../../src/catalog/quizzes/quizzes.ts";
import { browse } from "../../src/catalog/search/browse.ts";
import { listQuizzes } from "../../src/catalog/search/lists.ts";
import { keyOf as keyOfQuestion } from "../../src/domain/quizzes/answer-keys.ts";
import type { AnswerKey } from "../../src/domain/quizzes/quiz.ts";
import { questionsOf, quizContentSchema } from "../../src/domain/quizzes/quiz.ts";
import { parseSearch } from "../../src/domain/search/search.ts";
import { rowsReadBy } from "../cost/meter.ts";
import { ConsumerLog } from "../lib/consumer-log.ts";
import { Connections } from "../lib/http.ts";
import { runAll } from "../lib/load.ts";
import { publishQuizzes, quizDocument, userHeaders } from "../lib/marksheet.ts";
import { startMarksheet, temporaryFolder } from "../lib/runtime.ts";
import { Seeds } from "./seeds.ts";
import { CREDITS, type System } from "./system.ts";

const READER = audiencesOf({ tenant: DEMO_TENANT, user: "usr_bench0" });
const GRANTERS = 16;

export interface MarksheetSystem extends System {
	miniflare: Miniflare;
	signer: Signer;
	consumer: ConsumerLog;
}

/** Marksheet with its queue and consumer at work, as in production. */
export async function startMarksheetSystem(
	bundle: string,
	users: number,
	changes: Record<string, unknown> = {},
): Promise<MarksheetSystem> {
	const consumer = new ConsumerLog();
	const server = await startMarksheet({ bundle, folder: temporaryFolder(), onLog: consumer.read, changes });
	const { url, miniflare, signer, pid } = server;
	const [quiz = ""] = await publishQuizzes(url, signer, 1);
	const callers = await Promise.all(Array.from({ length: users }, (_, n) => userHeaders(signer, `usr_bench${n}`)));
	await grantAll(url, callers);
	const seeds = new Seeds(miniflare);
	return {
		name: "Marksheet",
		url,
		quiz,
		miniflare,
		signer,
		consumer,
		processes: [pid],
		stop: server.stop,
		headers: (n) => callers[n] ?? {},
		settled_status: 200,
		reads: {
			async seedAttempts(attempts) {
				const [id = ""] = await publishQuizzes(url, signer, 1);
				const author = new Client(url, await signToken(signer, { subject: "usr_author" }));
				const { version, version_number } = await author.get<CatalogQuiz>(`/v1/quizzes/${id}`);
				await seeds.attempts(keyOf(id, version, version_number), attempts);
				return id;
			},
			async seedQuizzes(total) {
				const catalog = await miniflare.getD1Database("CATALOG");
				const count = await catalog.prepare("SELECT count(*) AS n FROM quizzes").first<number>("n");
				await seeds.quizzes(total - (count ?? 0));
			},
			async statisticsRows(id) {
				return rowsReadBy(await miniflare.getD1Database("CATALOG"), (db) => readStatistics(db, id, READER, null));
			},
			async listRows(limit) {
				return rowsReadBy(await miniflare.getD1Database("CATALOG"), (db) =>
					listQuizzes(db, READER, "newest", null, limit),
				);
			},
			async searchRows(q, limit) {
				return rowsReadBy(await miniflare.getD1Database("CATALOG"), (db) => search(db, q, limit));
			},
		},
	};
}

/** What the route reads for the first page of a search. */
async function search(db: D1DatabaseSession, q: string, limit: number): Promise<void> {
	const parsed = parseSearch(q);
	if (!parsed.ok) throw new Error(parsed.detail);
	const query = { audiences: READER, filters: {}, search: parsed.search, sort: undefined };
	await browse(query, () => null)(db, limit);
}

async function grantAll(url: string, users: readonly Record<string, string>[]): Promise<void> {
	const connections = new Connections(url, GRANTERS);
	await runAll(GRANTERS, users.length, async (index) => {
		const headers = { ...users[index], "Idempotency-Key": "grant" };
		const body = { amount: CREDITS, kind: "plan" };
		await connections.expect(201, { method: "POST", path: "/v1/users/me/credits/grants", headers, body });
	});
	connections.close();
}

function keyOf(quiz: string, version: string, version_number: number): AnswerKey {
	const content = quizContentSchema.parse(quizDocument("Quiz"));
	const questions = questionsOf(content).map(keyOfQuestion);
	return { quiz, version, version_number, pass_percentage: content.pass_percentage, questions };
}
