import type { Question, QuestionOf } from "../quizzes/questions.ts";
import type { QuizContent } from "../quizzes/quiz.ts";
import { productOf } from "./decimals.ts";
import { escaped, looksFormatted } from "./gift-text.ts";
import { categoryPath } from "./moodle-category.ts";
import { Losses, Skip, type WrittenQuestion } from "./report.ts";

const HEAD =
	"GIFT has no place for a quiz's description, tags, difficulty, pass percentage, settings and thumbnail. What else it cannot say";

/**
 * A quiz in Moodle's GIFT format. Subjects are categories, ids are titles. What GIFT cannot say stands in comments before
 * the question that loses it.
 */
export function writeGift({ title, subjects }: QuizContent): string {
	const blocks = [comment(title), comment(`${HEAD} is named before each question.`), ""];
	for (const { name, questions } of subjects) {
		blocks.push(`$CATEGORY: $course$/top/${categoryPath(name)}`, "");
		for (const question of questions) {
			const { id, text, reasons } = written(question);
			const status = text === null ? "skipped" : "degraded";
			blocks.push(...reasons.map((reason) => comment(`${status}: ${id}: ${reason}`)));
			blocks.push(...(text === null ? [] : [text]), "");
		}
	}
	return `${blocks.join("\n")}\n`;
}

const oneLine = (text: string) => text.replace(/\s+/g, " ").trim();
const comment = (text: string) => `// ${oneLine(text)}`;

function written(question: Question): WrittenQuestion {
	const losses = new Losses();
	const { id, marks, hint, image, explanation } = question;
	if (marks !== 1) losses.add(`GIFT has no marks; it was worth ${marks}.`);
	if (hint !== undefined) losses.add("GIFT has no hints.");
	if (image) losses.add(`Its image is not in this file. It shows: ${image.alt}`);
	try {
		const answers = answersOf(question, losses);
		const told = explanation === undefined ? "" : `\n####${formatted(explanation)}`;
		const text = `::${id}::[plain]${escaped(question.question)} {${answers}${told}${answers.startsWith("\n") ? "\n" : ""}}`;
		return { id, text, reasons: losses.reasons };
	} catch (error) {
		if (error instanceof Skip) return { id, text: null, reasons: [error.message] };
		throw error;
	}
}

/**
 * A text where a format may stand before it; without one it has that of the question's text. One that begins with a percent sign
 * would be taken to begin with a weight.
 */
const formatted = (text: string) => `${looksFormatted(text) || text.startsWith("%") ? "[plain]" : ""}${escaped(text)}`;

function answersOf(question: Question, losses: Losses): string {
	switch (question.type) {
		case undefined:
		case "single_choice":
			return singleChoice(question);
		case "multiple_choice":
			return multipleChoice(question, losses);
		case "true_false":
			return question.correct ? "TRUE" : "FALSE";
		case "numeric":
			return numeric(question, losses);
		case "short_text":
			return shortText(question, losses);
		case "ordering":
			return ordering(question, losses);
		case "matching":
			return matching(question.prompts, question.choices, question.correct_matches, losses);
	}
}

/** Each on its line; no line is empty, which would end the question. */
const lines = (answers: readonly string[]) => `\n${answers.join("\n")}`;

/** What is said of an option stands behind it. */
const feedbackBehind = (text: string | undefined) => (text ? `#${formatted(text)}` : "");

function singleChoice({ options, correctAnswer, option_feedback }: QuestionOf<"single_choice">): string {
	return lines(
		options.map((text, index) => {
			return `${index === correctAnswer ? "=" : "~"}${formatted(text)}${feedbackBehind(option_feedback?.[index])}`;
		}),
	);
}

function multipleChoice(question: QuestionOf<"multiple_choice">, losses: Losses): string {
	const { options, correct_answers, scoring, option_feedback } = question;
	const share = Number((100 / correct_answers.length).toFixed(5));
	const isPartial = scoring === "partial";
	if (!isPartial && correct_answers.length > 1) {
		losses.add("GIFT has no all or nothing: a part of the right options counts there.");
	}
	return lines(
		options.map((text, index) => {
			const weight = correct_answers.includes(index) ? share : isPartial ? -share : -100;
			return `~%${weight}%${formatted(text)}${feedbackBehind(option_feedback?.[index])}`;
		}),
	);
}

function numeric(question: QuestionOf<"numeric">, losses: Losses): string {
	const [only, ...more] = [question, ...(question.also ?? [])].map((one) => rightNumber(one, losses));
	return more.length === 0 ? `#${only}` : `#${[only, ...more].map((one) => `=${one}`).join(" ")}`;
}

type RightNumber = Pick<QuestionOf<"numeric">, "correct" | "tolerance" | "tolerance_kind">;

function rightNumber({ correct, tolerance = "0", tolerance_kind }: RightNumber, losses: Losses): string {
	if (tolerance === "0") return correct;
	if (tolerance_kind !== "relative") return `${correct}:${tolerance}`;
	const absolute = productOf(correct, tolerance);
	if (absolute === null) throw new Skip("Its tolerance has too many digits as an absolute one.");
	losses.add(`GIFT has no relative tolerances; ${tolerance} of the number is ${absolute}.`);
	return `${correct}:${absolute}`;
}

function shortText(question: QuestionOf<"short_text">, losses: Losses): string {
	const { accepted, case_sensitive, accent_sensitive, whitespace_sensitive, wildcards } = question;
	if (case_sensitive || whitespace_sensitive) losses.add("GIFT cannot say that case or white space matter.");
	if (!accent_sensitive) losses.add("Accents matter in GIFT.");
	// Moodle takes an asterisk for any text, unless it is escaped.
	return lines(
		accepted.map((text) => {
			// Both write patterns the same way: a backslash before an asterisk that stands for itself.
			const pattern = wildcards ? text : text.replaceAll("*", ASTERISK);
			return `=${withoutArrow(pattern, losses).replaceAll(ASTERISK, "\\*")}`;
		}),
	);
}

/** In place of an escaped asterisk while the rest is escaped. */
const ASTERISK = "\ue000";

/** `->` marks pairs, and GIFT has no escape for it. */
function withoutArrow(text: string, losses: Losses): string {
	if (!text.includes("->")) return formatted(text);
	losses.add("`->` marks pairs in GIFT; it was replaced by an arrow.");
	return formatted(text.replaceAll("->", "→"));
}

function matching(prompts: string[], choices: string[], matches: readonly number[], losses: Losses): string {
	const choice = (index: number) => withoutArrow(choices[index] ?? "", losses);
	const pairs = prompts.map((prompt, index) => {
		return `=${withoutArrow(prompt, losses)} -> ${choice(matches[index] ?? 0)}`;
	});
	const others = choices.flatMap((_, index) => (matches.includes(index) ? [] : [`= -> ${choice(index)}`]));
	return lines([...pairs, ...others]);
}

function ordering({ items, correct_order }: QuestionOf<"ordering">, losses: Losses): string {
	losses.add("GIFT has no ordering: items are matched with their places.");
	const places = items.map((_, index) => String(index + 1));
	// The item that is right for the first place is matched with 1, and so on.
	const matches = items.map((_, index) => correct_order.indexOf(index));
	return matching(items, places, matches, losses);
}
