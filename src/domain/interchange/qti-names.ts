import { elementsIn, type XmlElement } from "./xml.ts";

/**
 * QTI 2.0 to 2.2 in the names of QTI 3.0, which says nearly the same: `choiceInteraction` is `qti-choice-interaction` there, and
 * `responseIdentifier` is `response-identifier`. So one reader reads them all.
 */

/** Elements of QTI 2 that a document of it begins with, or holds. */
const ROOTS: ReadonlySet<string> = new Set([
	"assessmentItem",
	"assessmentTest",
	"assessmentSection",
	"assessmentItemRef",
]);

/** Elements of QTI whose names are one word in small letters; those with a capital in them are of QTI anyway. */
const ONE_WORD: ReadonlySet<string> = new Set(
	`and contains correct default delete divide equal gap gcd gt gte hottext include index inside lcm lookup lt lte mapping match max member
	min multiple not null or ordered ordering power prompt product random repeat round selection stylesheet subtract substring sum truncate
	value variable weight`.split(/\s+/),
);

export const isQti2 = (root: XmlElement): boolean => {
	for (const { name } of elementsIn(root)) if (ROOTS.has(name)) return true;
	return false;
};

const hyphened = (name: string) =>
	name.replace(/[A-Z]+/g, (capitals) => `-${capitals.toLowerCase()}`).replace(/^-/, "");

/** What is of HTML with a capital in it does not exist; what is of SVG and MathML stays as it is. */
const FOREIGN: ReadonlySet<string> = new Set(["math", "svg"]);

export function asQti3(element: XmlElement): XmlElement {
	const { name } = element;
	if (FOREIGN.has(name)) return withinForeign(element);
	const isOfQti = ONE_WORD.has(name) || /[a-z][A-Z]/.test(name);
	const children = element.children.map((child) => (typeof child === "string" ? child : asQti3(child)));
	if (!isOfQti) return { ...element, children };
	const attributes = [...element.attributes].map(([key, value]): [string, string] => [
		key.includes(":") ? key : hyphened(key),
		value,
	]);
	if (name === "mapEntry" && !element.attributes.has("caseSensitive")) attributes.push([CASE_UNSAID, "true"]);
	return { ...element, name: `qti-${hyphened(name)}`, attributes: new Map(attributes), children };
}

/** At an entry of a table that does not say whether case matters: versions of QTI 2 have different defaults. */
export const CASE_UNSAID = "case-unsaid";

/** Feedback within a formula is of QTI all the same. */
function withinForeign(element: XmlElement): XmlElement {
	const children = element.children.map((child) => {
		if (typeof child === "string") return child;
		return /^(?:feedback|rubric)[A-Z]/.test(child.name) ? asQti3(child) : withinForeign(child);
	});
	return { ...element, children };
}
