import { runInDurableObject } from "cloudflare:test";
import { expect, test } from "vitest";
import { key, newShard, START, submission } from "../lib/shard-calls.ts";

/** The log of a shard: what it says of itself, and what notices that it was changed. */

test("the log is gapless from 1 and its hash chain verifies", async () => {
	const { shard, call } = newShard();
	for (let n = 0; n < 20; n++) await shard.attempts.submit(call(START + n), submission, key);
	const feed = await shard.log.feed(call(START), 0, 100);
	expect(feed?.rows.map((row) => row.seq)).toEqual(Array.from({ length: 21 }, (_, index) => index + 1));
	expect(feed?.rows[0]?.kind).toBe("shard.opened");
	const head_hash = feed?.rows.at(-1)?.hash;
	const chain = { ok: true, rows: 21, head_hash, first_bad_seq: null };
	expect(await shard.log.verify(call(START), null)).toMatchObject({ ok: true, chain, records: { ok: true } });
});

test("rows of the log can be neither changed nor deleted", async () => {
	const { shard, call } = newShard();
	await shard.attempts.submit(call(START), submission, key);
	await runInDurableObject(shard, (_, { storage: { sql } }) => {
		expect(() => sql.exec("UPDATE log SET at = 0")).toThrow(/never updated/);
		expect(() => sql.exec("DELETE FROM log")).toThrow(/never deleted/);
	});
});

test("one changed column of one row is noticed, and the row is named", async () => {
	const changes = [
		"at = at + 1",
		"actor = 'usr_x'",
		"kind = 'x'",
		"subject = 'x'",
		"body = '{}'",
		"hash = zeroblob(32)",
	];
	for (const change of changes) {
		const { shard, call } = newShard();
		for (let n = 0; n < 4; n++) await shard.attempts.submit(call(START), submission, key);
		await runInDurableObject(shard, (_, { storage: { sql } }) => {
			sql.exec("DROP TRIGGER log_is_never_updated");
			sql.exec(`UPDATE log SET ${change} WHERE seq = 3`);
		});
		expect(await shard.log.verify(call(START), null), change).toMatchObject({
			ok: false,
			chain: { ok: false, rows: 2, first_bad_seq: 3 },
		});
	}
});

test("the log's times never step back, whatever the clocks of the Workers say", async () => {
	const { shard, call } = newShard();
	for (const offset of [0, 5_000, -60_000, 1]) await shard.attempts.submit(call(START + offset), submission, key);
	const times = (await shard.log.feed(call(START), 0, 10))?.rows.map((row) => row.at - START);
	expect(times).toEqual([0, 0, 5_000, 5_000, 5_000]);
});
