import { createHash } from "node:crypto";
import { deflateSync } from "node:zlib";
import { expect } from "vitest";
import type { MediaType } from "../../src/domain/media/image-headers.ts";
import { type Answer, type Client, fresh } from "./harness.ts";

/** The smallest images of each format that say a size; pictures are in the PNG and the GIF only, the others end at their header. */

const latin = (text: string) => Uint8Array.from(text, (character) => character.charCodeAt(0));
const joined = (...parts: (Uint8Array | number[] | string)[]): Uint8Array<ArrayBuffer> =>
	new Uint8Array(
		parts.flatMap((part) =>
			typeof part === "string" ? [...latin(part)] : part instanceof Uint8Array ? [...part] : part,
		),
	);
const be = (value: number, bytes: number) =>
	Array.from({ length: bytes }, (_, i) => (value >>> (8 * (bytes - 1 - i))) & 255);
const le = (value: number, bytes: number) => be(value, bytes).reverse();

/** CRC-32 of PNG, annex D of its specification. */
function crc32(bytes: Uint8Array): number {
	let crc = 0xffffffff;
	for (const byte of bytes) {
		crc ^= byte;
		for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
	}
	return ~crc >>> 0;
}

const pngChunk = (type: string, bytes: Uint8Array | number[]) => {
	const body = joined(type, bytes);
	return joined(be(body.length - 4, 4), body, be(crc32(body), 4));
};

/** Grey; `text` makes it another image of the same size. */
export function png(width: number, height: number, text = ""): Uint8Array<ArrayBuffer> {
	const header = [...be(width, 4), ...be(height, 4), 8, 0, 0, 0, 0];
	const lines = width * height < 10_000 ? new Uint8Array((width + 1) * height) : new Uint8Array();
	const comment = text === "" ? [] : pngChunk("tEXt", latin(`a\0${text}`));
	const data = pngChunk("IDAT", new Uint8Array(deflateSync(lines)));
	return joined("\x89PNG\r\n\x1a\n", pngChunk("IHDR", header), comment, data, pngChunk("IEND", []));
}

export const gif = (width: number, height: number, version = "89a") =>
	joined(`GIF${version}`, le(width, 2), le(height, 2), [0x80, 0, 0, 0, 0, 0, 255, 255, 255], ";");

const jpegSegment = (marker: number, bytes: Uint8Array | number[]) =>
	joined([0xff, marker], be(bytes.length + 2, 2), bytes);

/** @param frame the marker of its start of frame: 0xc0 baseline, 0xc2 progressive */
export const jpeg = (width: number, height: number, frame = 0xc0, filling: number[] = []) =>
	joined(
		[0xff, 0xd8],
		jpegSegment(0xe0, joined("JFIF\0", [1, 1, 0, 0, 1, 0, 1, 0, 0])),
		jpegSegment(0xc4, [0, 1, 2]),
		filling,
		jpegSegment(frame, [8, ...be(height, 2), ...be(width, 2), 1, 1, 0x11, 0]),
		jpegSegment(0xda, [1, 1, 0, 0, 63, 0]),
		[0, 0xff, 0xd9],
	);

const riff = (chunk: string, bytes: Uint8Array | number[]) => {
	const body = joined("WEBP", chunk, le(bytes.length, 4), bytes, bytes.length % 2 ? [0] : []);
	return joined("RIFF", le(body.length, 4), body);
};
export const webp = {
	lossy: (width: number, height: number) =>
		riff("VP8 ", joined([0x10, 0, 0, 0x9d, 0x01, 0x2a], le(width, 2), le(height, 2), [0, 0])),
	lossless: (width: number, height: number) =>
		riff("VP8L", joined([0x2f], le((width - 1) | ((height - 1) << 14), 4), new Uint8Array(8))),
	extended: (width: number, height: number) => riff("VP8X", [2, 0, 0, 0, ...le(width - 1, 3), ...le(height - 1, 3)]),
};

/** One of each way to say a size, of 3 × 5 pixels. */
export const EVERY_FORMAT: [name: string, type: MediaType, bytes: Uint8Array<ArrayBuffer>][] = [
	["PNG", "image/png", png(3, 5)],
	["GIF 87a", "image/gif", gif(3, 5, "87a")],
	["GIF 89a", "image/gif", gif(3, 5)],
	["JPEG, baseline", "image/jpeg", jpeg(3, 5)],
	["JPEG, progressive", "image/jpeg", jpeg(3, 5, 0xc2)],
	["JPEG with filling and a restart before its frame", "image/jpeg", jpeg(3, 5, 0xc1, [0xff, 0xff, 0xd0, 0xff, 0x01])],
	["WebP, lossy", "image/webp", webp.lossy(3, 5)],
	["WebP, lossless", "image/webp", webp.lossless(3, 5)],
	["WebP, extended", "image/webp", webp.extended(3, 5)],
];

export const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");

/** An image that no other test has. */
export const freshPng = () => png(4, 4, fresh("image"));

export function upload(client: Client, bytes: BodyInit, type = "image/png", headers = {}): Promise<Answer> {
	return client.request("POST", "/v1/users/me/media", { raw: bytes, headers: { "Content-Type": type, ...headers } });
}

/** @returns the hash */
export async function uploaded(client: Client, bytes: Uint8Array<ArrayBuffer> = freshPng()): Promise<string> {
	const { status, body } = await upload(client, bytes);
	expect(status).toBe(201);
	return body.media;
}
