import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { Failure } from "../../dev/failure.ts";
import { interchangeLines } from "../../dev/interchange-file.ts";

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

async function questionIn(name: string, bytes: Uint8Array): Promise<unknown> {
	const file = join(folder, name);
	writeFileSync(file, bytes);
	for await (const { text } of interchangeLines(file)) return JSON.parse(text ?? "").subjects[0].questions[0];
	throw new Error("There is no line.");
}

const BOM = "\ufeff";

it.each([
	["UTF-8", Buffer.from(GIFT)],
	["UTF-8 with a byte order mark", Buffer.from(BOM + GIFT)],
	["UTF-16 of Windows", utf16(BOM + GIFT)],
	["UTF-16 the other way round", utf16(BOM + GIFT, true)],
])("a file of GIFT in %s is read by its letters", async (_, bytes) => {
	const question = await questionIn("a.gift", bytes);
	expect(question).toMatchObject({ question: "Où est l’été ?", options: ["ici", "là"], correctAnswer: 0 });
});

it.each([
	["UTF-8", Buffer.from(XML.replace("ENCODING", "UTF-8"))],
	["UTF-16", utf16(BOM + XML.replace("ENCODING", "UTF-16"))],
])("a file of QTI in %s is read by its letters", async (_, bytes) => {
	const question = await questionIn("a.xml", bytes);
	expect(question).toMatchObject({ question: "Où est l’été ?", options: ["ici", "là"], correctAnswer: 0 });
});

it.each([
	["windows-1252", "a.gift", Buffer.from("Le mot ? {=\u00e9t\u00e9}", "latin1")],
	["UTF-16 without its mark", "a.gift", utf16("Two? {=2}")],
	["UTF-16 without its mark, the other way round", "a.gift.txt", utf16("Two? {=2}", true)],
	["half a character", "a.gift", Buffer.from(GIFT).subarray(0, 4)],
	["a byte too few of UTF-16", "a.gift", utf16(BOM + GIFT).subarray(0, 9)],
	[
		"ISO 8859-1, as it says",
		"a.xml",
		Buffer.from(XML.replace("ENCODING", "ISO-8859-1").replaceAll("’", "'"), "latin1"),
	],
])("a file in %s is refused: its letters would be other ones", async (_, name, bytes) => {
	await expect(questionIn(name, bytes)).rejects.toThrow(Failure);
	await expect(questionIn(name, bytes)).rejects.toThrow("The file is not UTF-8.");
});
