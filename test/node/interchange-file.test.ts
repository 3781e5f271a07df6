import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { planOf, sourceFiles } from "../../dev/interchange-file.ts";

/** Files of questions come from other systems, in their encodings. */

let folder = "";
beforeAll(() => {
	folder = mkdtempSync(join(tmpdir(), "interchange-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

const GIFT = "::Où?:: Où est l’été ? {=ici ~là}\n";
const XML =
	'<?xml version="1.0" encoding="ENCODING"?><qti-assessment-item identifier="i"><qti-response-declaration identifier="R"><qti-correct-response><qti-value>A</qti-value></qti-correct-response></qti-response-declaration><qti-item-body><qti-choice-interaction response-identifier="R"><qti-prompt>Où est l’été ?</qti-prompt><qti-simple-choice identifier="A">ici</qti-simple-choice><qti-simple-choice identifier="B">là</qti-simple-choice></qti-choice-interaction></qti-item-body></qti-assessment-item>';

const utf16 = (text: string, bigEndian = false) => {
	const bytes = Buffer.from(text, "utf16le");
	return bigEndian ? bytes.swap16() : bytes;
};

/** What a file becomes: its first question, or why it is not read, and what is said of it. */
function read(name: string, bytes: Uint8Array) {
	const file = join(folder, name);
	writeFileSync(file, bytes);
	const [item] = planOf(sourceFiles([file]), null, undefined).items;
	return {
		question: item?.content?.subjects[0]?.questions[0],
		error: item?.errors[0]?.detail,
		report: item?.questions[0],
	};
}

const BOM = "\ufeff";

it.each([
	["UTF-8", Buffer.from(GIFT)],
	["UTF-8 with a byte order mark", Buffer.from(BOM + GIFT)],
	["UTF-16 of Windows", utf16(BOM + GIFT)],
	["UTF-16 the other way round", utf16(BOM + GIFT, true)],
])("a file of GIFT in %s is read by its letters", (_, bytes) => {
	const { question, report } = read("a.gift", bytes);
	expect(question).toMatchObject({ question: "Où est l’été ?", options: ["ici", "là"], correctAnswer: 0 });
	expect(report?.status).toBe("imported");
});

/** As the letters are in windows-1252: Latin 1 but for the quotation mark. */
const western = (text: string) => {
	const bytes = Buffer.from(text.replaceAll("’", "\u0092"), "latin1");
	return bytes;
};

it.each([
	["UTF-8", Buffer.from(XML.replace("ENCODING", "UTF-8"))],
	["UTF-16", utf16(BOM + XML.replace("ENCODING", "UTF-16"))],
	["windows-1252, as it says", western(XML.replace("ENCODING", "windows-1252"))],
	["ISO 8859-1, as it says and browsers read it", western(XML.replace("ENCODING", "ISO-8859-1"))],
])("a file of QTI in %s is read by its letters", (_, bytes) => {
	const { question, report } = read("a.xml", bytes);
	expect(question).toMatchObject({ question: "Où est l’été ?", options: ["ici", "là"], correctAnswer: 0 });
	expect(report?.status).toBe("imported");
});

it("a file that is not UTF-8 and says nothing is read as windows-1252, with a word at each question", () => {
	const { question, report } = read("a.gift", western(GIFT));
	expect(question).toMatchObject({ question: "Où est l’été ?", options: ["ici", "là"], correctAnswer: 0 });
	expect(report).toMatchObject({ status: "degraded", reason: expect.stringContaining("windows-1252") });
});

it.each([
	["UTF-16 without its mark", "a.gift", utf16("Two? {=2}"), /NUL/],
	["UTF-16 without its mark, the other way round", "a.gift.txt", utf16("Two? {=2}", true), /NUL/],
	[
		"half a character of UTF-8 at its end",
		"a.gift",
		Buffer.from(GIFT).subarray(0, Buffer.from(GIFT).indexOf("é") + 1),
		/mixed encodings/,
	],
	["a byte too few of UTF-16", "a.gift", utf16(BOM + GIFT).subarray(0, 9), /UTF-16/],
	[
		"UTF-8 and windows-1252, one after the other",
		"a.gift",
		Buffer.concat([Buffer.from(GIFT), western(GIFT)]),
		/mixed encodings/,
	],
	["an encoding that is not what it says", "a.xml", western(XML.replace("ENCODING", "UTF-8")), /says that it is utf-8/],
	[
		"an encoding that is not read",
		"a.xml",
		Buffer.from(XML.replace("ENCODING", "EBCDIC-CP-FR")),
		/ebcdic-cp-fr is not read/,
	],
	["letters that were lost before", "a.gift", Buffer.from("Le mot ? {=\ufffdt\ufffd}"), /U\+FFFD/],
	["a NUL in it", "a.gift", Buffer.from(`${"x".repeat(300)}\0 {T}`), /NUL/],
	["nothing in it", "a.gift", Buffer.from(""), /empty/],
])("a file with %s is refused: its letters would be other ones", (_, name, bytes, reason) => {
	expect(read(name, bytes)).toMatchObject({ question: undefined, error: expect.stringMatching(reason) });
});
