import { INTERCHANGE_QUESTIONS_MAX } from "./limits.ts";
import { notRead, type Reading, type ReadQuestion, type ReadSection } from "./report.ts";

const ASKED = "A card became a question: its definition asks for its term.";

/** Quizlet's export: a card in each line, its term and its definition with a tab between. Takes time linear in the text. */
export function readQuizlet(text: string): Reading<ReadSection[]> {
	const lines = text.split(/\r\n|\r|\n/);
	const questions = lines.flatMap((line, index): ReadQuestion[] => {
		if (line.trim() === "") return [];
		const place = `line ${index + 1}`;
		const [term = "", definition = "", ...more] = line.split("\t").map((part) => part.trim());
		if (term === "" || definition === "" || more.length > 0)
			return [notRead(place, "No term and definition with one tab between them.")];
		const question = { type: "short_text" as const, question: definition, accepted: [term], accent_sensitive: true };
		return [{ place, name: null, ids: [], question, reasons: [ASKED] }];
	});
	if (questions.length > INTERCHANGE_QUESTIONS_MAX) {
		return {
			ok: false,
			faults: [{ line: 1, detail: `An import has at most ${INTERCHANGE_QUESTIONS_MAX} questions; cut the file.` }],
		};
	}
	return { ok: true, value: [{ name: null, questions }] };
}
