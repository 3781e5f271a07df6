import { crc32 } from "node:zlib";
import { inflateSync, strFromU8 } from "fflate";
import { ZIP_BYTES_MAX, ZIP_ENTRIES_MAX, ZIP_ENTRY_BYTES_MAX, ZIP_RATIO_MAX } from "./limits.ts";

/** ZIP archives, read no further than their limits. What an archive says of itself is looked at before anything is unpacked. */

export interface ZipEntry {
	/** With forward slashes, relative to the archive. */
	name: string;
	/** Unpacked, as the archive says; never are more unpacked. */
	bytes: number;
}

export interface ZipArchive {
	entries: readonly ZipEntry[];
	/** The bytes of one entry; null where it is broken. */
	unpack(name: string): Uint8Array | null;
}

export type ZipReading = { ok: true; value: ZipArchive } | { ok: false; detail: string };

export const looksZipped = (bytes: Uint8Array): boolean =>
	bytes[0] === 0x50 && bytes[1] === 0x4b && (bytes[2] === 3 || bytes[2] === 5 || bytes[2] === 7);

/** Signatures, and how long what they begin is, as APPNOTE.TXT of PKWARE says (4.3.12 and 4.3.16). */
const END = 0x06054b50;
const END_BYTES = 22;
const ENTRY = 0x02014b50;
const ENTRY_BYTES = 46;
const COMMENT_BYTES_MAX = 65_535;
const WIDE = 0xffff_ffff;

const refusedFor = (detail: string): ZipReading => ({ ok: false, detail });

const BROKEN = "The ZIP archive is broken or cut in the middle.";

/** Opens an archive. Refuses what is encrypted, split, too much, or names files outside of it. */
export function openZip(bytes: Uint8Array): ZipReading {
	const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
	const end = endOf(view);
	if (end < 0) return refusedFor(BROKEN);
	const [here, count, start] = [
		view.getUint16(end + 8, true),
		view.getUint16(end + 10, true),
		view.getUint32(end + 16, true),
	];
	if (count === 0xffff || start === WIDE)
		return refusedFor(`The ZIP archive has more than ${ZIP_ENTRIES_MAX} entries, or is of ZIP64.`);
	if (here !== count) return refusedFor("The ZIP archive is one part of several.");
	if (count > ZIP_ENTRIES_MAX)
		return refusedFor(`The ZIP archive has ${count} entries; at most ${ZIP_ENTRIES_MAX} are taken.`);
	const places = new Map<string, Placed>();
	let at = start;
	let total = 0;
	for (let index = 0; index < count; index++) {
		if (at + ENTRY_BYTES > end || view.getUint32(at, true) !== ENTRY) return refusedFor(BROKEN);
		const [flags, packed, size] = [
			view.getUint16(at + 8, true),
			view.getUint32(at + 20, true),
			view.getUint32(at + 24, true),
		];
		const nameLength = view.getUint16(at + 28, true);
		const next = at + ENTRY_BYTES + nameLength + view.getUint16(at + 30, true) + view.getUint16(at + 32, true);
		if (next > end) return refusedFor(BROKEN);
		const raw = strFromU8(bytes.subarray(at + ENTRY_BYTES, at + ENTRY_BYTES + nameLength), (flags & 0x800) === 0);
		const shown = JSON.stringify(raw.slice(0, SHOWN_CHARS_MAX));
		if ((flags & 1) !== 0) return refusedFor(`The ZIP archive is encrypted: ${shown}. Unpack it first.`);
		const slip = slipIn(raw);
		if (slip) return refusedFor(`The ZIP archive names a file outside of it: ${shown}.`);
		if (size === WIDE || size > ZIP_ENTRY_BYTES_MAX)
			return refusedFor(`${shown} in the ZIP archive has ${size} bytes; at most ${ZIP_ENTRY_BYTES_MAX} are taken.`);
		if (size > RATIO_FROM_BYTES && size > packed * ZIP_RATIO_MAX)
			return refusedFor(`${shown} in the ZIP archive is packed more than ${ZIP_RATIO_MAX} to 1.`);
		total += size;
		if (total > ZIP_BYTES_MAX) return refusedFor(`The ZIP archive unpacks to more than ${ZIP_BYTES_MAX} bytes.`);
		const name = raw.replaceAll("\\", "/");
		if (places.has(name)) return refusedFor(`The ZIP archive has two files of the name ${shown}.`);
		const [method, local] = [view.getUint16(at + 10, true), view.getUint32(at + 42, true)];
		if (!name.endsWith("/")) places.set(name, { at: local, method, packed, size, crc: view.getUint32(at + 16, true) });
		at = next;
	}
	// A count of more than 65,535 begins anew at 0.
	if (at !== start + view.getUint32(end + 12, true)) return refusedFor(BROKEN);
	const entries = [...places].map(([name, { size }]): ZipEntry => ({ name, bytes: size }));
	const unpack = (name: string) => {
		const place = places.get(name);
		return place ? unpacked(bytes, view, place) : null;
	};
	return { ok: true, value: { entries, unpack } };
}

interface Placed {
	/** Of its own header. */
	at: number;
	method: number;
	packed: number;
	size: number;
	/** Of what it unpacks to: an archive that lies about a size is found out by it. */
	crc: number;
}

const SHOWN_CHARS_MAX = 80;
/** Short texts of blanks are packed better than any bomb needs to be. */
const RATIO_FROM_BYTES = 100_000;

/** Where the directory's end stands: only a comment may follow it. */
function endOf(view: DataView): number {
	const least = Math.max(0, view.byteLength - END_BYTES - COMMENT_BYTES_MAX);
	for (let at = view.byteLength - END_BYTES; at >= least; at--) if (view.getUint32(at, true) === END) return at;
	return -1;
}

const slipIn = (name: string): boolean =>
	/^(?:[/\\]|[A-Za-z]:)/.test(name) || name.includes("\0") || name.split(/[/\\]/).includes("..");

/** Methods of packing that are read: none, and deflate, which all systems write. */
const STORED = 0;
const DEFLATED = 8;
const LOCAL = 0x04034b50;
const LOCAL_BYTES = 30;

/** The library writes into a buffer of the size that the directory says, so what would unpack to more does not grow. */
function unpacked(bytes: Uint8Array, view: DataView, { at, method, packed, size, crc }: Placed): Uint8Array | null {
	if (at + LOCAL_BYTES > bytes.length || view.getUint32(at, true) !== LOCAL) return null;
	const from = at + LOCAL_BYTES + view.getUint16(at + 26, true) + view.getUint16(at + 28, true);
	if (from + packed > bytes.length) return null;
	const data = bytes.subarray(from, from + packed);
	if (method === STORED) return packed === size && crc32(data) === crc ? data : null;
	if (method !== DEFLATED) return null;
	try {
		const out = inflateSync(data, { out: new Uint8Array(size) });
		return out.length === size && crc32(out) === crc ? out : null;
	} catch {
		return null;
	}
}
