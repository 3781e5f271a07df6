import { textOfMath } from "./math-text.ts";
import { FORMULA_LOST, isHidden, PlainText, type TakePicture } from "./plain-text.ts";
import type { Losses } from "./report.ts";
import { childrenOf, elementsIn, type XmlElement } from "./xml.ts";

/** The texts of an item: QTI writes them in HTML, with interactions and feedback between. */

/** Where a response is typed or chosen within a sentence. */
export const BLANK = "_____";

/** Our hints are instructions that every candidate sees. */
export const HINT_CLASS = "marksheet-hint";

/** What a text of an item leaves to be told elsewhere. */
export interface Told {
	losses: Losses;
	/** Feedback that stands within texts that takers see, which must not see it before they have answered. */
	feedback: string[];
	/** Takes pictures out of the text of the question. */
	picture?: TakePicture | undefined;
}

export interface BodyTexts {
	question: string;
	hints: string[];
}

const INLINE_INTERACTIONS: ReadonlySet<string> = new Set([
	"qti-text-entry-interaction",
	"qti-inline-choice-interaction",
]);
export const isInteraction = (name: string) => name.startsWith("qti-") && name.endsWith("-interaction");

/** Elements of QTI that are containers of text for candidates, or feedback. Text in any other is not for them. */
const FOR_CANDIDATES: ReadonlySet<string> = new Set([
	"qti-prompt",
	"qti-content-body",
	"qti-label",
	"qti-hottext",
	"qti-position-object-stage",
	"qti-rubric-block",
	"qti-stimulus-body",
	"qti-modal-feedback",
]);

/** A text of its own, which items refer to; it stands beside the body, or within it. */
export const isStimulus = (name: string) => name === "qti-stimulus-ref" || name === "qti-assessment-stimulus-ref";
export const STIMULUS_LOST = "The stimulus that it shares with other items was left out.";

/** Elements that say what others look like, or the same in another way. */
const NO_TEXT: ReadonlySet<string> = new Set(["qti-stylesheet", "qti-catalog-info", "qti-companion-materials-info"]);

/** The text of an option, a prompt or a feedback; feedback within it is put aside. */
export function textIn(element: XmlElement, told: Told): string {
	const plain = new PlainText(told.losses);
	walk(element, plain, told, () => false);
	return plain.toString();
}

/** The text of an option, whose feedback says which option it is of. */
export function optionIn(element: XmlElement, told: Told): string {
	const feedback: string[] = [];
	const text = textIn(element, { ...told, feedback });
	for (const one of feedback) if (one !== "") told.feedback.push(`${text}: ${one}`);
	return text;
}

/** Everything in the body of an item that takers can read. */
export function bodyTexts(body: XmlElement, told: Told): BodyTexts {
	const plain = new PlainText(told.losses);
	const hints: string[] = [];
	let hasBlank = false;
	walk(body, plain, told, (element) => {
		const { name, attributes } = element;
		if (INLINE_INTERACTIONS.has(name)) {
			plain.text(BLANK);
			hasBlank = true;
		} else if (isInteraction(name)) promptOf(element, plain, told);
		else if (name === "qti-rubric-block" && isForCandidates(element) && attributes.get("class") === HINT_CLASS) {
			hints.push(textIn(element, told));
		} else return false;
		return true;
	});
	const question = plain.toString();
	return { question: hasBlank ? withoutLastBlank(question) : question, hints };
}

/** Whether candidates are to read a rubric while they answer; one that does not say so is for others. */
function isForCandidates({ attributes }: XmlElement): boolean {
	const views = (attributes.get("view") ?? "").split(/\s+/);
	return views.includes("candidate") && !/scor|rationale|solution|feedback/i.test(attributes.get("use") ?? "");
}

function promptOf(interaction: XmlElement, plain: PlainText, told: Told): void {
	plain.newLine();
	for (const child of childrenOf(interaction)) if (child.name === "qti-prompt") walk(child, plain, told, () => false);
	plain.newLine();
}

/** A blank on a line of its own at the end is where the response goes, not a part of the question. */
function withoutLastBlank(text: string): string {
	const end = `\n${BLANK}`;
	return text.endsWith(end) ? text.slice(0, -end.length).trim() : text;
}

/** @param takes elements that are not to be walked into */
function walk(element: XmlElement, plain: PlainText, told: Told, takes: (element: XmlElement) => boolean): void {
	for (const child of element.children) {
		if (typeof child === "string") plain.text(child);
		else if (child.name === "math" && !holdsQti(child)) {
			plain.text(` ${textOfMath(child)} `);
			told.losses.add(FORMULA_LOST);
		} else if (takesPicture(child, told)) plain.text(" ");
		else if (!takes(child) && !isHidden(child.name) && isShown(child, told)) {
			const tag = child.name.startsWith("qti-") ? "div" : child.name.toLowerCase();
			plain.open(tag);
			plain.text(child.attributes.get("alt") ?? "");
			walk(child, plain, told, takes);
			if (tag !== "br") plain.close(tag);
		}
	}
}

function takesPicture({ name, attributes }: XmlElement, { picture }: Told): boolean {
	if (name === "img") return picture?.(attributes.get("src") ?? "", attributes.get("alt") ?? "") ?? false;
	const isImage = name === "object" && (attributes.get("type") ?? "").startsWith("image/");
	return isImage ? (picture?.(attributes.get("data") ?? "", "") ?? false) : false;
}

/** Whether a formula holds what is none, such as feedback. Its elements are then read one by one. */
const holdsQti = (formula: XmlElement) => [...elementsIn(formula)].some(({ name }) => name.startsWith("qti-"));

/** Whether takers see an element of QTI within a text. Feedback among it is put aside, other losses are said. */
function isShown(element: XmlElement, told: Told): boolean {
	const { name } = element;
	if (!name.startsWith("qti-")) return true;
	if (name === "qti-feedback-inline" || name === "qti-feedback-block") {
		told.feedback.push(textIn(element, told));
		return false;
	}
	if (name === "qti-rubric-block" && !isForCandidates(element)) {
		told.losses.add("A rubric that is not for candidates was left out.");
		return false;
	}
	if (isStimulus(name)) {
		told.losses.add(STIMULUS_LOST);
		return false;
	}
	if (FOR_CANDIDATES.has(name)) return true;
	if (NO_TEXT.has(name)) return false;
	told.losses.add(`What stands in ${name.slice(0, 60)} was left out.`);
	return false;
}
