import type { Question } from "../quizzes/questions.ts";
import type { QuizContent } from "../quizzes/quiz.ts";
import { laidOut } from "./plain-text.ts";
import { EXPLANATION, ID_PREFIX } from "./qti-item.ts";
import { HINT_CLASS } from "./qti-text.ts";
import { type WrittenKey, writtenKeyOf } from "./qti-write-keys.ts";
import { Losses } from "./report.ts";
import { linesOf, xmlEscaped, xmlText } from "./xml.ts";

const NAMESPACE = "http://www.imsglobal.org/xsd/imsqtiasi_v3p0";

const HEAD = `What is in here is QTI 3.0: one test, whose sections are the subjects, and its items. Each can stand in a file of
its own, named after its identifier. QTI has no place for a quiz's description, tags, difficulty, pass percentage, settings and
thumbnail.`;

/**
 * A quiz as QTI 3.0 within one document. What QTI cannot say stands in comments before the item that loses it.
 */
export function writeQti(content: QuizContent): string {
	const items = content.subjects.flatMap(({ questions }) => questions.map(itemOf));
	return `<?xml version="1.0" encoding="UTF-8"?>
<marksheet-export>
<!-- ${HEAD} -->
${testOf(content)}
${items.join("\n")}
</marksheet-export>
`;
}

/** Two hyphens would end a comment. */
const comment = (text: string) =>
	`<!-- ${xmlText(text)
		.replace(/-(?=-)/g, "- ")
		.replace(/-$/, "- ")} -->`;

const identifierOf = ({ id }: Question) => `${ID_PREFIX}${id}`;

function testOf({ title, subjects }: QuizContent): string {
	const sections = subjects.map(({ name, questions }, index) => {
		const references = questions.map((question) => {
			const identifier = identifierOf(question);
			return `      <qti-assessment-item-ref identifier="${identifier}" href="${identifier}.xml"/>`;
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

function itemOf(question: Question): string {
	const losses = new Losses();
	const key = writtenKeyOf(question, losses);
	if (question.image) losses.add(`Its image is not in this file. It shows: ${question.image.alt}`);
	if ([...textsOf(question)].some((text) => xmlText(text) !== text)) {
		losses.add("Control characters, which XML cannot hold, were replaced.");
	}
	if ([...textsOf(question)].some((text) => laidOut(text) !== text)) {
		losses.add("White space is not kept as it is: runs of it become one space.");
	}
	const identifier = identifierOf(question);
	const title = question.question.replace(/\s+/g, " ").slice(0, TITLE_CHARS_MAX).toWellFormed();
	const reasons = losses.reasons.map((reason) => `${comment(`degraded: ${question.id}: ${reason}`)}\n`);
	return `${reasons.join("")}<qti-assessment-item xmlns="${NAMESPACE}" identifier="${identifier}" title="${xmlEscaped(title)}" adaptive="false" time-dependent="false">
${key.declaration}
  <qti-outcome-declaration identifier="SCORE" cardinality="single" base-type="float" normal-maximum="${question.marks}"/>
${explanationOutcome(question)}${bodyOf(question, key)}
${key.processing}
${explanationOf(question)}</qti-assessment-item>`;
}

function* textsOf(value: unknown): Generator<string> {
	if (typeof value === "string") yield value;
	else if (typeof value === "object" && value !== null) for (const part of Object.values(value)) yield* textsOf(part);
}

function bodyOf({ question, hint }: Question, { interaction }: WrittenKey): string {
	const rubric = `\n    <qti-rubric-block use="instructions" view="candidate" class="${HINT_CLASS}"><qti-content-body><p>${linesOf(hint ?? "")}</p></qti-content-body></qti-rubric-block>`;
	return `  <qti-item-body>${hint === undefined ? "" : rubric}
    <p>${linesOf(question)}</p>
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
