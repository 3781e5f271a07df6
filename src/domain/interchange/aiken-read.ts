import { INTERCHANGE_ANSWERS_MAX, INTERCHANGE_QUESTIONS_MAX } from "./limits.ts";
import { neededTexts, notRead, type Reading, type ReadQuestion, type ReadSection, Skip } from "./report.ts";

/**
 * Aiken (docs.moodle.org, "Aiken format"): a question, its options with a letter each, and `ANSWER: B`. A question may stand on
 * several lines here. Takes time linear in the text and never throws.
 */

const OPTION = /^([A-Z])[.)]\s(.{0,5000})$/;
const ANSWER = /^ANSWER\s{0,5}:\s{0,5}(.{0,200})$/;

export const looksLikeAiken = (text: string): boolean =>
	/^ANSWER\s{0,5}:\s{0,5}[A-Z]/m.test(text) && /^[A-Z][.)]\s/m.test(text);

interface Open {
	line: number;
	asked: string[];
	options: { letter: string; text: string }[];
}

export function readAiken(text: string): Reading<ReadSection[]> {
	const questions: ReadQuestion[] = [];
	let open: Open | null = null;
	let number = 0;
	for (const raw of text.split(/\r\n|\r|\n/)) {
		number++;
		const line = raw.trim();
		if (line === "") continue;
		const answer = ANSWER.exec(line);
		if (answer) {
			questions.push(questionOf(open ?? { line: number, asked: [], options: [] }, (answer[1] ?? "").trim()));
			open = null;
		} else {
			open ??= { line: number, asked: [], options: [] };
			const [, letter = "", option] = OPTION.exec(line) ?? [];
			if (option !== undefined) open.options.push({ letter, text: option.trim() });
			else if (open.options.length === 0) open.asked.push(line);
			// A line after an option goes on with it.
			else
				open.options.splice(-1, 1, {
					...(open.options.at(-1) ?? { letter: "", text: "" }),
					text: `${open.options.at(-1)?.text} ${line}`,
				});
		}
		if (questions.length > INTERCHANGE_QUESTIONS_MAX) {
			return {
				ok: false,
				faults: [
					{ line: number, detail: `An import has at most ${INTERCHANGE_QUESTIONS_MAX} questions; cut the file.` },
				],
			};
		}
	}
	if (open) questions.push(notRead(`line ${open.line}`, "It has no line that says `ANSWER:`."));
	return { ok: true, value: [{ name: null, questions }] };
}

function questionOf({ line, asked, options }: Open, answer: string): ReadQuestion {
	const place = `line ${line}`;
	try {
		if (asked.length === 0) throw new Skip("It asks nothing.");
		if (options.length > INTERCHANGE_ANSWERS_MAX) throw new Skip(`More than ${INTERCHANGE_ANSWERS_MAX} answers.`);
		if (new Set(options.map(({ letter }) => letter)).size < options.length)
			throw new Skip("Two of its options have the same letter.");
		const letters = [...new Set(answer.replace(/[.)]$/, "").split(/[\s,;]+/))];
		const right = letters.map((letter) => options.findIndex((option) => option.letter === letter));
		const [correctAnswer = -1, ...more] = right;
		if (right.includes(-1)) throw new Skip("Its answer is none of its options.");
		if (more.length > 0)
			throw new Skip("It has several answers, and does not say whether one or all of them are to be chosen.");
		const texts = neededTexts(options.map(({ text }) => text));
		return {
			place,
			name: null,
			ids: [],
			question: { question: asked.join("\n"), options: texts, correctAnswer },
			reasons: [],
		};
	} catch (error) {
		if (error instanceof Skip) return notRead(place, error.message);
		throw error;
	}
}
