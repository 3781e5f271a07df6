import { expect, vi } from "vitest";
import { LABELS } from "../../src/domain/search/search.ts";
import { type Answer, type Client, testEnv } from "./harness.ts";

/** Catalogs of many quizzes, and what reading them costs. */

export interface FilledQuiz {
	id: string;
	audience: string;
	title: string;
	tag: string;
	questions: string;
}

const QUIZZES_AT_ONCE = 200;

/** Quizzes that no log wrote, as rows of the catalog, in the way in which the release before writes them. */
export async function fillCatalog(quizzes: readonly FilledQuiz[]): Promise<void> {
	const rows = quizzes.map((quiz) => ({
		...quiz,
		labels: [LABELS.audience(quiz.audience), LABELS.tag(quiz.tag), LABELS.difficulty("expert")].join(" "),
	}));
	for (let first = 0; first < rows.length; first += QUIZZES_AT_ONCE) {
		const piece = JSON.stringify(rows.slice(first, first + QUIZZES_AT_ONCE));
		await testEnv.CATALOG.batch([
			testEnv.CATALOG.prepare(
				`INSERT INTO quizzes (id, owner, audience, visibility, version, version_number, title, description, tags, difficulty,
					source, questions, max_score, published_at, updated_at, seq, title_key)
				SELECT value ->> 'id', 'usr_filler', value ->> 'audience', 'public', '', 1, value ->> 'title', '',
					json_array(value ->> 'tag'), 'expert', 'ai', 1, 1, 1000 + key, 1, 1, value ->> 'title' FROM json_each(?1)`,
			).bind(piece),
			testEnv.CATALOG.prepare(
				`INSERT INTO quiz_texts (quiz, labels, title, tags, description, questions)
				SELECT value ->> 'id', value ->> 'labels', value ->> 'title', value ->> 'tag', '', value ->> 'questions'
				FROM json_each(?1)`,
			).bind(piece),
		]);
	}
}

/** The rows that the catalog reads for a request, as its engine counts them. */
export const rowsRead = async (client: Client, path: string): Promise<number> => (await costOf(client, path)).rows;

/** Reads of shards' alarms, which fire at the same time. */
const OF_ALARMS = /FROM shards WHERE user_id = \?$/;

/** An answer, with the rows that the catalog reads for it. */
export async function costOf(client: Client, path: string): Promise<{ rows: number; answer: Answer }> {
	let rows = 0;
	const prepare = testEnv.CATALOG.prepare.bind(testEnv.CATALOG);
	const run = async (query: string, values: unknown[]) => {
		const result = await prepare(query)
			.bind(...values)
			.all();
		if (!OF_ALARMS.test(query)) rows += result.meta.rows_read;
		return result;
	};
	const session = {
		prepare: (query: string) => ({
			bind: (...values: unknown[]) => ({
				all: () => run(query, values),
				first: async (column?: string) => {
					const row = (await run(query, values)).results[0] as Record<string, unknown> | undefined;
					return (column === undefined ? row : row?.[column]) ?? null;
				},
			}),
		}),
		getBookmark: () => null,
	};
	const spy = vi.spyOn(testEnv.CATALOG, "withSession").mockReturnValue(session as unknown as D1DatabaseSession);
	const answer = await client.get(path);
	spy.mockRestore();
	expect([path, answer.status]).toEqual([path, 200]);
	return { rows, answer };
}
