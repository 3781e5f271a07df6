import { XmlElement as ParsedElement, parseXml, XmlCdata, XmlError, XmlText } from "@rgrove/parse-xml";
import { XML_ATTRIBUTES_MAX, XML_DEPTH_MAX, XML_ELEMENTS_MAX } from "./limits.ts";
import type { Reading, TextFault } from "./report.ts";

/** An element without its namespace prefix: `qti:qti-prompt` and `qti-prompt` are the same here. */
export interface XmlElement {
	name: string;
	attributes: ReadonlyMap<string, string>;
	children: readonly (XmlElement | string)[];
	/** Offset of its start tag in the text. */
	start: number;
}

/**
 * Parses an XML document. There are no document type declarations, so the only entities are the five of XML itself and
 * characters by number. Takes time linear in the text and never throws.
 */
export function readXml(text: string): Reading<XmlElement> {
	// As the standard says (2.11), and because the parser would take quadratic time for it.
	const xml = text.replace(/^\uFEFF/, "").replace(/\r\n?/g, "\n");
	const fault = faultBeforeParsing(xml);
	if (fault) return { ok: false, faults: [{ ...positionIn(xml, fault.at), detail: fault.detail }] };
	try {
		const { root } = parseXml(xml, { includeOffsets: true });
		if (!root) return { ok: false, faults: [{ line: 1, column: 1, detail: "There is no element." }] };
		return withinLimits(root, xml);
	} catch (error) {
		if (error instanceof XmlError) return { ok: false, faults: [faultOf(error)] };
		throw error;
	}
}

/**
 * The elements right within the root of a document, one by one, so that a long one is never in memory as a tree. What is not
 * well-formed between them is not seen; within them it is. Takes time linear in the text and never throws.
 */
export function* readXmlChildren(text: string): Generator<Reading<XmlElement>> {
	const xml = text.replace(/^\uFEFF/, "").replace(/\r\n?/g, "\n");
	const fault = faultBeforeParsing(xml, Number.POSITIVE_INFINITY);
	if (fault) {
		yield { ok: false, faults: [{ ...positionIn(xml, fault.at), detail: fault.detail }] };
		return;
	}
	let depth = 0;
	let start = 0;
	let [line, counted] = [1, 0];
	for (let at = xml.indexOf("<"); at >= 0; at = xml.indexOf("<", at)) {
		const end = endOfMarkup(xml, at);
		const isTag = !/^<[!?]/.test(xml.slice(at, at + 2));
		const closes = xml.startsWith("</", at);
		const isEmpty = isTag && !closes && xml[end - 2] === "/";
		if (isTag && !closes && depth === 1) start = at;
		if (isTag && !isEmpty) depth += closes ? -1 : 1;
		if (isTag && depth === 1 && (closes || isEmpty)) {
			// Lines are counted on from where they were counted to.
			for (let from = xml.indexOf("\n", counted); from >= 0 && from < start; from = xml.indexOf("\n", from + 1)) line++;
			counted = start;
			const reading = readXml(xml.slice(start, end));
			const first = line;
			yield reading.ok
				? reading
				: { ok: false, faults: reading.faults.map((one) => ({ ...one, line: one.line + first - 1 })) };
		}
		at = end;
	}
	if (depth !== 0)
		yield {
			ok: false,
			faults: [{ ...positionIn(xml, xml.length), detail: "The document ends before its elements do." }],
		};
}

/** The parser's message without the excerpt, which would repeat the text, and the place, which is told apart. */
function faultOf({ message, line, column }: XmlError): TextFault {
	const [said = ""] = message.split("\n");
	const place = said.lastIndexOf(" (line ");
	return { line, column, detail: `${(place < 0 ? said : said.slice(0, place)).slice(0, FAULT_CHARS_MAX)}.` };
}

/** A message may quote a name as long as the document. */
const FAULT_CHARS_MAX = 200;

/**
 * What must be known before the parser, which calls itself for each level, sees the text. As far as the text is well-formed
 * the levels counted here are those of the parser; at the first place where it is not, the parser stops.
 */
function faultBeforeParsing(xml: string, elementsMax = XML_ELEMENTS_MAX): { at: number; detail: string } | null {
	let depth = 0;
	let elements = 0;
	for (let at = xml.indexOf("<"); at >= 0; at = xml.indexOf("<", at)) {
		const end = endOfMarkup(xml, at);
		if (/^<[^!?/]/.test(xml.slice(at, at + 2)) && ++elements > elementsMax) {
			return { at, detail: `There are more than ${elementsMax} elements.` };
		}
		if (xml.startsWith("<!", at) && !/^<!(--|\[CDATA\[)/.test(xml.slice(at, at + 9))) {
			return { at, detail: "Document type declarations and their entities are not taken." };
		}
		if (/^<[^!?/]/.test(xml.slice(at, at + 2)) && xml[end - 2] !== "/" && ++depth > XML_DEPTH_MAX) {
			return { at, detail: `Elements are nested deeper than ${XML_DEPTH_MAX} levels.` };
		}
		if (xml.startsWith("</", at)) depth--;
		at = end;
	}
	return null;
}

/** Where the comment, section, instruction or tag that begins at `at` ends; the end of the text if it does not. */
function endOfMarkup(xml: string, at: number): number {
	for (const [open, close] of ENDS) if (xml.startsWith(open, at)) return after(xml, close, at + open.length);
	// Attribute values may hold `>`.
	for (let i = at + 1; i < xml.length; i++) {
		const char = xml[i];
		if (char === ">") return i + 1;
		if (char === '"' || char === "'") {
			i = xml.indexOf(char, i + 1);
			if (i < 0) return xml.length;
		}
	}
	return xml.length;
}

const ENDS = [
	["<!--", "-->"],
	["<![CDATA[", "]]>"],
	["<?", "?>"],
	["</", ">"],
] as const;

function after(xml: string, close: string, from: number): number {
	const at = xml.indexOf(close, from);
	return at < 0 ? xml.length : at + close.length;
}

/** Lines and columns from 1. */
export function positionIn(text: string, at: number): { line: number; column: number } {
	const before = text.slice(0, at).split(/\r\n?|\n/);
	return { line: before.length, column: (before.at(-1)?.length ?? 0) + 1 };
}

function withinLimits(root: ParsedElement, xml: string): Reading<XmlElement> {
	const faults: TextFault[] = [];
	const converted = (element: ParsedElement): XmlElement => {
		const attributes = Object.entries(element.attributes);
		if (attributes.length > XML_ATTRIBUTES_MAX && faults.length === 0) {
			const detail = `An element has at most ${XML_ATTRIBUTES_MAX} attributes; this one has ${attributes.length}.`;
			faults.push({ ...positionIn(xml, element.start), detail });
		}
		return {
			name: localName(element.name),
			attributes: attributes.length === 0 ? NO_ATTRIBUTES : new Map(attributes),
			start: element.start,
			children: element.children.flatMap((child): (XmlElement | string)[] => {
				if (child instanceof ParsedElement) return [converted(child)];
				return child instanceof XmlText || child instanceof XmlCdata ? [child.text] : [];
			}),
		};
	};
	const value = converted(root);
	return faults.length > 0 ? { ok: false, faults } : { ok: true, value };
}

const NO_ATTRIBUTES: ReadonlyMap<string, string> = new Map();

const localName = (name: string) => name.slice(name.indexOf(":") + 1);

/** The element itself and all that it holds, in the order of the document. */
export function* elementsIn(element: XmlElement): Generator<XmlElement> {
	const left = [element];
	for (let next = left.pop(); next; next = left.pop()) {
		yield next;
		for (const child of childrenOf(next).reverse()) left.push(child);
	}
}

export const childrenOf = ({ children }: XmlElement): XmlElement[] =>
	children.filter((child) => typeof child !== "string");

/** Whether an attribute says so, in one of the two ways that XML has. */
export const saysTrue = (text: string | undefined): boolean => /^\s*(?:true|1)\s*$/.test(text ?? "");

export function* named(element: XmlElement, ...names: string[]): Generator<XmlElement> {
	for (const one of elementsIn(element)) if (names.includes(one.name)) yield one;
}

export function firstNamed(element: XmlElement, ...names: string[]): XmlElement | null {
	for (const one of named(element, ...names)) return one;
	return null;
}

/** All text of an element as it was written. */
export const rawText = (element: XmlElement): string =>
	element.children.map((child) => (typeof child === "string" ? child : rawText(child))).join("");

// ---- writing ----

/** Characters that XML has no way to write become a box: a reader takes U+FFFD for a letter that was lost before. */
export const xmlText = (text: string) => text.replace(NOT_XML, "\u25a1");

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what XML has no way to write.
const NOT_XML = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g;

/** The lines of a text, as HTML breaks them. */
export const linesOf = (text: string) =>
	text
		.split(/\r\n|\r|\n/)
		.map(xmlEscaped)
		.join("<br/>");

/** For text and attribute values alike. A carriage return would be read as a new line, so it is written by number. */
export const xmlEscaped = (text: string) =>
	xmlText(text).replace(/[&<>"'\r\n\t]/g, (char) => `&#${char.charCodeAt(0)};`);

/** Two hyphens would end a comment. */
export const xmlComment = (text: string) =>
	`<!-- ${xmlText(text)
		.replace(/-(?=-)/g, "- ")
		.replace(/-$/, "- ")} -->`;
