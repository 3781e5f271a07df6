import { INTERCHANGE_QUESTIONS_MAX } from "../limits.ts";
import { readItem } from "./qti-item.ts";
import type { ReadQuestion, ReadSection, TextFault } from "./report.ts";
import { named, positionIn, readXml, type XmlElement } from "./xml.ts";

/** A fault in one of the documents. */
export interface DocumentFault extends TextFault {
	/** Index of the document. */
	document: number;
}

export type QtiReading =
	| { ok: true; title: string | null; sections: ReadSection[] }
	| { ok: false; faults: DocumentFault[] };

interface Item {
	element: XmlElement;
	/** For an item without identifier. */
	place: string;
}

const ITEM = "qti-assessment-item";
const TEST = "qti-assessment-test";
const REFERENCE = "qti-assessment-item-ref";

/**
 * Reads QTI 3.0: items and at most one test that names their order and sections, in one or several documents. A document may
 * hold several of them within any element. Never throws.
 */
export function readQti(documents: readonly string[]): QtiReading {
	const faults: DocumentFault[] = [];
	const items: Item[] = [];
	const others: ReadQuestion[] = [];
	const tests: XmlElement[] = [];
	let references = 0;
	documents.forEach((text, document) => {
		const reading = readXml(text);
		if (!reading.ok) {
			faults.push(...reading.faults.map((fault) => ({ document, ...fault })));
			return;
		}
		const root = reading.value;
		const found = [...named(root, ITEM, TEST, REFERENCE)];
		if (found.length === 0) others.push(notQti(root, document));
		for (const element of found) {
			if (element.name === TEST) tests.push(element);
			else if (element.name === REFERENCE) references++;
			else items.push({ element, place: `document ${document}, item ${items.length}` });
			if (Math.max(items.length, references) <= INTERCHANGE_QUESTIONS_MAX) continue;
			faults.push(tooMany(text, element, document));
			break;
		}
	});
	if (faults.length > 0) return { ok: false, faults };
	const title = tests[0]?.attributes.get("title")?.trim() ?? (items.length === 1 ? nameOf(items[0]) : null);
	const sections = inOrder(items, tests);
	return { ok: true, title: title || null, sections: [...sections, { name: null, questions: others }] };
}

const nameOf = (item: Item | undefined) => item?.element.attributes.get("title")?.trim() ?? null;

function tooMany(text: string, { start }: XmlElement, document: number): DocumentFault {
	const detail = `An import has at most ${INTERCHANGE_QUESTIONS_MAX} items and as many references to them.`;
	return { document, ...positionIn(text, start), detail };
}

/** Names that QTI 2 writes without hyphens. */
const EARLIER: ReadonlySet<string> = new Set(["assessmentItem", "assessmentTest", "questestinterop"]);

function notQti({ name }: XmlElement, document: number): ReadQuestion {
	const reason = EARLIER.has(name)
		? "Of an earlier version of QTI; convert it to 3.0."
		: `Neither an item nor a test of QTI 3.0: <${name.slice(0, 60)}>.`;
	return { place: `document ${document}`, name: null, ids: [], question: null, reasons: [reason] };
}

/** The sections of the tests with the items that they name; items that none names come last. */
function inOrder(items: readonly Item[], tests: readonly XmlElement[]): ReadSection[] {
	const left = new Set(items);
	const byIdentifier = new Map(items.map((item) => [item.element.attributes.get("identifier") ?? "", item]));
	const sections = tests
		.flatMap((test) => sectionsOf(test))
		.map(({ name, references }) => ({
			name,
			questions: references.map((reference): ReadQuestion => {
				const item = byIdentifier.get(reference.identifier) ?? byIdentifier.get(reference.file);
				if (!item || !left.delete(item)) return missing(reference.identifier, item !== undefined);
				return readItem(item.element, item.place);
			}),
		}));
	const rest = [...left].map(({ element, place }) => readItem(element, place));
	return [...sections, { name: null, questions: rest }];
}

function missing(identifier: string, isThere: boolean): ReadQuestion {
	const reason = isThere ? "The test names this item twice." : "The test names an item that is not here.";
	return { place: identifier, name: null, ids: [], question: null, reasons: [reason] };
}

interface Section {
	name: string | null;
	/** `file` is the name of the item's file without path and ending. */
	references: { identifier: string; file: string }[];
}

/** A section for each run of references that stand in the same section. */
function sectionsOf(test: XmlElement): Section[] {
	const sections: Section[] = [];
	const collect = (element: XmlElement, section: Section | null): void => {
		const name = element.attributes.get("title")?.trim() || section?.name || null;
		const own = element.name === "qti-assessment-section" ? { name, references: [] } : section;
		if (own && own !== section) sections.push(own);
		for (const child of element.children) {
			if (typeof child === "string") continue;
			if (child.name === REFERENCE) own?.references.push(referenceOf(child));
			else collect(child, own);
		}
	};
	collect(test, null);
	return sections;
}

function referenceOf({ attributes }: XmlElement): { identifier: string; file: string } {
	const file = attributes.get("href")?.split("/").at(-1) ?? "";
	return { identifier: attributes.get("identifier") ?? "", file: file.endsWith(".xml") ? file.slice(0, -4) : file };
}
