import { applyD1Migrations, reset } from "cloudflare:test";
import { beforeEach, describe, expect, test } from "vitest";
import { MESSAGE_VERSION, type Message } from "../../src/domain/log/events.ts";
import recordedCatalog from "../fixtures/recorded-catalog-v1.json";
import { deliver, testEnv } from "../lib/harness.ts";
import { type CatalogContent, type CatalogRow, catalogContent, foldAll, recordedLog } from "../lib/recorded-log.ts";
import { EVENT_KINDS_V1 } from "../record/kinds-v1.ts";

/** A log that an earlier version wrote: this one reads every row of it and makes the same catalog of it. */

beforeEach(async () => {
	await reset();
	await applyD1Migrations(testEnv.CATALOG, testEnv.TEST_MIGRATIONS.CATALOG);
});

const recorded: CatalogContent = recordedCatalog;

/** What the catalog has now, in the columns that were recorded. */
async function catalogNow(): Promise<CatalogContent> {
	const now = await catalogContent(Object.keys(recorded));
	return Object.fromEntries(Object.entries(recorded).map(([table, rows]) => [table, project(now[table] ?? [], rows)]));
}

function project(rows: readonly CatalogRow[], like: readonly CatalogRow[]): CatalogRow[] {
	const columns = Object.keys(like[0] ?? rows[0] ?? {});
	return rows.map((row) => Object.fromEntries(columns.map((name) => [name, row[name] ?? null]))).sort(byText);
}

const byText = (a: CatalogRow, b: CatalogRow) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1);

test("the recording has every kind of event of its time, and rows in every table of facts and sums", () => {
	const kinds = recordedLog().flatMap(({ rows }) => rows.map((row) => (row as { kind: string }).kind));
	expect([...new Set(kinds)].sort()).toEqual(EVENT_KINDS_V1);
	const empty = Object.keys(recorded).filter((table) => recorded[table]?.length === 0);
	expect(empty).toEqual(["dead_letters"]);
});

describe("the recorded log gives the recorded catalog", () => {
	test("in the order in which it was sent", async () => {
		await foldAll(recordedLog());
		expect(await catalogNow()).toEqual(recorded);
	});

	test("shard by shard, since shards are in no order between themselves", async () => {
		const messages = recordedLog().sort((a, b) => (a.shard < b.shard ? 1 : a.shard > b.shard ? -1 : a.first - b.first));
		expect(messages[0]?.shard).not.toBe(recordedLog()[0]?.shard);
		await foldAll(messages);
		expect(await catalogNow()).toEqual(recorded);
	});

	test("with fields in it that this version does not know", async () => {
		const messages = recordedLog().map((message) => withUnknownFields(message));
		expect(JSON.stringify(messages)).not.toBe(JSON.stringify(recordedLog()));
		await foldAll(messages);
		expect(await catalogNow()).toEqual(recorded);
	});
});

/** The message with a field more in itself, in each row, and in each object of their bodies. */
const withUnknownFields = (message: Message): Message => extended(message) as Message;

function extended(value: unknown): unknown {
	if (Array.isArray(value)) return value.map(extended);
	if (value === null || typeof value !== "object") return value;
	const members = Object.entries(value).map(([name, member]) => [name, extended(member)]);
	return { ...Object.fromEntries(members), a_later_field: { of: ["a later", 1, null] } };
}

test("a log with one message less gives another catalog", async () => {
	await foldAll(recordedLog().slice(0, -1));
	expect(await catalogNow()).not.toEqual(recorded);
});

test("a message of a later version is left to its shard and hurts neither its neighbours nor, once it comes again, its shard", async () => {
	const messages = recordedLog();
	const [late] = messages.filter(({ shard }) => shard === "usr_blue");
	const later = { ...late, v: MESSAGE_VERSION + 98, rows: "in a shape that nobody knows yet" };
	const others = messages.filter(({ shard }) => shard !== "usr_blue");
	const { report, acked } = await deliver([others[0], later, others[1]]);
	expect(report).toMatchObject({ ahead: 1, deferred: 1, unreadable: 0, failed: 0, gaps: 0 });
	expect(acked.size).toBe(3);
	const { results } = await testEnv.CATALOG.prepare("SELECT reason, body FROM dead_messages").all();
	expect(results).toEqual([]);
	await foldAll([...others.slice(2), ...messages.filter(({ shard }) => shard === "usr_blue")]);
	expect(await catalogNow()).toEqual(recorded);
});
