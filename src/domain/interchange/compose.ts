import { QUESTION_ID_CHARS_MAX } from "../limits.ts";
import { questionFaults } from "../question-faults.ts";
import { type Question, questionSchema } from "../questions.ts";
import type { QuestionDraft, QuestionReport, ReadQuestion, ReadSection } from "./report.ts";

export interface Composed {
	/** As the schema of contents takes them; those without questions are left out. */
	subjects: { name: string; questions: Question[] }[];
	/** One for each question of the source, in its order. */
	reports: QuestionReport[];
}

const SUBJECT_NAME_DEFAULT = "Questions";

/** Makes subjects of what a reader read: gives ids, leaves out what the schema does not take, and says so. */
export function compose(sections: readonly ReadSection[]): Composed {
	const ids = givenIds(sections.flatMap((section) => section.questions));
	const subjects = new Map<string, Question[]>();
	const reports: QuestionReport[] = [];
	for (const section of sections) {
		for (const read of section.questions) {
			const { report, question } = checked(read, ids.get(read) ?? "");
			reports.push(report);
			if (question === null) continue;
			const name = section.name?.trim() || SUBJECT_NAME_DEFAULT;
			const together = subjects.get(name);
			if (together) together.push(question);
			else subjects.set(name, [question]);
		}
	}
	return { subjects: [...subjects].map(([name, questions]) => ({ name, questions })), reports };
}

const isId = (text: string) =>
	text.length <= QUESTION_ID_CHARS_MAX && /^[A-Za-z0-9_.-]+$/.test(text) && text !== "__proto__";

/** Ids that the source gives come first, the others are numbers that are still free. */
function givenIds(questions: readonly ReadQuestion[]): Map<ReadQuestion, string> {
	const ids = new Map<ReadQuestion, string>();
	const used = new Set<string>();
	for (const read of questions) {
		const id = read.ids.find((wanted) => isId(wanted) && !used.has(wanted));
		if (id === undefined || read.question === null) continue;
		ids.set(read, id);
		used.add(id);
	}
	let next = 1;
	for (const read of questions) {
		if (ids.has(read) || read.question === null) continue;
		while (used.has(String(next))) next++;
		ids.set(read, String(next++));
	}
	return ids;
}

function checked(read: ReadQuestion, id: string): { report: QuestionReport; question: Question | null } {
	const { place, name, reasons } = read;
	const report = (status: QuestionReport["status"], why: readonly string[]): QuestionReport => {
		return { status, id: status === "skipped" ? null : id, place, name, reason: why.join(" ") || null };
	};
	if (read.question === null) return { report: report("skipped", reasons), question: null };
	const { question, faults } = validated({ id, ...read.question });
	if (question === null) return { report: report("skipped", faults), question };
	return { report: report(reasons.length > 0 ? "degraded" : "imported", reasons), question };
}

const FAULTS_SAID_MAX = 3;

function validated(draft: QuestionDraft & { id: string }): { question: Question | null; faults: string[] } {
	const parsed = questionSchema.safeParse(draft);
	const issues = parsed.success ? [] : parsed.error.issues;
	const faults = [
		...issues.map(({ path, message }) => `${path.join("/")}: ${message.replace(/\.$/, "")}.`),
		...questionFaults(draft).map(({ pointer, detail }) => `${pointer.slice(1)}: ${detail}`),
	];
	return {
		question: parsed.success && faults.length === 0 ? parsed.data : null,
		faults: faults.slice(0, FAULTS_SAID_MAX),
	};
}
