import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { REWRAPPED_KEYS_MAX } from "../../src/domain/privacy/limits.ts";
import { openField, sealField } from "../../src/domain/privacy/private-texts.ts";
import { isWrappedWith } from "../../src/domain/sealing.ts";
import { masterKeysOf } from "../../src/env.ts";
import { eraseKey, forgetUserKeys, isErased, rewrapKeys, userKey } from "../../src/service/privacy/user-keys.ts";
import { EVERY_SCOPE, fresh, newClient, testEnv } from "../lib/harness.ts";

/** The keys of users: made once, copied first, gone for ever with their user, wrapped anew by the operator. */

beforeEach(forgetUserKeys);
afterEach(() => {
	vi.restoreAllMocks();
});

const buckets = [testEnv.KEYS, testEnv.KEYS_COPY];
const stored = (user: string) =>
	Promise.all(buckets.map(async (bucket) => (await bucket.get(`keys/${user}`))?.text() ?? null));

/** A text that the user's key has sealed. */
async function sealedBy(user: string): Promise<string> {
	const key = await userKey(testEnv, user);
	if (!key) throw new Error(`${user} has no key`);
	return sealField(key, "prompt", "a secret");
}

async function openedBy(user: string, text: string): Promise<string> {
	const key = await userKey(testEnv, user);
	if (!key) throw new Error(`${user} has no key`);
	return openField(key, "prompt", text);
}

test("isolates that make a user's key at once agree on one, and both buckets have it", async () => {
	for (let round = 0; round < 20; round++) {
		const user = fresh("usr");
		const texts = await Promise.all(Array.from({ length: 4 }, () => sealedBy(user)));
		forgetUserKeys();
		for (const text of texts) expect(await openedBy(user, text)).toBe("a secret");
		const [key, copy] = await stored(user);
		expect(key).toBe(copy);
		expect(key).toMatch(/^2\.[\w-]{80}$/);
	}
});

test("a key is in the copy before it is used, and comes back from there when the first bucket has lost it", async () => {
	const user = fresh("usr");
	vi.spyOn(testEnv.KEYS_COPY, "put").mockRejectedValueOnce(new Error("gone for a moment"));
	await expect(userKey(testEnv, user)).rejects.toThrow("gone for a moment");
	expect(await stored(user)).toEqual([null, null]);
	const text = await sealedBy(user);
	const before = await stored(user);
	await testEnv.KEYS.delete(`keys/${user}`);
	forgetUserKeys();
	expect(await openedBy(user, text)).toBe("a secret");
	expect(await stored(user)).toEqual(before);
});

test("another user's key opens nothing, whatever lies under the name", async () => {
	const [one, other] = [fresh("usr"), fresh("usr")];
	const text = await sealedBy(one);
	await sealedBy(other);
	await expect(openedBy(other, text)).rejects.toThrow("does not open");
	const [key] = await stored(one);
	for (const bucket of buckets) await bucket.put(`keys/${other}`, key ?? "");
	forgetUserKeys();
	await expect(userKey(testEnv, other)).rejects.toThrow("does not open");
});

test("who is erased gets no key any more, and nothing of the old one is left, also after a second erasure", async () => {
	const user = fresh("usr");
	await sealedBy(user);
	for (let time = 0; time < 2; time++) {
		await eraseKey(testEnv, user);
		expect(await userKey(testEnv, user)).toBeNull();
		expect([await isErased(testEnv, user), ...(await stored(user))]).toEqual([true, null, null]);
	}
	await testEnv.KEYS.delete(`erased/${user}`);
	expect(await userKey(testEnv, user)).toBeNull();
});

test("an erasure in the midst of making a key leaves none, wherever it comes", async () => {
	const calls = ["get", "head", "put"] as const;
	const interrupted = async (at: number) => {
		const user = fresh("usr");
		forgetUserKeys();
		let count = 0;
		for (const bucket of buckets) {
			for (const name of calls) {
				const original = bucket[name].bind(bucket) as (...args: unknown[]) => Promise<unknown>;
				vi.spyOn(bucket, name).mockImplementation((async (...args: unknown[]) => {
					const mine = ++count;
					const result = await original(...args);
					if (mine === at) {
						vi.restoreAllMocks();
						await eraseKey(testEnv, user);
					}
					return result;
				}) as never);
			}
		}
		await userKey(testEnv, user);
		vi.restoreAllMocks();
		if (count < at) return false;
		expect([at, ...(await stored(user))]).toEqual([at, null, null]);
		return true;
	};
	let places = 0;
	while (await interrupted(places + 1)) places++;
	expect(places).toBeGreaterThanOrEqual(5);
});

/** As what the master key before this one has sealed. */
const OLDER = { ...testEnv, MASTER_KEYS: testEnv.MASTER_KEYS.split(",")[1] ?? "" } as Env;

async function wrappedBefore(count: number): Promise<string[]> {
	const users = Array.from({ length: count }, () => fresh("usr_rotated"));
	for (const user of users) await userKey(OLDER, user);
	forgetUserKeys();
	return users;
}

const isRewrapped = async (user: string) =>
	(await stored(user)).every((wrapped) => wrapped !== null && isWrappedWith(masterKeysOf(testEnv), wrapped));

test("the operator wraps all keys anew, a bounded number in one call, and texts of before still open", async () => {
	const users = await wrappedBefore(REWRAPPED_KEYS_MAX + 5);
	const [user = ""] = users;
	const text = await sealedBy(user);
	const operator = await newClient({ scope: EVERY_SCOPE });
	const sum = { keys: 0, rewrapped: 0 };
	for (let cursor: string | undefined, calls = 0; cursor !== null; calls++) {
		const query = cursor === undefined ? "" : `?cursor=${encodeURIComponent(cursor)}`;
		const { status, body } = await operator.post(`/v1/admin/keys/rotation${query}`);
		expect([status, body.keys <= REWRAPPED_KEYS_MAX, calls < 100]).toEqual([200, true, true]);
		sum.keys += body.keys;
		sum.rewrapped += body.rewrapped;
		cursor = body.next_cursor;
	}
	expect(sum.rewrapped).toBe(users.length);
	expect(sum.keys).toBeGreaterThanOrEqual(users.length);
	expect((await Promise.all(users.map(isRewrapped))).every(Boolean)).toBe(true);
	forgetUserKeys();
	const newest = { ...testEnv, MASTER_KEYS: testEnv.MASTER_KEYS.split(",")[0] ?? "" } as Env;
	const key = await userKey(newest, user);
	expect(key && (await openField(key, "prompt", text))).toBe("a secret");
});

test("a rotation that ends between the two buckets is completed by the next, and adds a copy that is missing", async () => {
	const [user = "", lost = ""] = await wrappedBefore(2);
	await testEnv.KEYS_COPY.delete(`keys/${lost}`);
	vi.spyOn(testEnv.KEYS_COPY, "put").mockRejectedValueOnce(new Error("gone for a moment"));
	await expect(all()).rejects.toThrow("gone for a moment");
	await all();
	expect([await isRewrapped(user), await isRewrapped(lost)]).toEqual([true, true]);
});

async function all(): Promise<void> {
	for (let after: string | null = null; ; ) {
		const { next } = await rewrapKeys(testEnv, after, REWRAPPED_KEYS_MAX);
		if (next === null) return;
		after = next;
	}
}

test("a rotation brings back no key that is erased meanwhile", async () => {
	for (const lost of [false, true]) {
		for (const [place, bucket] of buckets.entries()) {
			const [user = ""] = await wrappedBefore(1);
			if (lost) await testEnv.KEYS_COPY.delete(`keys/${user}`);
			const put = bucket.put.bind(bucket) as (...args: unknown[]) => Promise<unknown>;
			vi.spyOn(bucket, "put").mockImplementation((async (name: string, ...rest: unknown[]) => {
				if (name === `keys/${user}`) {
					vi.restoreAllMocks();
					await eraseKey(testEnv, user);
				}
				return put(name, ...rest);
			}) as never);
			await all();
			vi.restoreAllMocks();
			expect([lost, place, ...(await stored(user))]).toEqual([lost, place, null, null]);
		}
	}
});
