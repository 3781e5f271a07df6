import type { Question } from "../quizzes/questions.ts";
import type { QuizContent } from "../quizzes/quiz.ts";
import { laidOut } from "./plain-text.ts";
import { EXPLANATION, ID_PREFIX } from "./qti-item.ts";
import { HINT_CLASS } from "./qti-text.ts";
import { type WrittenKey, writtenKeyOf } from "./qti-write-keys.ts";
import { Losses } from "./report.ts";
import { linesOf, xmlComment, xmlEscaped, xmlText } from "./xml.ts";

const NAMESPACE = "http://www.imsglobal.org/xsd/imsqtiasi_v3p0";

const HEAD = `What is in here is QTI 3.0: one test, whose sections are the subjects, and its items. Each can stand in a file of
its own, named after its identifier. QTI has no place for a quiz's description, tags, difficulty, pass percentage, settings and
thumbnail.`;

/**
 * A quiz as QTI 3.0 within one document. What QTI cannot say stands in comments before the item that loses it.
 */
export function writeQti(content: QuizContent): string {
	const items = content.subjects.flatMap(({ questions }) => questions.map((question) => itemOf(question, null)));
	return `<?xml version="1.0" encoding="UTF-8"?>
<marksheet-export>
<!-- ${HEAD} -->
${testOf(content, "")}
${items.join("\n")}
</marksheet-export>
`;
}

const DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n';

/** An image as it goes into a file. */
export interface WrittenImage {
	/** Of its file. */
	name: string;
	bytes: Uint8Array;
	base64: string;
}

/** The test as a document of its own, whose items stand in a folder beside it. */
export const testDocument = (content: QuizContent): string => `${DECLARATION}${testOf(content, "items/")}\n`;

/** Each item as a document of its own, with the names of its images. */
export const itemDocuments = (content: QuizContent, images: ReadonlyMap<string, WrittenImage>) =>
	content.subjects.flatMap(({ questions }) =>
		questions.map((question) => {
			const image = question.image && images.get(question.image.media);
			const xml = `${DECLARATION}${itemOf(question, image ?? null)}\n`;
			return { identifier: identifierOf(question), xml, images: image ? [image.name] : [] };
		}),
	);

const identifierOf = ({ id }: Question) => `${ID_PREFIX}${id}`;

function testOf({ title, subjects }: QuizContent, folder: string): string {
	const sections = subjects.map(({ name, questions }, index) => {
		const references = questions.map((question) => {
			const identifier = identifierOf(question);
			return `      <qti-assessment-item-ref identifier="${identifier}" href="${folder}${identifier}.xml"/>`;
		});
		return `    <qti-assessment-section identifier="section-${index + 1}" title="${xmlEscaped(name)}" visible="true">
${references.join("\n")}
    </qti-assessment-section>`;
	});
	return `<qti-assessment-test xmlns="${NAMESPACE}" identifier="test" title="${xmlEscaped(title)}">
  <qti-test-part identifier="part" navigation-mode="nonlinear" submission-mode="simultaneous">
${sections.join("\n")}
  </qti-test-part>
</qti-assessment-test>`;
}

const TITLE_CHARS_MAX = 80;

function itemOf(question: Question, image: WrittenImage | null): string {
	const losses = new Losses();
	const key = writtenKeyOf(question, losses);
	if (question.image && !image) losses.add(`Its image is not in this file. It shows: ${question.image.alt}`);
	if ("option_feedback" in question && question.option_feedback)
		losses.add("What is said of single options is not in this file.");
	if ([...textsOf(question)].some((text) => xmlText(text) !== text)) {
		losses.add("Control characters, which XML cannot hold, were replaced.");
	}
	if ([...textsOf(question)].some((text) => laidOut(text) !== text)) {
		losses.add("White space is not kept as it is: runs of it become one space.");
	}
	const identifier = identifierOf(question);
	const title = question.question.replace(/\s+/g, " ").slice(0, TITLE_CHARS_MAX).toWellFormed();
	const reasons = losses.reasons.map((reason) => `${xmlComment(`degraded: ${question.id}: ${reason}`)}\n`);
	return `${reasons.join("")}<qti-assessment-item xmlns="${NAMESPACE}" identifier="${identifier}" title="${xmlEscaped(title)}" adaptive="false" time-dependent="false">
${key.declaration}
  <qti-outcome-declaration identifier="SCORE" cardinality="single" base-type="float" normal-maximum="${question.marks}"/>
${explanationOutcome(question)}${bodyOf(question, key, image)}
${key.processing}
${explanationOf(question)}</qti-assessment-item>`;
}

function* textsOf(value: unknown): Generator<string> {
	if (typeof value === "string") yield value;
	else if (typeof value === "object" && value !== null) for (const part of Object.values(value)) yield* textsOf(part);
}

function bodyOf(
	{ question, hint, image: shown }: Question,
	{ interaction }: WrittenKey,
	image: WrittenImage | null,
): string {
	const picture = image
		? `\n    <p><img src="../images/${image.name}" alt="${xmlEscaped(shown?.alt ?? "")}"/></p>`
		: "";
	const rubric = `\n    <qti-rubric-block use="instructions" view="candidate" class="${HINT_CLASS}"><qti-content-body><p>${linesOf(hint ?? "")}</p></qti-content-body></qti-rubric-block>`;
	return `  <qti-item-body>${hint === undefined ? "" : rubric}
    <p>${linesOf(question)}</p>${picture}
    ${interaction}
  </qti-item-body>`;
}

/** The feedback is shown by an outcome that has its value from the beginning; when is for the system that shows it. */
const explanationOutcome = ({ explanation }: Question) =>
	explanation === undefined
		? ""
		: `  <qti-outcome-declaration identifier="FEEDBACK" cardinality="single" base-type="identifier"><qti-default-value><qti-value>${EXPLANATION}</qti-value></qti-default-value></qti-outcome-declaration>\n`;

const explanationOf = ({ explanation }: Question) =>
	explanation === undefined
		? ""
		: `  <qti-modal-feedback outcome-identifier="FEEDBACK" identifier="${EXPLANATION}" show-hide="show"><qti-content-body><p>${linesOf(explanation)}</p></qti-content-body></qti-modal-feedback>\n`;
