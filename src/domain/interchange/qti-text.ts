import { isHidden, PlainText } from "./plain-text.ts";
import type { Losses } from "./report.ts";
import { childrenOf, type XmlElement } from "./xml.ts";

/** The texts of an item: QTI writes them in HTML, with interactions and feedback between. */

/** Where a response is typed or chosen within a sentence. */
export const BLANK = "_____";

/** Our hints are instructions that every candidate sees. */
export const HINT_CLASS = "marksheet-hint";

export interface BodyTexts {
	question: string;
	hints: string[];
	feedback: string[];
}

const INLINE_INTERACTIONS: ReadonlySet<string> = new Set([
	...["qti-text-entry-interaction", "qti-inline-choice-interaction"],
]);
export const isInteraction = (name: string) => name.startsWith("qti-") && name.endsWith("-interaction");

/** The text of an option, a prompt or a feedback. */
export function textIn(element: XmlElement, losses: Losses): string {
	const plain = new PlainText(losses);
	walk(element, plain, () => false);
	return plain.toString();
}

/** Everything in the body of an item that can be read. */
export function bodyTexts(body: XmlElement, losses: Losses): BodyTexts {
	const plain = new PlainText(losses);
	const hints: string[] = [];
	const feedback: string[] = [];
	let hasBlank = false;
	walk(body, plain, (element) => {
		const { name, attributes } = element;
		if (INLINE_INTERACTIONS.has(name)) {
			plain.text(BLANK);
			hasBlank = true;
		} else if (isInteraction(name)) promptOf(element, plain);
		else if (name === "qti-feedback-inline" || name === "qti-feedback-block") feedback.push(textIn(element, losses));
		else if (name === "qti-stimulus-ref") losses.add("The stimulus that it shares with other items was left out.");
		else if (name !== "qti-rubric-block") return false;
		else if (attributes.get("class") === HINT_CLASS) hints.push(textIn(element, losses));
		else losses.add("A rubric was left out.");
		return true;
	});
	const question = plain.toString();
	return { question: hasBlank ? withoutLastBlank(question) : question, hints, feedback };
}

function promptOf(interaction: XmlElement, plain: PlainText): void {
	plain.newLine();
	for (const child of childrenOf(interaction)) if (child.name === "qti-prompt") walk(child, plain, () => false);
	plain.newLine();
}

/** A blank on a line of its own at the end is where the response goes, not a part of the question. */
function withoutLastBlank(text: string): string {
	const end = `\n${BLANK}`;
	return text.endsWith(end) ? text.slice(0, -end.length).trim() : text;
}

/** @param takes elements that are not to be walked into */
function walk(element: XmlElement, plain: PlainText, takes: (element: XmlElement) => boolean): void {
	for (const child of element.children) {
		if (typeof child === "string") plain.text(child);
		else if (!takes(child) && !isHidden(child.name)) {
			const tag = child.name.startsWith("qti-") ? "div" : child.name.toLowerCase();
			plain.tag(tag);
			plain.text(child.attributes.get("alt") ?? "");
			walk(child, plain, takes);
			if (tag !== "br") plain.tag(tag);
		}
	}
}
