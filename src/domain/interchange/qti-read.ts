import { MARKS_MAX } from "../quizzes/limits.ts";
import { INTERCHANGE_QUESTIONS_MAX } from "./limits.ts";
import { numberOf } from "./qti-declarations.ts";
import { readItem } from "./qti-item.ts";
import type { ReadQuestion, ReadSection, TextFault } from "./report.ts";
import { childrenOf, named, positionIn, readXml, type XmlElement } from "./xml.ts";

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
		.map(({ name, references, losses }) => ({
			name,
			questions: references.map((reference): ReadQuestion => {
				const item = byIdentifier.get(reference.identifier) ?? byIdentifier.get(reference.file);
				if (!item || !left.delete(item)) return missing(reference.identifier, item !== undefined);
				const read = weighted(readItem(item.element, item.place), reference.weights);
				return { ...read, reasons: [...read.reasons, ...losses, ...reference.losses] };
			}),
		}));
	const rest = [...left].map(({ element, place }) => readItem(element, place));
	return [...sections, { name: null, questions: rest }];
}

function missing(identifier: string, isThere: boolean): ReadQuestion {
	const reason = isThere ? "The test names this item twice." : "The test names an item that is not here.";
	return { place: identifier, name: null, ids: [], question: null, reasons: [reason] };
}

/** A question with the marks that its reference in the test gives it; a skipped one keeps the reason that it has. */
function weighted(read: ReadQuestion, weights: readonly number[]): ReadQuestion {
	const [weight = 1, ...more] = weights;
	const { question, reasons } = read;
	if (question === null || (weight === 1 && more.length === 0)) return read;
	const marks = (question.marks ?? 1) * weight;
	// Parts of the marks stay whole ones only under a weight that is whole.
	const hasParts =
		question.type === "matching" || (question.type === "multiple_choice" && question.scoring === "partial");
	const isWhole = Number.isInteger(hasParts ? weight : marks);
	if (more.length === 0 && isWhole && marks >= 1 && marks <= MARKS_MAX) {
		return { ...read, question: { ...question, marks } };
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
	/** The name of the item's file without path and ending. */
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
function sectionsOf(test: XmlElement): Section[] {
	const sections: Section[] = [];
	const collect = (element: XmlElement, section: Section | null, above: readonly string[]): void => {
		const name = element.attributes.get("title")?.trim() || section?.name || null;
		const losses = [...new Set([...above, ...lossesOf(element)])];
		const own = element.name === "qti-assessment-section" ? { name, references: [], losses } : section;
		if (own && own !== section) sections.push(own);
		for (const child of element.children) {
			if (typeof child === "string") continue;
			if (child.name === REFERENCE) own?.references.push(referenceOf(child));
			else collect(child, own, losses);
		}
	};
	collect(test, null, []);
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

function referenceOf(element: XmlElement): Reference {
	const { attributes } = element;
	const file = attributes.get("href")?.split("/").at(-1) ?? "";
	return {
		identifier: attributes.get("identifier") ?? "",
		file: file.endsWith(".xml") ? file.slice(0, -4) : file,
		weights: childrenOf(element)
			.filter(({ name }) => name === "qti-weight")
			.map((weight) => numberOf(weight.attributes.get("value"), 1)),
		losses: lossesOf(element),
	};
}
