import { expect } from "vitest";
import { type Message, messageSchema } from "../../src/domain/log/events.ts";
import recorded from "../fixtures/recorded-log-v1.jsonl?raw";
import { deliver, testEnv } from "./harness.ts";

/** What the test of the recorded log and the recorder of its catalog share. */

/** The messages of test/fixtures/recorded-log-v1.jsonl, in the order in which they were sent. */
export const recordedLog = (): Message[] =>
	recorded
		.trimEnd()
		.split("\n")
		.map((line) => messageSchema.parse(JSON.parse(line)));

const MESSAGES_PER_BATCH = 25;

/** Gives the messages to the consumer, which must take all of them. */
export async function foldAll(messages: readonly Message[]): Promise<void> {
	for (let first = 0; first < messages.length; first += MESSAGES_PER_BATCH) {
		const batch = messages.slice(first, first + MESSAGES_PER_BATCH);
		const { report, acked } = await deliver(batch);
		expect(report).toMatchObject({ failed: 0, gaps: 0, unreadable: 0, duplicates: 0 });
		expect(acked.size).toBe(batch.length);
	}
}

type Value = string | number | null;
export type CatalogRow = Record<string, Value>;
export type CatalogContent = Record<string, CatalogRow[]>;

/** The number of a shard, which is what tables call it, and when the catalog was written to are no part of what logs say. */
const NOT_OF_THE_LOGS: Record<string, readonly string[]> = { shards: ["number", "applied_at"], dead_letters: ["at"] };

/** The tables that the logs fill. The others are about the catalog's own upkeep. */
const FOLDED_TABLES = [
	"shards",
	"quizzes",
	"attempt_facts",
	"quiz_statistics",
	"question_statistics",
	"generation_facts",
	"usage_daily",
	"credit_facts",
	"dead_letters",
];

/** Their rows in an order of their own, with users in place of the numbers that this catalog gave to shards. */
export async function catalogContent(tables = FOLDED_TABLES): Promise<CatalogContent> {
	const shards = await rowsOf("shards");
	const users = new Map(shards.map(({ number, user_id }) => [number, user_id]));
	const content: CatalogContent = {};
	for (const table of tables) {
		const rows = (await rowsOf(table)).map((row) => portable(table, row, users));
		content[table] = rows.sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
	}
	return content;
}

const rowsOf = async (table: string) =>
	(await testEnv.CATALOG.prepare(`SELECT * FROM ${table}`).all<CatalogRow>()).results;

function portable(
	table: string,
	row: CatalogRow,
	users: ReadonlyMap<Value | undefined, Value | undefined>,
): CatalogRow {
	const columns = Object.entries(row).filter(([name]) => !NOT_OF_THE_LOGS[table]?.includes(name));
	return Object.fromEntries(
		columns.map(([name, value]) => (name === "shard" ? [name, users.get(value) ?? value] : [name, value])),
	);
}
