import { arrangement } from "./arrangement.ts";
import { numberIn } from "./decimals.ts";
import { INTERCHANGE_ANSWERS_MAX, INTERCHANGE_QUESTIONS_MAX } from "./limits.ts";
import { marksOfParts } from "./marks.ts";
import { numbersOf, type Pair, pairsOf, type TypedAnswer, textsOf } from "./moodle-answers.ts";
import { categoryName } from "./moodle-category.ts";
import { resolved } from "./paths.ts";
import { type ImageShelf, PictureTaker } from "./pictures.ts";
import { hasHtml, textOfHtml } from "./plain-text.ts";
import {
	explanationOf,
	Losses,
	neededTexts,
	notRead,
	optionFeedback,
	type QuestionDraft,
	type Reading,
	type ReadQuestion,
	type ReadSection,
	Skip,
	tagsLost,
} from "./report.ts";
import { choiceOf, isFull, marksIn } from "./weights.ts";
import { childrenOf, firstNamed, named, rawText, readXmlChildren, saysTrue, type XmlElement } from "./xml.ts";

/** Moodle's own XML (docs.moodle.org, "Moodle XML format"). Takes time linear in the text and never throws. */
export function readMoodleXml(text: string, shelf?: ImageShelf): Reading<ReadSection[]> {
	const sections: ReadSection[] = [{ name: null, questions: [] }];
	let questions = 0;
	for (const reading of readXmlChildren(text)) {
		if (!reading.ok) return reading;
		const element = reading.value;
		if (element.name !== "question") continue;
		if (element.attributes.get("type") === "category") {
			const category = firstNamed(element, "category");
			sections.push({ name: category && categoryName(rawText(category).trim()), questions: [] });
			continue;
		}
		if (++questions > INTERCHANGE_QUESTIONS_MAX) {
			const detail = `An import has at most ${INTERCHANGE_QUESTIONS_MAX} questions; cut the file.`;
			return { ok: false, faults: [{ line: 1, detail }] };
		}
		sections.at(-1)?.questions.push(readQuestion(element, `question ${questions}`, shelf));
	}
	return { ok: true, value: sections };
}

const child = (element: XmlElement, name: string) => childrenOf(element).find((one) => one.name === name);
const childrenNamed = (element: XmlElement, name: string) => childrenOf(element).filter((one) => one.name === name);

/** The text of an element that holds it in one of its own, or by itself. */
function written(element: XmlElement | undefined): string {
	if (!element) return "";
	return rawText(child(element, "text") ?? element).trim();
}

function readQuestion(element: XmlElement, place: string, shelf: ImageShelf | undefined): ReadQuestion {
	const name = written(child(element, "name")) || null;
	const ids = [written(child(element, "idnumber")), name ?? ""].filter((id) => id !== "");
	const losses = new Losses();
	try {
		const question = questionOf(element, losses, shelf);
		return { place, name, ids, question, reasons: losses.reasons };
	} catch (error) {
		if (error instanceof Skip) return notRead(place, error.message, name);
		throw error;
	}
}

type Without<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never;
interface Source {
	element: XmlElement;
	grade: number;
	losses: Losses;
	/** Feedback of single answers. */
	feedback: string[];
}
type Answers = Without<QuestionDraft, "question">;

const READERS: ReadonlyMap<string, (source: Source) => Answers> = new Map([
	["multichoice", choice],
	["truefalse", trueFalse],
	["shortanswer", shortAnswer],
	["numerical", numerical],
	["matching", matching],
	["match", matching],
	["ddmatch", matching],
	["ordering", ordering],
]);

const SKIPPED: ReadonlyMap<string, string> = new Map([
	["essay", "An essay: no answer can be scored."],
	["description", "It asks nothing: a description."],
	["cloze", "Embedded answers (Cloze): it has several questions in one text."],
	["multianswer", "Embedded answers (Cloze): it has several questions in one text."],
	["random", "A question that is drawn by chance."],
	["calculated", "A calculated question: its numbers are made anew for each taker."],
	["calculatedsimple", "A calculated question: its numbers are made anew for each taker."],
	["calculatedmulti", "A calculated question: its numbers are made anew for each taker."],
]);

const HINTS = "Hints of several tries were put into the explanation, since they help with the answer.";

function questionOf(element: XmlElement, losses: Losses, shelf: ImageShelf | undefined): QuestionDraft {
	const type = element.attributes.get("type") ?? "";
	const reader = READERS.get(type);
	if (!reader) throw new Skip(SKIPPED.get(type) ?? `No type of question is like ${type.slice(0, 60)}.`);
	const body = child(element, "questiontext");
	const pictures = shelf && new PictureTaker(shelf, (source) => fileIn(body, source), losses);
	const question = textOf(body, losses, pictures);
	const feedback: string[] = [];
	const answers = reader({ element, grade: gradeOf(element), losses, feedback });
	const general = ["generalfeedback", "correctfeedback", "partiallycorrectfeedback", "incorrectfeedback"].map((name) =>
		textOf(child(element, name), losses),
	);
	const [always = "", ...combined] = general;
	if (combined.some((text) => text !== "")) losses.add(FOLDED);
	const hints = childrenNamed(element, "hint").map((hint) => textOf(hint, losses));
	if (hints.some((text) => text !== "")) losses.add(HINTS);
	const tags = [...named(element, "tag")].map((tag) => written(tag)).filter((tag) => tag !== "");
	if (tags.length > 0) losses.add(tagsLost(tags));
	return {
		...answers,
		question,
		...pictures?.image,
		...explanationOf([always, ...feedback, ...combined, ...hints], losses),
	};
}

const FOLDED = "Feedback of single answers was put into the explanation.";

function gradeOf(element: XmlElement): number {
	const text = written(child(element, "defaultgrade"));
	const grade = text === "" ? 1 : Number(text);
	if (!Number.isFinite(grade) || grade <= 0) throw new Skip("It is worth nothing.");
	return grade;
}

/** A text in its format: Moodle's own is HTML that need not be. */
function textOf(element: XmlElement | undefined, losses: Losses, pictures?: PictureTaker): string {
	if (!element) return "";
	const text = written(element);
	const picture = pictures && ((source: string, alt: string) => pictures.take(source, alt));
	switch (element.attributes.get("format")) {
		case "plain_text":
			return text;
		case "markdown":
			if (/[*_`#[\]!]/.test(text)) losses.add("Markdown is shown as it is written.");
			return text;
		case "html":
			return textOfHtml(text, losses, { picture });
		default:
			return hasHtml(text) ? textOfHtml(text, losses, { mixed: true, picture }) : text;
	}
}

const FILE = "@@PLUGINFILE@@/";

/** A file that stands within the text that shows it, in base 64. */
function fileIn(body: XmlElement | undefined, source: string): Uint8Array | null {
	if (!body || !source.startsWith(FILE)) return null;
	const wanted = resolved("", source.slice(FILE.length));
	const file = childrenNamed(body, "file").find(({ attributes }) => {
		return resolved("", `${attributes.get("path") ?? "/"}${attributes.get("name") ?? ""}`) === wanted;
	});
	if (file?.attributes.get("encoding") !== "base64") return null;
	return new Uint8Array(Buffer.from(rawText(file), "base64"));
}

interface Answer extends TypedAnswer {
	weight: number;
	element: XmlElement;
}

function answersIn({ element }: Source, textIn: (answer: XmlElement) => string): Answer[] {
	const answers = childrenNamed(element, "answer");
	if (answers.length > INTERCHANGE_ANSWERS_MAX) throw new Skip(`More than ${INTERCHANGE_ANSWERS_MAX} answers.`);
	return answers.map((answer) => {
		const weight = Number((answer.attributes.get("fraction") ?? "0").replace(",", "."));
		if (!Number.isFinite(weight)) throw new Skip("The weight of an answer cannot be read.");
		return { element: answer, weight, text: textIn(answer) };
	});
}

function tell({ feedback, losses }: Source, of: string, answer: XmlElement): void {
	const text = textOf(child(answer, "feedback"), losses);
	if (text === "") return;
	losses.add(FOLDED);
	feedback.push(of === "" ? text : `${of}: ${text}`);
}

function choice(source: Source): Answers {
	const { element, losses, grade } = source;
	const answers = answersIn(source, (answer) => textOf(answer, losses));
	const options = neededTexts(answers.map(({ text }) => text));
	const told = answers.map((answer) => textOf(child(answer.element, "feedback"), losses));
	const { feedback, ...shown } = optionFeedback(options, told, losses);
	source.feedback.push(...feedback);
	const isSingle = saysTrue(written(child(element, "single")) || "true");
	if (isSingle && !answers.some(({ weight }) => isFull(weight))) throw new Skip("No option is wholly right.");
	const weighted = answers.map(({ weight }) => ({ marked: isSingle && isFull(weight), weight }));
	return { ...choiceOf(weighted, losses, grade), options, ...shown };
}

function trueFalse(source: Source): Answers {
	const answers = answersIn(source, (answer) => written(answer).toLowerCase());
	for (const answer of answers) tell(source, answer.text === "true" ? "True" : "False", answer.element);
	const right = answers.filter(({ weight }) => isFull(weight)).map(({ text }) => text);
	const [only] = right;
	if (right.length !== 1 || (only !== "true" && only !== "false"))
		throw new Skip("It does not say whether it is true.");
	if (answers.some(({ weight }) => weight !== 0 && !isFull(weight)))
		source.losses.add("The wrong answer earns nothing here.");
	return { type: "true_false", correct: only === "true", ...marksIn(source.grade, source.losses) };
}

function shortAnswer(source: Source): Answers {
	const { element, losses, grade } = source;
	const answers = answersIn(source, (answer) => written(answer));
	for (const { text, element: answer } of answers)
		tell(source, text === "*" ? "" : text.replaceAll("\\*", "*"), answer);
	return textsOf(answers, losses, { grade, case_sensitive: saysTrue(written(child(element, "usecase"))) });
}

function numerical(source: Source): Answers {
	const { element, losses, grade } = source;
	const answers = answersIn(source, (answer) => written(answer));
	for (const { text, element: answer } of answers) tell(source, text === "*" ? "" : text, answer);
	unitsOf(element, losses);
	return numbersOf(
		answers,
		({ text, element: answer }) => {
			const correct = numberIn(text);
			const margin = written(child(answer, "tolerance")) || "0";
			const tolerance = numberIn(margin);
			if (correct === null || tolerance === null || tolerance.startsWith("-"))
				throw new Skip(`Not a number: ${text.slice(0, 50)}.`);
			return { correct, ...(tolerance !== "0" && { tolerance }) };
		},
		losses,
		grade,
	);
}

/** Moodle lets takers type a unit behind the number, or asks for it. Here the number stands alone. */
function unitsOf(element: XmlElement, losses: Losses): void {
	const names = [...named(element, "unit_name")].map((unit) => rawText(unit).trim()).filter((name) => name !== "");
	if (names.length === 0) return;
	const said = names.join(", ").slice(0, 100);
	const isGraded = !["", "0"].includes(written(child(element, "unitgradingtype")));
	losses.add(
		isGraded
			? `Its units were left out, and a number without one earns all of its marks here: ${said}.`
			: `Its units were left out; a number that is typed with one earns nothing here: ${said}.`,
	);
}

function matching(source: Source): Answers {
	const { element, losses, grade } = source;
	const subquestions = childrenNamed(element, "subquestion");
	if (subquestions.length > INTERCHANGE_ANSWERS_MAX) throw new Skip(`More than ${INTERCHANGE_ANSWERS_MAX} answers.`);
	const pairs = subquestions.map((one): Pair => {
		const prompt = textOf(one, losses);
		// What a prompt is matched with is plain text in Moodle. A prompt of which nothing is left, a picture say, is none that was empty.
		if (prompt === "" && written(one) !== "") neededTexts([prompt]);
		return { prompt, choice: written(child(one, "answer")) };
	});
	return pairsOf(pairs, grade, losses);
}

/** What earns a part in Moodle's ordering; only one of its ways is that of this model. */
const NEIGHBOURS = "1";

function ordering(source: Source): Answers {
	const { element, losses, grade } = source;
	const answers = answersIn(source, (answer) => textOf(answer, losses));
	const texts = neededTexts(answers.map(({ text }) => text));
	for (const answer of answers) tell(source, answer.text, answer.element);
	if (!["", "0", "ALL"].includes(written(child(element, "selecttype"))))
		losses.add("All of its items are shown here, and not some of them.");
	const way = written(child(element, "gradingtype"));
	if (way !== NEIGHBOURS && way !== "RELATIVE_NEXT_EXCLUDE_LAST")
		losses.add("Neighbours in the right order count here, and not places.");
	const shown = arrangement(texts);
	return {
		type: "ordering",
		items: shown.map((index) => texts[index] ?? ""),
		correct_order: texts.map((_, index) => shown.indexOf(index)),
		marks: marksOfParts(grade, Math.max(texts.length - 1, 1), losses),
	};
}
