import { hundredthsOf, marksOf } from "../attempts/marks.ts";
import { MARKS_MAX, MARKS_MIN } from "../quizzes/limits.ts";
import { INTERCHANGE_QUESTIONS_MAX } from "./limits.ts";
import { hasTwoDecimals } from "./marks.ts";
import { folderOf, resolved } from "./paths.ts";
import { type ImageShelf, PictureTaker } from "./pictures.ts";
import { numberOf } from "./qti-declarations.ts";
import { readItem } from "./qti-item.ts";
import { asQti3, isQti2 } from "./qti-names.ts";
import { readQti1 } from "./qti1-read.ts";
import {
	type Losses,
	type NamedText,
	notRead,
	type ReadQuestion,
	type ReadQuiz,
	type ReadSection,
	type TextFault,
} from "./report.ts";
import { childrenOf, named, positionIn, readXml, type XmlElement } from "./xml.ts";

/** A fault in one of the documents. */
export interface DocumentFault extends TextFault {
	/** Index of the document. */
	document: number;
}

export type QtiReading = { ok: true; quizzes: ReadQuiz[] } | { ok: false; faults: DocumentFault[] };

interface Item {
	element: XmlElement;
	/** For an item without identifier. */
	place: string;
	/** The path of its file, if it has a name. */
	name: string | null;
	/** The same, where it stands there alone. */
	file: string | null;
}

interface Test {
	element: XmlElement;
	/** The folder of its file, to which its references are relative. */
	folder: string;
}

const ITEM = "qti-assessment-item";
const TEST = "qti-assessment-test";
const REFERENCE = "qti-assessment-item-ref";
const SECTION = "qti-assessment-section";
const SECTION_REFERENCE = "qti-assessment-section-ref";
const QTI_1 = "questestinterop";
const MANIFEST = "manifest";

interface Found {
	items: Item[];
	tests: Test[];
	/** Sections that stand in files of their own, by their paths. */
	sections: Map<string, XmlElement>;
	/** Quizzes of QTI 1, which are whole by themselves. */
	earlier: ReadQuiz[];
	others: ReadQuestion[];
}

export interface QtiOptions {
	/** What is not well-formed is skipped, as in packages, of which much else is right; otherwise all of it is refused. */
	lenient?: boolean;
	/** Where images of items are put, and what gives the bytes of a file by its path. */
	images?: { shelf: ImageShelf; read: (path: string) => Uint8Array | null };
}

/**
 * Reads QTI 1.2 and 2.0 to 3.0: items, and tests that name their order and sections, in one or several documents. A document may
 * hold several of them within any element. Each test becomes a quiz. Never throws.
 */
export function readQti(documents: readonly NamedText[], { lenient = false, images }: QtiOptions = {}): QtiReading {
	const faults: DocumentFault[] = [];
	const found: Found = { items: [], tests: [], sections: new Map(), earlier: [], others: [] };
	const count = { items: 0, references: 0 };
	documents.forEach(({ name, text }, document) => {
		const reading = readXml(text);
		if (!reading.ok && lenient) {
			const [fault] = reading.faults;
			found.others.push(notRead(name ?? `document ${document}`, `Not XML: line ${fault?.line}: ${fault?.detail}`));
			return;
		}
		if (!reading.ok) {
			faults.push(...reading.faults.map((fault) => ({ document, ...fault })));
			return;
		}
		const root = isQti2(reading.value) ? asQti3(reading.value) : reading.value;
		const { items, references } = collect(root, { name, document }, found);
		count.items += items;
		count.references += references;
		if (Math.max(count.items, count.references) > INTERCHANGE_QUESTIONS_MAX) faults.push(tooMany(text, root, document));
	});
	return faults.length > 0 ? { ok: false, faults } : { ok: true, quizzes: quizzesOf(found, images) };
}

/** Puts what a document holds to what was found. @returns how many items and references it has */
function collect(
	root: XmlElement,
	{ name, document }: { name: string | null; document: number },
	found: Found,
): { items: number; references: number } {
	const place = name ?? `document ${document}`;
	if (root.name === MANIFEST) return { items: 0, references: 0 };
	if (root.name === QTI_1) {
		const quizzes = readQti1(root, name);
		found.earlier.push(...quizzes.quizzes);
		return { items: quizzes.items, references: 0 };
	}
	const parts = [...named(root, ITEM, TEST, REFERENCE)];
	if (root.name === SECTION && name !== null) found.sections.set(name, root);
	else if (parts.length === 0)
		found.others.push(notRead(place, `Neither an item nor a test of QTI: <${root.name.slice(0, 60)}>.`));
	const items = parts.filter((element) => element.name === ITEM).length;
	const own = items === 1 ? name : null;
	for (const element of parts) {
		if (element.name === TEST) found.tests.push({ element, folder: folderOf(name ?? "") });
		else if (element.name === ITEM) {
			const index = found.items.length;
			found.items.push({
				element,
				place: name === null ? `document ${document}, item ${index}` : place,
				name,
				file: own,
			});
		}
	}
	return { items, references: parts.filter((element) => element.name === REFERENCE).length };
}

function tooMany(text: string, { start }: XmlElement, document: number): DocumentFault {
	const detail = `An import has at most ${INTERCHANGE_QUESTIONS_MAX} items and as many references to them.`;
	return { document, ...positionIn(text, start), detail };
}

/** A quiz for each test; items that none names come last, in the one quiz or in one of their own. */
function quizzesOf({ items, tests, sections, earlier, others }: Found, images: QtiOptions["images"]): ReadQuiz[] {
	const byIdentifier = new Map(items.map((item) => [item.element.attributes.get("identifier") ?? "", item]));
	const byFile = new Map(items.flatMap((item) => (item.file === null ? [] : [[item.file, item]])));
	const unnamed = new Set(items);
	const found = ({ file, identifier }: Reference) =>
		byFile.get(file) ?? byIdentifier.get(identifier) ?? byIdentifier.get(stemOf(file));
	const quizzes = tests.map(({ element, folder }): ReadQuiz => {
		const left = new Set(items);
		const read = sectionsOf(element, folder, sections).map(
			({ name, references, losses }): ReadSection => ({
				name,
				questions: references.map((reference) => {
					const item = found(reference);
					if (item) unnamed.delete(item);
					if (!item || !left.delete(item)) return missing(reference, item !== undefined);
					const read = weighted(placed(item, images), reference.weights);
					return { ...read, reasons: [...read.reasons, ...losses, ...reference.losses] };
				}),
			}),
		);
		return { title: element.attributes.get("title")?.trim() || null, sections: read };
	});
	const rest = [...unnamed].map((item) => placed(item, images));
	const last = { name: null, questions: [...rest, ...others] };
	const [only, ...more] = quizzes;
	if (only && more.length === 0 && earlier.length === 0) return [{ ...only, sections: [...only.sections, last] }];
	const [one] = rest;
	const title = rest.length === 1 && others.length === 0 ? (one?.name ?? null) : null;
	return [...quizzes, ...earlier, ...(last.questions.length > 0 ? [{ title, sections: [last] }] : [])];
}

/** An item with the name of its file and its identifier as its place. */
function placed({ element, place, name }: Item, images: QtiOptions["images"]): ReadQuestion {
	const folder = folderOf(name ?? "");
	const pictures =
		images &&
		((losses: Losses) => new PictureTaker(images.shelf, (source) => images.read(resolved(folder, source)), losses));
	const read = readItem(element, place, pictures);
	return name === null || name === read.place ? read : { ...read, place: `${name}: ${read.place}` };
}

/** The name of a file without its path and ending. */
const stemOf = (path: string) => (path.split("/").at(-1) ?? "").replace(/\.xml$/i, "");

function missing({ identifier, file }: Reference, isThere: boolean): ReadQuestion {
	if (isThere) return notRead(identifier, "The test names this item twice.");
	return notRead(identifier, `The test names an item that is not here: ${(file || identifier).slice(0, 100)}.`);
}

/** A question with the marks that its reference in the test gives it; a skipped one keeps the reason that it has. */
function weighted(read: ReadQuestion, weights: readonly number[]): ReadQuestion {
	const [weight = 1, ...more] = weights;
	const { question, reasons } = read;
	if (question === null || (weight === 1 && more.length === 0)) return read;
	const marks = (question.marks ?? 1) * weight;
	// Parts of the marks stay what they are only under a weight that is whole.
	const hasParts =
		question.type === "matching" || (question.type === "multiple_choice" && question.scoring === "partial");
	const isExact = hasParts ? Number.isInteger(weight) : hasTwoDecimals(marks);
	if (more.length === 0 && isExact && marks >= MARKS_MIN && marks <= MARKS_MAX) {
		return { ...read, question: { ...question, marks: marksOf(hundredthsOf(marks)) } };
	}
	const reason = more.length > 0 ? "It has several weights in the test" : `Its weight in the test is ${weight}`;
	return { ...read, reasons: [...reasons, `${reason}, which was left out.`] };
}

interface Section {
	name: string | null;
	references: Reference[];
	/** What the section says of all its questions and a quiz cannot. */
	losses: string[];
}

interface Reference {
	identifier: string;
	/** The path of the item's file; '' where it names none. */
	file: string;
	weights: number[];
	losses: string[];
}

/** What a part of a test can say of what it holds, and a quiz cannot. */
const LOSSES: ReadonlyMap<string, string> = new Map([
	["qti-rubric-block", "The instructions of its section were left out."],
	["qti-pre-condition", "When the test shows it was left out."],
	["qti-branch-rule", "When the test goes on elsewhere was left out."],
	["qti-time-limits", "Its time limit was left out."],
]);

/** A section for each run of references that stand in the same section. */
function sectionsOf(test: XmlElement, folder: string, others: ReadonlyMap<string, XmlElement>): Section[] {
	const sections: Section[] = [];
	// A section that names itself, or one that names it, is gone into once.
	const gone = new Set<XmlElement>();
	const collect = (element: XmlElement, section: Section | null, above: readonly string[], folder: string): void => {
		const name = element.attributes.get("title")?.trim() || section?.name || null;
		const losses = [...new Set([...above, ...lossesOf(element)])];
		const own = element.name === SECTION ? { name, references: [], losses } : section;
		if (own && own !== section) sections.push(own);
		for (const child of childrenOf(element)) {
			if (child.name === REFERENCE) own?.references.push(referenceOf(child, folder));
			else if (child.name === SECTION_REFERENCE) {
				const path = resolved(folder, child.attributes.get("href") ?? "");
				const other = others.get(path);
				if (other && !gone.has(other)) {
					gone.add(other);
					collect(other, own, losses, folderOf(path));
				} else if (!other)
					own?.references.push({
						identifier: child.attributes.get("identifier") ?? "",
						file: path,
						weights: [],
						losses: [],
					});
			} else collect(child, own, losses, folder);
		}
	};
	collect(test, null, [], folder);
	return sections;
}

function lossesOf(element: XmlElement): string[] {
	return childrenOf(element).flatMap(({ name, attributes }) => {
		if (name === "qti-selection") {
			return `The test shows ${attributes.get("select") ?? "some"} of its section, chosen by chance; here all are shown.`;
		}
		return LOSSES.get(name) ?? [];
	});
}

function referenceOf(element: XmlElement, folder: string): Reference {
	const { attributes } = element;
	return {
		identifier: attributes.get("identifier") ?? "",
		file: resolved(folder, attributes.get("href") ?? ""),
		weights: childrenOf(element)
			.filter(({ name }) => name === "qti-weight")
			.map((weight) => numberOf(weight.attributes.get("value"), 1)),
		losses: lossesOf(element),
	};
}
