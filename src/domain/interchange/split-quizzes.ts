import { utf8Bytes } from "../canonical.ts";
import { QUIZ_CONTENT_BYTES_MAX, QUIZ_QUESTIONS_MAX, QUIZ_TITLE_CHARS_MAX } from "../quizzes/limits.ts";
import type { ReadQuestion, ReadQuiz, ReadSection } from "./report.ts";

/** What is left of a quiz's size for its own texts, and for defaults that are written into it. */
const ROOM_BYTES = 50_000;

/** What a question takes at most: its texts, and a little for the names of its fields. */
const bytesOf = ({ question }: ReadQuestion): number =>
	question === null ? 0 : utf8Bytes(JSON.stringify(question)) + 100;

/**
 * A source may hold more questions than a quiz: it then becomes several, in order, of as many questions as each can have. Questions
 * that were skipped stay where they stood.
 */
export function splitQuiz<Q extends ReadQuiz & { title: string }>(quiz: Q): Q[] {
	const parts: ReadSection[][] = [[]];
	let count = 0;
	let bytes = 0;
	for (const section of quiz.sections) {
		let open: ReadSection | null = null;
		for (const read of section.questions) {
			const size = bytesOf(read);
			const isFull = count >= QUIZ_QUESTIONS_MAX || (count > 0 && bytes + size > QUIZ_CONTENT_BYTES_MAX - ROOM_BYTES);
			if (read.question !== null && isFull) {
				parts.push([]);
				[open, count, bytes] = [null, 0, 0];
			}
			if (open === null) {
				open = { name: section.name, questions: [] };
				parts.at(-1)?.push(open);
			}
			open.questions.push(read);
			if (read.question !== null) [count, bytes] = [count + 1, bytes + size];
		}
	}
	if (parts.length === 1) return [quiz];
	return parts.map((sections, index) => ({ ...quiz, title: numbered(quiz.title, index + 1, parts.length), sections }));
}

function numbered(title: string, number: number, of: number): string {
	const end = ` (${number} of ${of})`;
	return `${title
		.slice(0, QUIZ_TITLE_CHARS_MAX - end.length)
		.toWellFormed()
		.trim()}${end}`;
}
