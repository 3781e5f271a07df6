import type { Question, QuestionOf } from "../quizzes/questions.ts";
import type { QuizContent } from "../quizzes/quiz.ts";
import { productOf } from "./decimals.ts";
import { categoryPath } from "./moodle-category.ts";
import type { WrittenImage } from "./qti-write.ts";
import { Losses, Skip } from "./report.ts";
import { xmlComment, xmlEscaped } from "./xml.ts";

/** A quiz in Moodle's XML. Subjects are categories; what Moodle cannot say stands in comments before the question that loses it. */
export function writeMoodleXml(
	{ title, subjects }: QuizContent,
	images: ReadonlyMap<string, WrittenImage> = new Map(),
): string {
	const parts = subjects.flatMap(({ name, questions }) => [
		`<question type="category"><category><text>$course$/top/${xmlEscaped(categoryPath(name))}</text></category></question>`,
		...questions.map((question) => written(question, images)),
	]);
	return `<?xml version="1.0" encoding="UTF-8"?>\n<quiz>\n${xmlComment(`${title}. ${HEAD}`)}\n${parts.join("\n")}\n</quiz>\n`;
}

const HEAD =
	"Moodle has no place for a quiz's description, tags, difficulty, pass percentage, settings and thumbnail among its questions. What else it cannot say is named before each question.";

function written(question: Question, images: ReadonlyMap<string, WrittenImage>): string {
	const { id, marks, hint, image, explanation } = question;
	const losses = new Losses();
	if (hint !== undefined) losses.add("Moodle has no hints before an answer.");
	const picture = image && images.get(image.media);
	if (image && !picture) losses.add(`Its image is not in this file. It shows: ${image.alt}`);
	try {
		const { type, body } = bodyOf(question, losses);
		const comments = losses.reasons.map((reason) => `${xmlComment(`degraded: ${id}: ${reason}`)}\n`).join("");
		const asked = picture
			? withPicture(question.question, image.alt, picture)
			: text("questiontext", question.question);
		const told = explanation === undefined ? "" : text("generalfeedback", explanation);
		return `${comments}<question type="${type}">${name(id)}${asked}${told}<defaultgrade>${marks}</defaultgrade><penalty>0</penalty><hidden>0</hidden><idnumber>${id}</idnumber>${body}</question>`;
	} catch (error) {
		if (error instanceof Skip) return xmlComment(`skipped: ${id}: ${error.message}`);
		throw error;
	}
}

const name = (id: string) => `<name><text>${id}</text></name>`;

/** Plain, so that nothing in it is taken for markup. */
const text = (tag: string, content: string) =>
	`<${tag} format="plain_text"><text>${xmlEscaped(content)}</text></${tag}>`;

function withPicture(question: string, alt: string, { name: file, base64 }: WrittenImage): string {
	const lines = question.split(/\r\n|\r|\n/).map(xmlEscaped);
	const html = `<p>${lines.join("<br>")}</p><p><img src="@@PLUGINFILE@@/${file}" alt="${xmlEscaped(alt)}"></p>`;
	return `<questiontext format="html"><text>${xmlEscaped(html)}</text><file name="${file}" path="/" encoding="base64">${base64}</file></questiontext>`;
}

const answer = (fraction: number, content: string, more = "") =>
	`<answer fraction="${Number(fraction.toFixed(5))}" format="plain_text"><text>${xmlEscaped(content)}</text>${more}</answer>`;

interface Body {
	type: string;
	body: string;
}

function bodyOf(question: Question, losses: Losses): Body {
	switch (question.type) {
		case undefined:
		case "single_choice":
			return choice(
				question.options,
				(index) => (index === question.correctAnswer ? 100 : 0),
				true,
				question.option_feedback,
			);
		case "multiple_choice":
			return multipleChoice(question, losses);
		case "true_false":
			return {
				type: "truefalse",
				body: answer(question.correct ? 100 : 0, "true") + answer(question.correct ? 0 : 100, "false"),
			};
		case "numeric":
			return {
				type: "numerical",
				body: [question, ...(question.also ?? [])].map((one) => number(one, losses)).join(""),
			};
		case "short_text":
			return shortText(question, losses);
		case "ordering":
			return {
				type: "ordering",
				body: `<layouttype>0</layouttype><selecttype>0</selecttype><selectcount>0</selectcount><gradingtype>1</gradingtype><showgrading>1</showgrading>${question.correct_order.map((index, place) => answer(place + 1, question.items[index] ?? "")).join("")}`,
			};
		case "matching":
			return matching(question);
	}
}

function choice(
	options: readonly string[],
	fractionOf: (index: number) => number,
	isSingle: boolean,
	feedback: readonly string[] = [],
): Body {
	const answers = options.map((option, index) => {
		const told = feedback[index] ?? "";
		return answer(fractionOf(index), option, told === "" ? "" : text("feedback", told));
	});
	return {
		type: "multichoice",
		body: `<single>${isSingle}</single><shuffleanswers>false</shuffleanswers><answernumbering>abc</answernumbering>${answers.join("")}`,
	};
}

function multipleChoice(
	{ options, correct_answers, scoring, option_feedback }: QuestionOf<"multiple_choice">,
	losses: Losses,
): Body {
	const share = 100 / correct_answers.length;
	const isPartial = scoring === "partial";
	if (!isPartial && correct_answers.length > 1)
		losses.add("Moodle has no all or nothing: a part of the right options counts there.");
	const wrong = isPartial ? -share : -100;
	return choice(options, (index) => (correct_answers.includes(index) ? share : wrong), false, option_feedback);
}

function number(
	{ correct, tolerance = "0", tolerance_kind }: Pick<QuestionOf<"numeric">, "correct" | "tolerance" | "tolerance_kind">,
	losses: Losses,
): string {
	const absolute = tolerance_kind === "relative" ? productOf(correct, tolerance) : tolerance;
	if (absolute === null) throw new Skip("Its tolerance has too many digits as an absolute one.");
	if (tolerance_kind === "relative")
		losses.add(`Moodle's tolerances are absolute; ${tolerance} of the number is ${absolute}.`);
	return answer(100, correct, `<tolerance>${absolute}</tolerance>`);
}

function shortText(
	{ accepted, case_sensitive, accent_sensitive, whitespace_sensitive, wildcards }: QuestionOf<"short_text">,
	losses: Losses,
): Body {
	if (!accent_sensitive) losses.add("Accents matter in Moodle.");
	if (whitespace_sensitive) losses.add("Moodle cannot say that white space matters.");
	const answers = accepted.map((one) => answer(100, wildcards ? one : one.replaceAll("*", "\\*")));
	return { type: "shortanswer", body: `<usecase>${case_sensitive ? 1 : 0}</usecase>${answers.join("")}` };
}

function matching({ prompts, choices, correct_matches }: QuestionOf<"matching">): Body {
	const pair = (prompt: string, match: string) =>
		`<subquestion format="plain_text"><text>${xmlEscaped(prompt)}</text><answer><text>${xmlEscaped(match)}</text></answer></subquestion>`;
	const pairs = prompts.map((prompt, index) => pair(prompt, choices[correct_matches[index] ?? 0] ?? ""));
	const others = choices.filter((_, index) => !correct_matches.includes(index)).map((one) => pair("", one));
	return { type: "matching", body: `<shuffleanswers>true</shuffleanswers>${[...pairs, ...others].join("")}` };
}
