import fc from "fast-check";
import { expect, test } from "vitest";
import {
	BrokenSeal,
	importSealingKey,
	isWrappedWith,
	type MasterKeys,
	open,
	readMasterKeys,
	SEALING_KEY_BYTES,
	seal,
	unwrap,
	wrap,
} from "../../src/domain/sealing.ts";
import { masterKeysOf } from "../../src/env.ts";
import { runsOf, testEnv } from "../lib/harness.ts";

const bytes = (fill: number) => new Uint8Array(SEALING_KEY_BYTES).fill(fill);
const newer: MasterKeys = [
	{ number: 2, bytes: bytes(2) },
	{ number: 1, bytes: bytes(1) },
];
const older: MasterKeys = [{ number: 1, bytes: bytes(1) }];

test("what is sealed opens to what it was, under its own purpose alone, and never looks the same twice", async () => {
	const key = await importSealingKey(bytes(7));
	const text = fc.uint8Array({ maxLength: 5_000 });
	await fc.assert(
		fc.asyncProperty(text, fc.string(), async (plain, about) => {
			const sealed = await seal(key, plain, about);
			expect(await open(key, sealed, about)).toEqual(plain);
			expect(await seal(key, plain, about)).not.toEqual(sealed);
			await expect(open(key, sealed, `${about} `)).rejects.toBeInstanceOf(BrokenSeal);
		}),
		{ numRuns: runsOf(200) },
	);
});

test("a changed or a missing byte of what is sealed, and another key, are noticed", async () => {
	const key = await importSealingKey(bytes(7));
	const sealed = await seal(key, new TextEncoder().encode("a secret"), "a purpose");
	for (let place = 0; place < sealed.length; place++) {
		const changed = sealed.map((byte, at) => (at === place ? byte ^ 1 : byte));
		await expect(open(key, changed, "a purpose")).rejects.toBeInstanceOf(BrokenSeal);
		await expect(open(key, sealed.subarray(0, place), "a purpose")).rejects.toBeInstanceOf(BrokenSeal);
	}
	await expect(open(await importSealingKey(bytes(8)), sealed, "a purpose")).rejects.toBeInstanceOf(BrokenSeal);
});

test("the first master key seals, and every one opens what it has sealed", async () => {
	const secret = bytes(9);
	const before = await wrap(older, secret, "a key");
	const after = await wrap(newer, secret, "a key");
	expect([before, after].map((text) => isWrappedWith(newer, text))).toEqual([false, true]);
	expect(await unwrap(newer, before, "a key")).toEqual(secret);
	expect(await unwrap(newer, after, "a key")).toEqual(secret);
	for (const wrong of [
		"",
		"2",
		"2.",
		`x${after}`,
		after.slice(0, -2),
		after.replace("2.", "1."),
		`3${after.slice(1)}`,
	]) {
		await expect(unwrap(newer, wrong, "a key")).rejects.toBeInstanceOf(BrokenSeal);
	}
	await expect(unwrap(older, after, "a key")).rejects.toBeInstanceOf(BrokenSeal);
	await expect(unwrap(newer, after, "another key")).rejects.toBeInstanceOf(BrokenSeal);
});

test("MASTER_KEYS is read as it is documented, and a wrong one says its name and not itself", () => {
	const key = Buffer.alloc(SEALING_KEY_BYTES, 5).toString("base64url");
	expect(readMasterKeys(`12:${key}`)).toEqual([{ number: 12, bytes: bytes(5) }]);
	expect(readMasterKeys(`2:${key}, 1:${key}`)?.map(({ number }) => number)).toEqual([2, 1]);
	const wrong = ["", key, `0:${key}`, `1:${key.slice(1)}`, `1:${key}A`, `1:${key},`, `1:${key},1:${key}`, `a:${key}`];
	for (const text of wrong) {
		expect(readMasterKeys(text)).toBeNull();
		expect(() => masterKeysOf({ ...testEnv, MASTER_KEYS: text } as Env)).toThrow(/MASTER_KEYS/);
	}
	expect(() => masterKeysOf({ ...testEnv, MASTER_KEYS: `x${key}` } as Env)).not.toThrow(key);
	expect(masterKeysOf(testEnv).map(({ number }) => number)).toEqual([2, 1]);
});
