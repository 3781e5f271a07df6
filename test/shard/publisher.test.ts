import { runInDurableObject } from "cloudflare:test";
import { describe, expect, test } from "vitest";
import type { Message } from "../../src/domain/log/events.ts";
import { MESSAGE_BYTES_MAX, MESSAGE_EVENTS_MAX, RESEND_AFTER_MS } from "../../src/domain/log/limits.ts";
import { DAY_MS } from "../../src/domain/units.ts";
import { sendIntervalOf } from "../../src/env.ts";
import { Log } from "../../src/shard/engine/log.ts";
import { Publisher } from "../../src/shard/engine/publisher.ts";
import { Sql } from "../../src/shard/engine/sql.ts";
import { newClient, testEnv } from "../lib/harness.ts";

const INTERVAL_MS = 200;
const settings = (sendIntervalMs: number) => ({ sendIntervalMs, clock: () => Date.now(), draw: () => 0.5 });
const WHO = { user: "usr_pub", tenant: "ten_pub", actor: "usr_pub" };

/** The log of a shard that nobody calls: what is written to it is sent by nobody else. */
async function inShard<T>(work: (log: Log, sql: Sql) => T | Promise<T>): Promise<T> {
	const client = await newClient();
	return runInDurableObject(client.shard(), (_, { storage }) => {
		const sql = new Sql(storage.sql);
		return work(new Log(sql), sql);
	});
}

/** An event whose body has about this many characters. */
function write(log: Log, characters = 10): number {
	const body = { amount: 1, note: "x".repeat(characters) };
	// The log takes any body; what it may be is the commands' business.
	return log.append(WHO, 1_000, "credits.terms_set", "usr_pub", body as never);
}

describe("messages of one shard", () => {
	test("go at once, and what is written soon after one goes together when the interval is over", async () => {
		const sent: { rows: number; at: number }[] = [];
		await inShard(async (log, sql) => {
			const send = async (message: Message) => void sent.push({ rows: message.rows.length, at: Date.now() });
			const publisher = new Publisher(sql, log, send, settings(INTERVAL_MS));
			write(log);
			const first = publisher.publish();
			await first;
			expect(sent.map(({ rows }) => rows)).toEqual([2]);
			for (let n = 0; n < 5; n++) {
				write(log);
				void publisher.publish();
			}
			await publisher.publish();
		});
		expect(sent.map(({ rows }) => rows)).toEqual([2, 5]);
		const [first, second] = sent;
		expect((second?.at ?? 0) - (first?.at ?? 0)).toBeGreaterThanOrEqual(INTERVAL_MS - 1);
	});

	test("do not wait where no message was sent just before", async () => {
		const sent: number[] = [];
		await inShard(async (log, sql) => {
			// So long that a message which waited for it would never go.
			const [interval, clock] = [DAY_MS, { now: DAY_MS }];
			const clocked = { ...settings(interval), clock: () => clock.now };
			const publisher = new Publisher(sql, log, async ({ rows }) => void sent.push(rows.length), clocked);
			write(log);
			await publisher.publish();
			clock.now += interval;
			write(log);
			await publisher.publish();
		});
		expect(sent).toEqual([2, 1]);
	});
});

/** Sizes around the limits: many small rows, few large ones, and both. */
const SIZES: Record<string, (n: number) => number> = {
	"small rows": () => 10,
	"large rows": () => 40_000,
	"rows of all sizes": (n) => [10, 90_000, 300, 50_000, 1][n % 5] ?? 0,
	"a large row among small ones": (n) => (n === 100 ? 99_000 : 20),
};

test.each(Object.keys(SIZES))("the rows in memory make the same messages as the table: %s", async (name) => {
	await inShard((log, sql) => {
		const sizes = SIZES[name] ?? (() => 0);
		for (let n = 0; n < (name === "large rows" ? 20 : MESSAGE_EVENTS_MAX + 20); n++) {
			write(log, sizes(n));
			if (n % 37 !== 0 && n < MESSAGE_EVENTS_MAX - 3) continue;
			for (const after of [0, n - 200, n - 3, n, n + 1, n + 2].filter((seq) => seq >= 0)) {
				const message = log.message(after);
				expect(message).toEqual(new Log(sql).message(after));
				expect(new TextEncoder().encode(JSON.stringify(message)).byteLength).toBeLessThanOrEqual(MESSAGE_BYTES_MAX);
			}
		}
	});
});

test("what a transaction wrote that was undone is in no message", async () => {
	const client = await newClient();
	await runInDurableObject(client.shard(), (_, { storage }) => {
		const log = new Log(new Sql(storage.sql));
		write(log);
		const before = log.message(0);
		expect(() =>
			storage.transactionSync(() => {
				write(log);
				throw new Error("undone");
			}),
		).toThrow("undone");
		log.forgetCache();
		expect(log.headSeq()).toBe(2);
		expect(log.message(0)).toEqual(before);
		expect(write(log)).toBe(3);
	});
});

test("a message that was lost is sent again while its shard goes on writing", async () => {
	const firsts: number[] = [];
	const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
	await inShard(async (log, sql) => {
		const send = async ({ first }: Message) => {
			firsts.push(first);
			await pause(20);
		};
		const publisher = new Publisher(sql, log, send, settings(0));
		// Faster than messages go, so that there is always one under way.
		const writing = setInterval(() => {
			write(log);
			void publisher.publish();
		}, 2);
		const written = async (rows: number, until: () => boolean) => {
			for (const end = log.headSeq() + rows; log.headSeq() < end && !until(); ) await pause(2);
		};
		try {
			await written(100, () => firsts.length > 1);
			expect(firsts.filter((first) => first === 1)).toHaveLength(1);
			publisher.review({ applied: 0, before: log.headSeq(), now: 1_000 + RESEND_AFTER_MS });
			await written(100, () => firsts.filter((first) => first === 1).length > 1);
			expect(firsts.filter((first) => first === 1)).toHaveLength(2);
		} finally {
			clearInterval(writing);
			await publisher.publish();
		}
	});
});

test.each([
	["0", 0],
	["5000", 5_000],
	["5001", 250],
	["-1", 250],
	["soon", 250],
	[undefined, 250],
])("an interval set to %s is %i ms", (SEND_INTERVAL_MS, expected) => {
	expect(sendIntervalOf({ ...testEnv, SEND_INTERVAL_MS } as unknown as Env)).toBe(expected);
});
