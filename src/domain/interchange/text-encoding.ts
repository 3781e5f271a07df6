/** Files come in the encodings of the systems that wrote them; read by the wrong one, their letters are other letters. */

export type DecodedText =
	| { ok: true; text: string /** What readers should know of it. */; note: string | null }
	| { ok: false; detail: string };

const decoded = (bytes: Uint8Array, encoding: string): string | null => {
	try {
		return new TextDecoder(encoding, { fatal: true, ignoreBOM: false }).decode(bytes);
	} catch (error) {
		if (error instanceof TypeError || error instanceof RangeError) return null;
		throw error;
	}
};

const WINDOWS_1252_NOTE =
	"Its file is not UTF-8 and does not name its encoding: it was read as windows-1252, as Windows writes western languages. Check its accents.";

/** Encodings that a declaration of XML names; others are not read. One that says Latin 1 is read as all browsers read it. */
const DECLARED: ReadonlyMap<string, string> = new Map([
	["utf-8", "utf-8"],
	["us-ascii", "utf-8"],
	["ascii", "utf-8"],
	["iso-8859-1", "windows-1252"],
	["latin1", "windows-1252"],
	["windows-1252", "windows-1252"],
	["iso-8859-15", "iso-8859-15"],
	["iso-8859-2", "iso-8859-2"],
	["windows-1250", "windows-1250"],
	["windows-1251", "windows-1251"],
	["koi8-r", "koi8-r"],
	["shift_jis", "shift_jis"],
	["gb2312", "gbk"],
	["gbk", "gbk"],
	["gb18030", "gb18030"],
	["big5", "big5"],
	["euc-kr", "euc-kr"],
	["euc-jp", "euc-jp"],
]);

/** The encoding that an XML document says it has. What it says must be in letters of ASCII before anything else can be read. */
function declaredIn(bytes: Uint8Array): string | null {
	const start = String.fromCharCode(...bytes.subarray(0, DECLARATION_BYTES_MAX));
	return (
		/^\s{0,20}<\?xml\s[^>]{0,150}?encoding\s{0,5}=\s{0,5}["']([A-Za-z0-9._-]{1,30})["']/
			.exec(start)?.[1]
			?.toLowerCase() ?? null
	);
}

const DECLARATION_BYTES_MAX = 200;

/** UTF-16 without its mark: every second byte of Latin letters is nothing. */
const looksWide = (bytes: Uint8Array) => bytes.subarray(0, DECLARATION_BYTES_MAX).includes(0);

/**
 * The text of a file: UTF-16 by its byte order mark, what a declaration of XML says, UTF-8, and else windows-1252 with a word.
 * Refuses what holds a NUL or U+FFFD, which is where letters were lost before.
 */
export function decodedText(bytes: Uint8Array): DecodedText {
	const [first, second] = bytes;
	if (first === 0xff && second === 0xfe)
		return checked(decoded(bytes, "utf-16le"), "It begins as UTF-16 does and is not.");
	if (first === 0xfe && second === 0xff)
		return checked(decoded(bytes, "utf-16be"), "It begins as UTF-16 does and is not.");
	if (looksWide(bytes)) return { ok: false, detail: NUL };
	const declared = declaredIn(bytes);
	const isMarked = first === 0xef && second === 0xbb;
	if (declared !== null && !isMarked) {
		const encoding = DECLARED.get(declared);
		if (encoding === undefined)
			return { ok: false, detail: `Its encoding ${declared} is not read here; save it as UTF-8.` };
		return checked(decoded(bytes, encoding), `It says that it is ${declared} and is not.`);
	}
	const text = decoded(bytes, "utf-8");
	if (text !== null) return checked(text, "");
	if (isMarked || isMostlyUtf8(bytes))
		return { ok: false, detail: "It is UTF-8 with bytes that are not: mixed encodings, or cut in the middle." };
	return checked(decoded(bytes, "windows-1252"), "", WINDOWS_1252_NOTE);
}

/**
 * Whether a part of the bytes beyond ASCII is UTF-8, so that reading the file as windows-1252 would turn its letters into others.
 * A letter of UTF-8 is a lead byte with its continuation bytes, which western text in windows-1252 hardly ever has.
 */
function isMostlyUtf8(bytes: Uint8Array): boolean {
	for (let at = 0; at < bytes.length - 1; at++) {
		const byte = bytes[at] ?? 0;
		const isLead = byte >= 0xc3 && byte <= 0xf4;
		if (isLead && isContinuation(bytes[at + 1]) && !isContinuation(bytes[at - 1])) return true;
	}
	return false;
}

const isContinuation = (byte: number | undefined) => byte !== undefined && byte >= 0x80 && byte <= 0xbf;

const NUL = "It holds NUL characters: it is no text, or UTF-16 without its byte order mark.";
const REPLACED = "It holds U+FFFD, which stands where letters were lost; export it anew.";

function checked(text: string | null, detail: string, note: string | null = null): DecodedText {
	if (text === null) return { ok: false, detail };
	const fault = textFault(text);
	return fault === null ? { ok: true, text, note } : { ok: false, detail: fault };
}

/** What no text of a question may hold; null where it does not. */
export function textFault(text: string): string | null {
	if (text.includes("\0")) return NUL;
	return text.includes("\ufffd") ? REPLACED : null;
}
