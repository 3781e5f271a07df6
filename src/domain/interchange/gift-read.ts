import { answersOf } from "./gift-answers.ts";
import { type Block, blocksOf, bracesOf } from "./gift-blocks.ts";
import { formattedText, indexOfMark, marksIn, unescaped } from "./gift-text.ts";
import { INTERCHANGE_QUESTIONS_MAX } from "./limits.ts";
import { categoryName } from "./moodle-category.ts";
import {
	explanationOf,
	Losses,
	type Reading,
	type ReadQuestion,
	type ReadSection,
	Skip,
	type TextFault,
	tagsLost,
} from "./report.ts";

/** How GIFT shows the place of a missing word. */
const BLANK = "_____";

/**
 * Reads a text in Moodle's GIFT format. What is GIFT but no question of ours is skipped with its reason; braces that do not
 * match leave it open what the rest means, so they are faults. Takes time linear in the text and never throws.
 */
export function readGift(text: string): Reading<ReadSection[]> {
	const sections: ReadSection[] = [{ name: null, questions: [] }];
	const faults: TextFault[] = [];
	let questions = 0;
	for (const block of blocksOf(text)) {
		if (block.kind === "category") {
			sections.push({ name: categoryName(block.text), questions: [] });
			continue;
		}
		if (++questions > INTERCHANGE_QUESTIONS_MAX) {
			const detail = `A text has at most ${INTERCHANGE_QUESTIONS_MAX} questions; cut it.`;
			return { ok: false, faults: [{ line: block.line, detail }] };
		}
		const { groups, fault } = bracesOf(block);
		if (fault) faults.push(fault);
		else sections.at(-1)?.questions.push(readQuestion(block, groups));
	}
	return faults.length > 0 ? { ok: false, faults } : { ok: true, value: sections };
}

function readQuestion(block: Block, groups: { start: number; end: number }[]): ReadQuestion {
	const [first, ...more] = groups;
	const bodyAt = block.text.startsWith("::") ? indexOfMark(block.text, "::", 2) : -1;
	const title = bodyAt < 0 ? null : unescaped(block.text.slice(2, bodyAt)).trim() || null;
	const read = { place: `line ${block.line}`, name: title, ids: [title, block.id].filter((id) => id !== null) };
	const skipped = (reason: string): ReadQuestion => ({ ...read, question: null, reasons: [reason] });
	if (!first) return skipped("It asks nothing: a description.");
	if (more.length > 0) return skipped("It has more than one answer block.");
	if (bodyAt > first.start) return skipped("Its answer block begins within its title.");
	const losses = new Losses();
	if (block.tags.length > 0) losses.add(tagsLost(block.tags));
	const raw = block.text.slice(bodyAt < 0 ? 0 : bodyAt + 2, first.start);
	const after = block.text.slice(first.end + 1);
	try {
		const { text, format } = formattedText(after.trim() === "" ? raw : `${raw}${BLANK}${after}`, "moodle", losses);
		const [answers, general] = withGeneralFeedback(block.text.slice(first.start + 1, first.end));
		const { feedback, ...question } = answersOf(answers, format, losses);
		const told = [general === null ? "" : formattedText(general, format, losses).text, ...feedback];
		return {
			...read,
			question: { ...question, question: text, ...explanationOf(told, losses) },
			reasons: losses.reasons,
		};
	} catch (error) {
		if (error instanceof Skip) return skipped(error.message);
		throw error;
	}
}

/** The answers and what follows the last `####`, which is shown whatever was answered. */
function withGeneralFeedback(answers: string): [string, string | null] {
	let last = -1;
	for (const { at } of marksIn(answers, ["#"])) if (answers.startsWith("####", at)) last = at;
	return last < 0 ? [answers, null] : [answers.slice(0, last), answers.slice(last + 4)];
}
