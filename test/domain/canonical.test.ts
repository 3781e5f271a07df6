import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { canonicalJson, type Json, sha256Hex, utf8Bytes } from "../../src/domain/canonical.ts";
import { shuffled } from "../lib/shuffled.ts";

// Minus zero is written as 0, so it is not among the values that come back as they were.
const json = fc.jsonValue().map((value) => JSON.parse(JSON.stringify(value)) as Json);

describe("canonical JSON", () => {
	it("is JSON of the same value, and the same text whatever the order of members", () => {
		fc.assert(
			fc.property(json, (value) => {
				const text = canonicalJson(value);
				expect(JSON.parse(text)).toEqual(value);
				expect(canonicalJson(shuffled(value))).toBe(text);
				expect(canonicalJson(JSON.parse(text))).toBe(text);
			}),
		);
	});

	it("differs where values differ", () => {
		fc.assert(
			fc.property(json, json, (a, b) => {
				let equal = true;
				try {
					expect(a).toEqual(b);
				} catch {
					equal = false;
				}
				expect(canonicalJson(a) === canonicalJson(b)).toBe(equal);
			}),
		);
	});

	it("leaves out members that are undefined, and hashes and counts UTF-8", () => {
		expect(canonicalJson({ b: 1, a: undefined, é: [null] })).toBe('{"b":1,"é":[null]}');
		expect(sha256Hex("abc")).toBe("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
		fc.assert(fc.property(fc.string({ unit: "grapheme" }), (text) => utf8Bytes(text) === Buffer.byteLength(text)));
	});
});
