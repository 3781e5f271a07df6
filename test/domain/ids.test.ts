import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ID_PATTERNS, type MintedKind, mintId, seqOfId } from "../../src/domain/ids.ts";

const bytes = fc.uint8Array({ minLength: 10, maxLength: 10 });
const kinds = fc.constantFrom<MintedKind[]>("quiz", "attempt", "hold", "lot");

describe("ids", () => {
	it("say at which row they were made, and of what kind", () => {
		fc.assert(
			fc.property(kinds, fc.integer({ min: 1, max: 2 ** 40 - 1 }), bytes, (kind, seq, random) => {
				const id = mintId(kind, seq, random);
				expect(seqOfId(id)).toBe(seq);
				for (const [other, pattern] of Object.entries(ID_PATTERNS)) expect(pattern.test(id)).toBe(other === kind);
			}),
		);
	});

	it("hold all 80 random bits: other bits, another id", () => {
		fc.assert(
			fc.property(bytes, fc.nat({ max: 79 }), (random, bit) => {
				const flipped = random.map((byte, index) => (index === bit >> 3 ? byte ^ (1 << (bit & 7)) : byte));
				expect(mintId("hold", 7, flipped)).not.toBe(mintId("hold", 7, random));
			}),
		);
	});

	it("sort as the rows at which they were made", () => {
		const seqs = fc.integer({ min: 1, max: 2 ** 40 - 1 });
		fc.assert(
			fc.property(seqs, seqs, bytes, bytes, (a, b, one, two) => {
				fc.pre(a !== b);
				expect(mintId("lot", a, one) < mintId("lot", b, two)).toBe(a < b);
			}),
		);
	});

	it("that nobody made are no row, or a whole number", () => {
		fc.assert(
			fc.property(
				fc.oneof(fc.string(), fc.string({ unit: "binary" }), fc.constant("hld_0000000i05m5t8cfgq3nkw7r")),
				(text) => {
					expect(Number.isSafeInteger(seqOfId(text))).toBe(true);
					if (text.length !== 28) expect(seqOfId(text)).toBe(0);
				},
			),
		);
		expect(seqOfId("hld_0000000i05m5t8cfgq3nkw7r")).toBe(0);
	});
});
