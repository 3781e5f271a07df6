import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { imageSize, MEDIA_TYPES, sniffType } from "../../src/domain/media/image-headers.ts";
import { MEDIA_BYTES_MAX, MEDIA_PIXELS_MAX, MEDIA_SIDE_PX_MAX } from "../../src/domain/media/limits.ts";
import { examine } from "../../src/domain/media/media.ts";
import { runsOf } from "../lib/harness.ts";
import { EVERY_FORMAT, gif, jpeg, png, webp } from "../lib/images.ts";

/** What is read of the first bytes of images. */

const side = (max: number) => fc.integer({ min: 1, max });

describe("the size that an image says", () => {
	it.each([
		["PNG", 2 ** 31 - 1, (w: number, h: number) => png(w, h)],
		["GIF", 2 ** 16 - 1, (w: number, h: number) => gif(w, h)],
		["JPEG", 2 ** 16 - 1, (w: number, h: number) => jpeg(w, h)],
		["WebP, lossy", 2 ** 14 - 1, webp.lossy],
		["WebP, lossless", 2 ** 14, webp.lossless],
		["WebP, extended", 2 ** 24, webp.extended],
	] as const)("is read exactly of %s, up to its greatest sides", (_, max, make) => {
		const read = (width: number, height: number) => {
			const bytes = make(width, height);
			const type = sniffType(bytes);
			expect(type && imageSize(type, bytes)).toEqual({ width, height });
		};
		for (const [width, height] of [
			[1, max],
			[max, 1],
			[1, 1],
		] as const) {
			read(width, height);
		}
		fc.assert(fc.property(side(max), side(max), read), { numRuns: runsOf(500) });
	});

	it("is read of every kind of frame of a JPEG, and not of tables whose markers lie between", () => {
		for (let marker = 0xc0; marker <= 0xcf; marker++) {
			const expected = [0xc4, 0xc8, 0xcc].includes(marker) ? null : { width: 3, height: 5 };
			expect(imageSize("image/jpeg", jpeg(3, 5, marker))).toEqual(expected);
		}
	});

	it("is of a view into a larger buffer its own", () => {
		for (const [, type, bytes] of EVERY_FORMAT) {
			const larger = new Uint8Array(bytes.length + 20).fill(255);
			larger.set(bytes, 7);
			expect(imageSize(type, larger.subarray(7, 7 + bytes.length))).toEqual({ width: 3, height: 5 });
		}
	});

	it("is none where a side is 0", () => {
		for (const bytes of [png(0, 1), png(1, 0), gif(0, 1), gif(1, 0), jpeg(0, 1), jpeg(1, 0), webp.lossy(0, 1)]) {
			const type = sniffType(bytes);
			expect(type && imageSize(type, bytes)).toBeNull();
		}
	});
});

describe("any bytes", () => {
	const claimed = fc.constantFrom(...MEDIA_TYPES);
	const whole = fc.constantFrom(...EVERY_FORMAT.map(([, , bytes]) => bytes));

	/** Says something of them, and what it takes is within the limits. */
	function isTotal(type: (typeof MEDIA_TYPES)[number], bytes: Uint8Array): void {
		const examined = examine(type, bytes);
		if (examined.ok) {
			const { width, height } = examined.image;
			for (const pixels of [width, height]) expect(pixels).toBeGreaterThan(0);
			expect(Math.max(width, height)).toBeLessThanOrEqual(MEDIA_SIDE_PX_MAX);
			expect(width * height).toBeLessThanOrEqual(MEDIA_PIXELS_MAX);
			expect(sniffType(bytes)).toBe(type);
		} else expect(examined.fault.detail).toMatch(/\S/);
		for (const each of MEDIA_TYPES) imageSize(each, bytes);
	}

	it("are examined without a throw", () => {
		fc.assert(fc.property(claimed, fc.uint8Array({ maxLength: 200 }), isTotal), { numRuns: runsOf(20_000) });
	});

	it("that begin like an image are too, cut off anywhere and with any bytes changed", () => {
		const change = fc.tuple(fc.nat(80), fc.integer({ min: 0, max: 255 }));
		const changed = fc.tuple(whole, fc.nat(120), fc.array(change, { maxLength: 6 })).map(([bytes, length, changes]) => {
			const copy = bytes.slice(0, length);
			for (const [at, byte] of changes) if (at < copy.length) copy[at] = byte;
			return copy;
		});
		fc.assert(fc.property(claimed, changed, isTotal), { numRuns: runsOf(50_000) });
		for (const [, type, bytes] of EVERY_FORMAT) {
			for (let length = 0; length <= bytes.length; length++) isTotal(type, bytes.subarray(0, length));
		}
	});

	it("of the greatest size that make a JPEG's reader walk take no more than half a second", () => {
		const head = [0xff, 0xd8, 0xff];
		const segment = [0xff, 0xe0, 0, 2];
		for (const pattern of [[0xff], [0xff, 0xd0], segment, [0xff, 0xfe, 0, 3, 0], [0xff, 0xff, 0xff, 0xe1, 0, 2]]) {
			const bytes = new Uint8Array(MEDIA_BYTES_MAX);
			bytes.set(head);
			for (let at = 2; at + pattern.length <= bytes.length; at += pattern.length) bytes.set(pattern, at);
			const started = performance.now();
			expect(imageSize("image/jpeg", bytes)).toBeNull();
			expect(performance.now() - started).toBeLessThan(500);
		}
	});

	it("of SVG, BMP, TIFF, AVIF, ICO, PDF and HTML are none of the types", () => {
		const ftyp = "\0\0\0\x1cftypavif";
		for (const text of [
			"<svg ",
			'<?xml version="1.0"?><svg',
			"BM",
			"II*\0",
			ftyp,
			"\0\0\x01\0",
			"%PDF-1.7",
			"<html>",
		]) {
			expect(sniffType(Uint8Array.from(text.padEnd(64, "\0"), (c) => c.charCodeAt(0)))).toBeNull();
		}
		expect(sniffType(Uint8Array.from("RIFF\0\0\0\0WAVEfmt ", (c) => c.charCodeAt(0)))).toBeNull();
	});
});
