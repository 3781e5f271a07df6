import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ALPHABET } from "../../src/domain/ids.ts";
import { collectionSchema } from "../../src/domain/sharing/collections.ts";
import {
	COLLECTION_DESCRIPTION_CHARS_MAX,
	COLLECTION_QUIZZES_MAX,
	COLLECTION_TITLE_CHARS_MAX,
	SHARE_CODE_CHARS,
	SHARE_CODE_TEXT_CHARS_MAX,
	SHARE_USES_MAX,
} from "../../src/domain/sharing/limits.ts";
import { readShareCode, sameHash, shareCode } from "../../src/domain/sharing/share-codes.ts";
import { refusedTerms, refusedUse, type ShareState, shareStatus } from "../../src/domain/sharing/shares.ts";

/** Codes that tell a slip from a guess; decisions about shares and collections at their edges. */

const codes = fc.tuple(fc.string({ minLength: 1 }), fc.string()).map(([key, share]) => shareCode(key, share));

describe("a code", () => {
	test("has 100 bits and a check character, and is read as it was made", () => {
		fc.assert(
			fc.property(codes, (code) => {
				expect(code).toMatch(/^[0-9a-hjkmnp-tv-z]{21}$/);
				expect(readShareCode(code)).toBe(code);
				expect(readShareCode(code.toUpperCase().replace(/(.{4})/g, "$1-"))).toBe(code);
			}),
		);
	});

	test("depends on every bit of the key and of the share's id", () => {
		const codesOf = [shareCode("a", "shr_1"), shareCode("b", "shr_1"), shareCode("a", "shr_2")];
		expect(new Set(codesOf).size).toBe(3);
		expect(new Set(codesOf.flatMap((code) => [code.slice(0, 5), code.slice(15, 20)])).size).toBe(6);
	});

	test("with any one character another, or any two exchanged, is none", () => {
		const code = shareCode("key", "shr_1");
		for (let place = 0; place < code.length; place++) {
			for (const character of ALPHABET) {
				const off = code.slice(0, place) + character + code.slice(place + 1);
				expect(readShareCode(off)).toBe(character === code[place] ? code : null);
			}
			for (let other = place + 1; other < code.length; other++) {
				const exchanged = [...code];
				[exchanged[place], exchanged[other]] = [code[other] ?? "", code[place] ?? ""];
				expect(readShareCode(exchanged.join(""))).toBe(code[place] === code[other] ? code : null);
			}
		}
	});

	test("of any other length or alphabet is none, and never a fault", () => {
		fc.assert(
			fc.property(fc.string({ unit: "binary", maxLength: 80 }), (text) => {
				const read = readShareCode(text);
				expect(read === null || read.length === SHARE_CODE_CHARS + 1).toBe(true);
			}),
		);
		const code = shareCode("key", "shr_1");
		for (const text of ["", code.slice(0, -1), `${code}0`, `${code.slice(0, -1)}u`, `${code.slice(0, -1)}é`]) {
			expect(readShareCode(text)).toBeNull();
		}
		const longest = "-".repeat(SHARE_CODE_TEXT_CHARS_MAX - code.length) + code;
		expect([readShareCode(longest), readShareCode(`-${longest}`)]).toEqual([code, null]);
	});

	test("is compared by its hash, of whatever length", () => {
		expect([sameHash("ab", "ab"), sameHash("ab", "ac"), sameHash("ab", "abc"), sameHash("", "a")]).toEqual([
			true,
			false,
			false,
			false,
		]);
	});
});

describe("a share", () => {
	const share: ShareState = { access: "view", expires_at: 100, max_uses: 2, uses: 1, revoked_at: null };

	test.each([
		[{}, 99, "active", null, null],
		[{}, 100, "expired", "share-expired", "share-expired"],
		[{ expires_at: null }, 10 ** 15, "active", null, null],
		[{ uses: 2 }, 99, "exhausted", "share-exhausted", null],
		[{ uses: 2 }, 100, "expired", "share-expired", "share-expired"],
		[{ revoked_at: 5, uses: 2 }, 100, "revoked", "share-revoked", "share-revoked"],
		[{ max_uses: null, uses: SHARE_USES_MAX - 1 }, 99, "active", null, null],
		[{ max_uses: null, uses: SHARE_USES_MAX }, 99, "exhausted", "share-exhausted", null],
	] as const)(
		"with %j at %i is %s: to a new user %s, to one who has used it %s",
		(change, now, status, anew, again) => {
			const state = { ...share, ...change };
			expect(shareStatus(state, now)).toBe(status);
			expect(refusedUse(state, false, now)?.refusal.code ?? null).toBe(anew);
			expect(refusedUse(state, true, now)?.refusal.code ?? null).toBe(again);
		},
	);

	test("must end in the future, if it ends", () => {
		expect(refusedTerms({ ...share, expires_at: 101 }, 100)).toBeNull();
		expect(refusedTerms({ ...share, expires_at: null }, 100)).toBeNull();
		expect(refusedTerms({ ...share, expires_at: 100 }, 100)).toMatchObject({ errors: [{ pointer: "/expires_at" }] });
	});
});

test("a collection has a title and as many quizzes as it may have, each once", () => {
	const quizzes = Array.from({ length: COLLECTION_QUIZZES_MAX }, (_, n) => `quz_${String(n).padStart(24, "0")}`);
	const faults = (change: object) => {
		const result = collectionSchema.safeParse({ title: "One", quizzes, ...change });
		return result.success ? [] : result.error.issues.map(({ path }) => path.join("/"));
	};
	expect(faults({})).toEqual([]);
	expect(faults({ quizzes: [...quizzes, "quz_zzzzzzzzzzzzzzzzzzzzzzzz"] })).toEqual(["quizzes"]);
	expect(faults({ quizzes: [quizzes[0], quizzes[1], quizzes[0]] })).toEqual(["quizzes/2"]);
	expect(faults({ quizzes: ["quz_x", 7] })).toEqual(["quizzes/0", "quizzes/1"]);
	expect(faults({ title: "t".repeat(COLLECTION_TITLE_CHARS_MAX) })).toEqual([]);
	expect(faults({ title: "t".repeat(COLLECTION_TITLE_CHARS_MAX + 1) })).toEqual(["title"]);
	expect(faults({ title: " " })).toEqual(["title"]);
	expect(faults({ description: "d".repeat(COLLECTION_DESCRIPTION_CHARS_MAX) })).toEqual([]);
	expect(faults({ description: "d".repeat(COLLECTION_DESCRIPTION_CHARS_MAX + 1) })).toEqual(["description"]);
	expect(faults({ visibility: "all" })).toEqual(["visibility"]);
});
