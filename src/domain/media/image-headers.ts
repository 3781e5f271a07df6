/**
 * What the first bytes of an image say: its format, and how large it is when it is shown. Nothing is decoded. Every reader is
 * total: it looks only at bytes that are there, and a walk goes forward with each step, so no input makes it throw or hang.
 */

export const MEDIA_TYPES = ["image/png", "image/jpeg", "image/webp", "image/gif"] as const;
export type MediaType = (typeof MEDIA_TYPES)[number];

export interface ImageSize {
	/** Pixels. */
	width: number;
	height: number;
}

/** The format by its signature; null of anything else, SVG included. */
export function sniffType(bytes: Uint8Array): MediaType | null {
	if (startsWith(bytes, 0, "\x89PNG\r\n\x1a\n")) return "image/png";
	if (startsWith(bytes, 0, "\xff\xd8\xff")) return "image/jpeg";
	if (startsWith(bytes, 0, "GIF87a") || startsWith(bytes, 0, "GIF89a")) return "image/gif";
	if (startsWith(bytes, 0, "RIFF") && startsWith(bytes, 8, "WEBP")) return "image/webp";
	return null;
}

/** The size by the header of that format; null where the header is cut off or broken, or says that a side is 0. */
export function imageSize(type: MediaType, bytes: Uint8Array): ImageSize | null {
	const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
	const size = READERS[type](bytes, view);
	return size && size.width > 0 && size.height > 0 ? size : null;
}

type Reader = (bytes: Uint8Array, view: DataView) => ImageSize | null;

const READERS: Record<MediaType, Reader> = {
	"image/png": pngSize,
	"image/jpeg": jpegSize,
	"image/webp": webpSize,
	"image/gif": gifSize,
};

/** `text` has one character per byte. */
function startsWith(bytes: Uint8Array, at: number, text: string): boolean {
	if (bytes.length < at + text.length) return false;
	for (let i = 0; i < text.length; i++) if (bytes[at + i] !== text.charCodeAt(i)) return false;
	return true;
}

/** PNG (ISO/IEC 15948) 11.2.1: the first chunk is IHDR, of 13 bytes. Sides have 31 bits. */
function pngSize(bytes: Uint8Array, view: DataView): ImageSize | null {
	if (bytes.length < 33 || view.getUint32(8) !== 13 || !startsWith(bytes, 12, "IHDR")) return null;
	return { width: view.getUint32(16), height: view.getUint32(20) };
}

/** GIF89a, section 18: the logical screen. */
function gifSize(bytes: Uint8Array, view: DataView): ImageSize | null {
	if (bytes.length < 13) return null;
	return { width: view.getUint16(6, true), height: view.getUint16(8, true) };
}

const SOS = 0xda;
const EOI = 0xd9;
/** Start of a frame of any coding; C4, C8 and CC among them are tables and an extension (ITU-T T.81, table B.1). */
const isFrame = (marker: number) => marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);
/** Markers without a length: TEM, RST0 to RST7, SOI. */
const standsAlone = (marker: number) => marker === 0x01 || (marker >= 0xd0 && marker <= 0xd8);

/** JPEG (ITU-T T.81): segments from the second marker on, up to the first start of a frame. */
function jpegSize(bytes: Uint8Array, view: DataView): ImageSize | null {
	for (let at = 2; at + 4 <= bytes.length; ) {
		if (bytes[at] !== 0xff) return null;
		const marker = bytes[at + 1] ?? 0;
		if (marker === 0xff) {
			at++; // A marker may have any number of these before it.
			continue;
		}
		if (standsAlone(marker)) {
			at += 2;
			continue;
		}
		if (marker === 0 || marker === SOS || marker === EOI) return null;
		const length = view.getUint16(at + 2);
		if (isFrame(marker)) {
			if (length < 8 || at + 9 > bytes.length) return null;
			return { width: view.getUint16(at + 7), height: view.getUint16(at + 5) };
		}
		if (length < 2) return null;
		at += 2 + length;
	}
	return null;
}

/** WebP (RFC 9649): the first chunk is a key frame of VP8, a VP8L image, or VP8X with the canvas. */
function webpSize(bytes: Uint8Array, view: DataView): ImageSize | null {
	if (bytes.length < 30) return null;
	if (startsWith(bytes, 12, "VP8X")) return { width: uint24(view, 24) + 1, height: uint24(view, 27) + 1 };
	if (startsWith(bytes, 12, "VP8L")) {
		if (bytes[20] !== 0x2f) return null;
		const bits = view.getUint32(21, true);
		return { width: (bits & 0x3fff) + 1, height: ((bits >>> 14) & 0x3fff) + 1 };
	}
	if (!startsWith(bytes, 12, "VP8 ")) return null;
	const isKeyFrame = ((bytes[20] ?? 1) & 1) === 0;
	if (!isKeyFrame || !startsWith(bytes, 23, "\x9d\x01\x2a")) return null;
	return { width: view.getUint16(26, true) & 0x3fff, height: view.getUint16(28, true) & 0x3fff };
}

const uint24 = (view: DataView, at: number) => view.getUint16(at, true) | (view.getUint8(at + 2) << 16);
