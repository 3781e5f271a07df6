import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import fc from "fast-check";
import { afterEach, describe, expect, test, vi } from "vitest";
import { CursorReads } from "../../src/catalog/replication/cursor-reads.ts";
import { type Waiting, waitUntilApplied } from "../../src/catalog/replication/waiting.ts";
import { lookPause, readAgainPause, resendPause } from "../../src/domain/log/backoff.ts";
import {
	ALARM_AHEAD_MS_MIN,
	ALARM_OVERDUE_MS_MAX,
	CURSOR_READ_MS_MAX,
	CURSOR_READ_SLOW_MS,
	LAG_KNOWN_MS,
	LOOK_PAUSE_MS_MAX,
	LOOK_PAUSE_MS_MIN,
	READ_AGAIN_MS_MAX,
	READ_AGAIN_MS_MIN,
	RESEND_AFTER_MS,
	RESEND_PAUSE_MS_MAX,
	RESEND_PAUSE_MS_MIN,
	RESEND_PAUSE_MS_START,
} from "../../src/domain/log/limits.ts";
import { Outlook } from "../../src/domain/log/outlook.ts";
import { Log } from "../../src/shard/engine/log.ts";
import { Publisher } from "../../src/shard/engine/publisher.ts";
import { Replicator } from "../../src/shard/engine/replicator.ts";
import { Sql } from "../../src/shard/engine/sql.ts";
import { type Client, caughtUp, interceptQueue, newClient, publishedQuiz, testEnv } from "../lib/harness.ts";

/** What a catalog that stands still, and a platform that fires no alarm, do to those who wait for them. */

afterEach(() => {
	vi.useRealTimers();
	vi.restoreAllMocks();
});

const draws = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

describe("who tries again", () => {
	test("waits for a random time, no longer than the cursor has stood still, and no longer than minutes", () => {
		fc.assert(
			fc.property(fc.nat(10 * RESEND_PAUSE_MS_MAX), draws, (still_ms, draw) => {
				const pause = resendPause(still_ms, draw);
				expect(pause).toBeGreaterThanOrEqual(RESEND_PAUSE_MS_MIN);
				expect(pause).toBeLessThanOrEqual(Math.max(RESEND_PAUSE_MS_START, still_ms));
				expect(pause).toBeLessThanOrEqual(RESEND_PAUSE_MS_MAX);
			}),
		);
		expect([0, RESEND_PAUSE_MS_START, 100_000, 10 * RESEND_PAUSE_MS_MAX].map((still) => resendPause(still, 1))).toEqual(
			[RESEND_PAUSE_MS_START, RESEND_PAUSE_MS_START, 100_000, RESEND_PAUSE_MS_MAX],
		);
		expect(resendPause(0, 0)).toBe(RESEND_PAUSE_MS_MIN);
	});

	test("reads again after a random time where the last read failed", () => {
		expect([0, 1].map(readAgainPause)).toEqual([READ_AGAIN_MS_MIN, READ_AGAIN_MS_MAX]);
	});

	test("looks at the cursor at random intervals of a quarter of a second to two", () => {
		fc.assert(
			fc.property(fc.nat(1_000), draws, (looks, draw) => {
				expect(lookPause(looks, draw)).toBeGreaterThanOrEqual(LOOK_PAUSE_MS_MIN);
				expect(lookPause(looks, draw)).toBeLessThanOrEqual(LOOK_PAUSE_MS_MAX);
			}),
		);
		expect([0, 1, 2, 3].map((looks) => lookPause(looks, 1))).toEqual([500, 1_000, 2_000, 2_000]);
	});
});

describe("an isolate", () => {
	test("whose read has failed lets one read in a while try, and all once one is answered", () => {
		const outlook = new Outlook(() => 1);
		expect([outlook.mayRead(0), outlook.mayRead(0)]).toEqual([true, true]);
		outlook.failed(1_000);
		expect([1_000, 1_000 + READ_AGAIN_MS_MAX - 1].map((now) => outlook.mayRead(now))).toEqual([false, false]);
		const later = 1_000 + READ_AGAIN_MS_MAX;
		const tries = [later, later, later + READ_AGAIN_MS_MAX - 1, later + READ_AGAIN_MS_MAX];
		expect(tries.map((now) => outlook.mayRead(now))).toEqual([true, false, false, true]);
		outlook.answered(1, later + 1);
		expect([outlook.mayRead(later + 1), outlook.mayRead(later + 1)]).toEqual([true, true]);
	});

	test("takes an answer that was long in coming for a failure, and a clock that steps back for none", () => {
		const outlook = new Outlook(() => 0.5);
		outlook.answered(CURSOR_READ_SLOW_MS, 1_000);
		expect(outlook.mayRead(1_001)).toBe(true);
		outlook.answered(CURSOR_READ_SLOW_MS + 1, 1_000);
		expect(outlook.mayRead(1_001)).toBe(false);
		expect(outlook.mayRead(999)).toBe(true);
	});

	test("knows that waiting is in vain once two users have waited so long, until one gets there", () => {
		const outlook = new Outlook(() => 0.5);
		outlook.late("usr_a", 10_000, 0);
		outlook.late("usr_a", 10_000, 0);
		// One shard alone may be held up by something of its own.
		expect(outlook.isInVain(10_000, 0)).toBe(false);
		outlook.late("usr_b", 10_000, 0);
		expect([5_000, 10_000, 10_001].map((wait_ms) => outlook.isInVain(wait_ms, 1))).toEqual([true, true, false]);
		outlook.reached();
		expect(outlook.isInVain(5_000, 1)).toBe(false);
	});

	test("puts what it knows of the lag to the test once in a while", () => {
		const outlook = new Outlook(() => 0.5);
		for (const user of ["usr_a", "usr_b"]) outlook.late(user, 10_000, 0);
		const at = [LAG_KNOWN_MS - 1, LAG_KNOWN_MS, LAG_KNOWN_MS, 2 * LAG_KNOWN_MS - 1, 2 * LAG_KNOWN_MS];
		expect(at.map((now) => outlook.isInVain(1_000, now))).toEqual([true, false, true, true, false]);
	});

	test("learns nothing from those who did not wait", () => {
		const outlook = new Outlook(() => 0.5);
		for (const user of ["usr_a", "usr_b", "usr_c"]) outlook.late(user, 0, 0);
		expect(outlook.isInVain(0, 0)).toBe(false);
	});
});

describe("a read of a cursor", () => {
	const failing = (error: Error) => {
		const withSession = vi.fn(() => {
			throw error;
		});
		return { db: { withSession } as unknown as D1Database, withSession };
	};

	test("asks the nearest replica and never the primary", async () => {
		// One of its own, since shards' alarms read the other one at the same time.
		const withSession = vi.fn((constraint?: string) => testEnv.CATALOG.withSession(constraint));
		const db = { withSession } as unknown as D1Database;
		const reads = new CursorReads(new Outlook(() => 0.5), () => 0);
		expect(await reads.read(db, "usr_nobody")).toMatchObject({ seq: 0 });
		expect(withSession.mock.calls).toEqual([["first-unconstrained"]]);
	});

	test("is not made while the last one failed moments ago", async () => {
		let now = 0;
		const reads = new CursorReads(new Outlook(() => 0.5), () => now);
		const { db, withSession } = failing(new Error("D1 DB is overloaded"));
		const read = () => reads.read(db, "usr_a").catch((error: Error) => error.message);
		expect(await read()).toBe("D1 DB is overloaded");
		for (let n = 0; n < 5; n++) expect(await read()).toBeNull();
		expect(withSession).toHaveBeenCalledTimes(1);
		now = READ_AGAIN_MS_MAX;
		expect([await read(), await read()]).toEqual(["D1 DB is overloaded", null]);
		expect(withSession).toHaveBeenCalledTimes(2);
	});

	test("that is not answered is given up, and counts as one that failed", async () => {
		vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
		const withSession = () => ({ prepare: () => ({ bind: () => ({ first: () => new Promise(() => undefined) }) }) });
		const db = { withSession } as unknown as D1Database;
		const outlook = new Outlook(() => 0.5);
		const read = new CursorReads(outlook, () => 0).read(db, "usr_a").catch((error: Error) => error.message);
		await vi.advanceTimersByTimeAsync(CURSOR_READ_MS_MAX);
		expect(await read).toBe(`no answer within ${CURSOR_READ_MS_MAX} ms`);
		expect(outlook.mayRead(0)).toBe(false);
	});
});

describe("who waits for the catalog", () => {
	/** A catalog that reaches row 7 at `reaches_at`, and a clock that only pauses move. */
	function world(reaches_at: number, outlook = new Outlook(() => 0.5)) {
		const looks: number[] = [];
		let now = 0;
		const waiting: Waiting = {
			readCursor: async () => {
				looks.push(now);
				return { seq: now >= reaches_at ? 7 : 6, bookmark: "bookmark" };
			},
			outlook,
			clock: () => now,
			pause: async (ms) => {
				now += ms;
			},
			draw: () => 0.5,
		};
		const wait = (user: string, wait_ms: number, looksAtOnce = false) =>
			waitUntilApplied(waiting, { user, seq: 7, wait_ms, looksAtOnce });
		return { looks, wait, at: () => now };
	}

	test("looks at growing intervals, and is answered with the bookmark once it is there", async () => {
		const { looks, wait } = world(3_000);
		expect(await wait("usr_a", 10_000)).toBe("bookmark");
		expect(looks).toEqual([375, 1_000, 2_125, 3_250]);
	});

	test("looks for the last time when the time is over, and no later", async () => {
		const { looks, wait, at } = world(Number.POSITIVE_INFINITY);
		expect(await wait("usr_a", 1_500)).toBeNull();
		expect(looks).toEqual([375, 1_000, 1_500]);
		expect(at()).toBe(1_500);
	});

	test("looks at once where the catalog may have it already", async () => {
		const { looks, wait, at } = world(0);
		expect(await wait("usr_a", 0, true)).toBe("bookmark");
		expect([looks, at()]).toEqual([[0], 0]);
	});

	test("is told so at once where others have just waited as long in vain, without a look", async () => {
		const { looks, wait, at } = world(Number.POSITIVE_INFINITY);
		for (const user of ["usr_a", "usr_b"]) expect(await wait(user, 5_000)).toBeNull();
		const [looked, now] = [looks.length, at()];
		expect(await wait("usr_c", 5_000)).toBeNull();
		expect([looks.length, at()]).toEqual([looked, now]);
		// A replay still looks: what was answered before may have got there.
		expect(await wait("usr_a", 5_000, true)).toBeNull();
		expect([looks.length, at()]).toEqual([looked + 1, now]);
		// And one who would wait for longer waits.
		expect(await wait("usr_d", 6_000)).toBeNull();
		expect(at()).toBe(now + 6_000);
	});

	test("goes on waiting where the catalog cannot be read", async () => {
		vi.spyOn(console, "warn").mockImplementation(() => undefined);
		let now = 0;
		let reads = 0;
		const pause = async (ms: number) => {
			now += ms;
		};
		const readCursor = async () => {
			if (++reads < 3) throw new Error("D1 is down");
			return reads === 3 ? null : { seq: 7, bookmark: null };
		};
		const waiting: Waiting = { readCursor, outlook: new Outlook(() => 0.5), clock: () => now, pause, draw: () => 0 };
		const wait = { user: "usr_a", seq: 7, wait_ms: 10_000, looksAtOnce: false };
		expect(await waitUntilApplied(waiting, wait)).toBe("");
		expect(now).toBe(4 * LOOK_PAUSE_MS_MIN);
	});
});

const WHO = { user: "usr_stall", tenant: "ten_stall", actor: "usr_stall" };

/** A shard's sender on a storage whose alarm does not fire: it only keeps when it was set for. */
async function withDeadAlarm(
	check: (shard: {
		write: (rows?: number) => void;
		replicator: Replicator;
		/** What the object would be after it was unloaded. */
		reload: () => Promise<Replicator>;
		clock: { now: number };
		alarm: { at: number | null; set: number[] };
		sent: [first: number, last: number][];
	}) => Promise<void>,
	applied: () => Promise<number | null> = async () => 0,
): Promise<void> {
	const client = await newClient();
	await runInDurableObject(client.shard(), async (_, state) => {
		const clock = { now: 1_000_000 };
		const alarm: { at: number | null; set: number[] } = { at: null, set: [] };
		const sent: [number, number][] = [];
		const storage = {
			getAlarm: async () => alarm.at,
			setAlarm: async (at: number | Date) => {
				alarm.at = Number(at);
				alarm.set.push(Number(at) - clock.now);
			},
		};
		const settings = { readCursor: applied, sendIntervalMs: 0, clock: () => clock.now, draw: () => 1 };
		const sql = new Sql(state.storage.sql);
		const log = new Log(sql);
		const load = async () => {
			let loading: Promise<unknown> = Promise.resolve();
			const ctx = {
				storage,
				waitUntil: () => undefined,
				blockConcurrencyWhile: <T>(work: () => Promise<T>) => {
					const done = work();
					loading = done;
					return done;
				},
			};
			const send = async ({ first, last }: { first: number; last: number }) => void sent.push([first, last]);
			const replicator = new Replicator(ctx, log, new Publisher(sql, log, send, settings), settings);
			await loading;
			return replicator;
		};
		const replicator = await load();
		const write = (rows = 1) => {
			// The log takes any body; what it may be is the commands' business.
			for (let n = 0; n < rows; n++) log.append(WHO, clock.now, "credits.terms_set", WHO.user, {} as never);
		};
		await check({ write, replicator, reload: load, clock, alarm, sent });
	});
}

describe("an alarm that does not fire", () => {
	test("is believed for a minute, and then the next command sets another", async () => {
		await withDeadAlarm(async ({ write, replicator, clock, alarm }) => {
			const command = () => {
				write();
				replicator.committed(alarm.set.length === 0 ? 0 : 1, null, { now: clock.now, request_id: "r" });
			};
			command();
			expect(alarm.set).toEqual([RESEND_AFTER_MS]);
			clock.now += RESEND_AFTER_MS + ALARM_OVERDUE_MS_MAX - 1;
			command();
			expect(alarm.set).toHaveLength(1);
			clock.now += 1;
			command();
			expect(alarm.set.slice(1)).toEqual([ALARM_AHEAD_MS_MIN]);
		});
	});

	test("is replaced by a read too, and by one of an object that was unloaded meanwhile", async () => {
		await withDeadAlarm(async ({ write, replicator, reload, clock, alarm }) => {
			write();
			replicator.committed(0, null, { now: clock.now, request_id: "r" });
			clock.now += RESEND_AFTER_MS + ALARM_OVERDUE_MS_MAX;
			const again = await reload();
			again.committed(2, null, { now: clock.now, request_id: "r" });
			expect(alarm.set.slice(1)).toEqual([ALARM_AHEAD_MS_MIN]);
		});
	});

	test("is replaced by the sweep, whatever the object believes", async () => {
		await withDeadAlarm(async ({ write, replicator, clock, alarm }) => {
			write();
			replicator.committed(0, null, { now: clock.now, request_id: "r" });
			const later = clock.now + 5_000;
			expect(replicator.reconcile({ seq: 0, hash: "" }, 5_000, later)).toMatchObject({ overdue: true });
			expect(alarm.set.slice(1)).toEqual([ALARM_AHEAD_MS_MIN]);
		});
	});

	test("is never set for now by the handler itself, though something is due at once or a read took long", async () => {
		let now = { now: 0 };
		const slow = async () => {
			now.now += RESEND_PAUSE_MS_MAX;
			return null;
		};
		await withDeadAlarm(async ({ write, replicator, clock, alarm }) => {
			now = clock;
			write();
			await replicator.alarm((_, at) => at);
			await replicator.alarm((_, at) => at - 1_000);
			await replicator.alarm(() => null);
			for (const ahead of alarm.set) expect(ahead).toBeGreaterThanOrEqual(ALARM_AHEAD_MS_MIN);
			expect(alarm.set).toHaveLength(3);
		}, slow);
	});
});

describe("what the alarm itself books", () => {
	test("is sent at once and counts as no resend, though it bears a time that is long past", async () => {
		let applied = 0;
		await withDeadAlarm(
			async ({ write, replicator, clock, alarm, sent }) => {
				write();
				replicator.committed(0, null, { now: clock.now, request_id: "r" });
				await vi.waitFor(() => expect(sent).toEqual([[1, 2]]));
				applied = 2;
				await replicator.alarm(() => null);
				const now = clock.now;
				clock.now += 3_600_000;
				await replicator.alarm(() => {
					const fires = clock.now;
					clock.now = now;
					write(2);
					clock.now = fires;
					return null;
				});
				expect(sent).toEqual([
					[1, 2],
					[3, 4],
				]);
				expect(alarm.set.at(-1)).toBe(RESEND_AFTER_MS);
				applied = 4;
				clock.now += RESEND_AFTER_MS;
				await replicator.alarm(() => null);
				expect(sent).toHaveLength(2);
			},
			async () => applied,
		);
	});
});

test("replicas that say older and newer cursors in turn are no sign that the cursor moves", async () => {
	let looks = 0;
	await withDeadAlarm(
		async ({ write, replicator, clock, alarm }) => {
			write(3);
			clock.now += RESEND_AFTER_MS;
			for (let n = 0; n < 6; n++) {
				await replicator.alarm(() => null);
				clock.now = alarm.at ?? Number.NaN;
			}
			const [START, MAX] = [RESEND_PAUSE_MS_START, RESEND_PAUSE_MS_MAX];
			// The second look is the first to find the newer one.
			expect(alarm.set).toEqual([START, START, START, 2 * START, 4 * START, MAX]);
		},
		async () => 1 + (looks++ % 2),
	);
});

const HOLD_S = 600;

/** A user with a hold that runs out in HOLD_S, of which the catalog knows. */
async function withHold(): Promise<Client> {
	const client = await newClient();
	await client.post("/v1/users/me/credits/grants", { amount: 10, kind: "purchase" });
	await client.post("/v1/users/me/credits/holds", { amount: 1, ttl_s: HOLD_S });
	await caughtUp(client);
	return client;
}

const publisherRows = (client: Client) =>
	runInDurableObject(client.shard(), (_, { storage }) =>
		storage.sql.exec("SELECT resends, resend_at FROM publisher").toArray(),
	);

test("a hold that the alarm ends is in a message at once, and nothing backs off", async () => {
	const client = await withHold();
	const { messages, restore } = await interceptQueue(client);
	const at = Date.now() + HOLD_S * 1_000 + 1;
	vi.useFakeTimers({ toFake: ["Date"], now: at });
	expect(await runDurableObjectAlarm(client.shard())).toBe(true);
	expect(messages.flatMap(({ rows }) => rows)).toEqual([expect.objectContaining({ kind: "credits.hold_expired" })]);
	expect(await publisherRows(client)).toEqual([]);
	expect(await runInDurableObject(client.shard(), (_, { storage }) => storage.getAlarm())).toBe(at + RESEND_AFTER_MS);
	restore();
});

test("after a long standstill the next command has the alarm look soon, and all that is missing goes", async () => {
	vi.spyOn(Math, "random").mockReturnValue(1);
	const quiz = await publishedQuiz(await newClient());
	const client = await newClient();
	await client.post("/v1/users/me/attempts", { quiz, answers: {} });
	await caughtUp(client);
	const { restore } = await interceptQueue(client);
	await client.post("/v1/users/me/attempts", { quiz, answers: {} });
	const alarmOf = () => runInDurableObject(client.shard(), (_, { storage }) => storage.getAlarm());
	for (let looks = 0; looks < 6; looks++) {
		vi.useFakeTimers({ toFake: ["Date"], now: (await alarmOf()) ?? Number.NaN });
		await runDurableObjectAlarm(client.shard());
	}
	expect((await alarmOf()) ?? 0).toBeGreaterThan(Date.now() + RESEND_PAUSE_MS_START);
	restore();
	await evictDurableObject(client.shard());
	await client.post("/v1/users/me/attempts", { quiz, answers: {} });
	vi.useFakeTimers({ toFake: ["Date"], now: (await alarmOf()) ?? Number.NaN });
	expect(await alarmOf()).toBe(Date.now());
	await runDurableObjectAlarm(client.shard());
	await caughtUp(client);
});
