import { runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { afterEach, expect, test, vi } from "vitest";
import { IDEMPOTENCY_PERIOD_MS } from "../../src/domain/limits.ts";
import { asking } from "../../src/domain/requests.ts";
import { accepted } from "../../src/domain/result.ts";
import { Log } from "../../src/shard/engine/log.ts";
import { Requests } from "../../src/shard/engine/requests.ts";
import { Sql } from "../../src/shard/engine/sql.ts";
import { key, newShard, START, submission } from "../lib/shard-calls.ts";

/** How long a key is honoured, and for what. */

afterEach(() => {
	vi.useRealTimers();
	vi.restoreAllMocks();
});

const setClock = (at: number) => void vi.useFakeTimers({ toFake: ["Date"], now: at });

test("a key is honoured for at least one period, and forgotten, and its row purged, after two", async () => {
	const { shard, call } = newShard();
	const first = await shard.attempts.submit(call(START, "k"), submission, key);
	const again = await shard.attempts.submit(call(START + 2 * IDEMPOTENCY_PERIOD_MS - 1, "k"), submission, key);
	expect(again).toEqual({ ...first, replayed: true });
	setClock(START + 2 * IDEMPOTENCY_PERIOD_MS);
	await runDurableObjectAlarm(shard);
	const left = await runInDurableObject(shard, (_, { storage: { sql } }) =>
		sql.exec("SELECT * FROM requests").toArray(),
	);
	expect(left).toEqual([]);
	const anew = await shard.attempts.submit(call(START + 2 * IDEMPOTENCY_PERIOD_MS, "k"), submission, key);
	expect(anew).toMatchObject({ replayed: false, outcome: { value: { number: 2 } } });
});

test("a key that was used for one operation is refused for another, though their inputs are equal", async () => {
	const { shard } = newShard();
	const [same, other] = await runInDurableObject(shard, (_, { storage }) => {
		const sql = new Sql(storage.sql);
		const requests = new Requests(sql, new Log(sql));
		const key = { actor: "usr_a", key: "k", visiting: false };
		const opened = requests.open(key, asking("one", { a: 1 }), START);
		opened.keep({ outcome: accepted("done"), seq: 1, replayed: false });
		return ["one", "another"].map(
			(operation) => requests.open<string>(key, asking(operation, { a: 1 }), START).earlier,
		);
	});
	expect(same).toEqual({ outcome: accepted("done"), seq: 1, replayed: true });
	expect(other).toMatchObject({ replayed: false, outcome: { refusal: { code: "idempotency-key-reused" } } });
});
