import { QUESTION_ID_CHARS_MAX, QUIZ_SUBJECTS_MAX, SUBJECT_NAME_CHARS_MAX } from "../quizzes/limits.ts";
import { questionFaults } from "../quizzes/question-faults.ts";
import { type Question, questionSchema } from "../quizzes/questions.ts";
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
	const kept = keptNames(sections);
	for (const section of sections) {
		const { name, reasons } = subjectFor(section, kept);
		for (const read of section.questions) {
			const { report, question } = checked({ ...read, reasons: [...read.reasons, ...reasons] }, ids.get(read) ?? "");
			reports.push(report);
			if (question === null) continue;
			const together = subjects.get(name);
			if (together) together.push(question);
			else subjects.set(name, [question]);
		}
	}
	return { subjects: [...subjects].map(([name, questions]) => ({ name, questions })), reports };
}

/** What comes after the subjects that a quiz may have. */
const FURTHER = "Further questions";

const nameOf = ({ name }: ReadSection) =>
	(name ?? "").trim().slice(0, SUBJECT_NAME_CHARS_MAX).toWellFormed().trim() || SUBJECT_NAME_DEFAULT;

/** Those that become subjects: all of them, or so many that one is left for what comes after. */
function keptNames(sections: readonly ReadSection[]): ReadonlySet<string> {
	const names = [...new Set(sections.filter(({ questions }) => questions.length > 0).map(nameOf))];
	return new Set(names.length <= QUIZ_SUBJECTS_MAX ? names : names.slice(0, QUIZ_SUBJECTS_MAX - 1));
}

function subjectFor(section: ReadSection, kept: ReadonlySet<string>): { name: string; reasons: string[] } {
	const name = nameOf(section);
	if (kept.has(name)) return { name, reasons: isCut(section, name) ? [CUT] : [] };
	const reason = `Its category was left out, since a quiz has at most ${QUIZ_SUBJECTS_MAX} subjects: ${name}.`;
	return { name: FURTHER, reasons: [reason] };
}

const CUT = "The name of its category was cut.";
const isCut = (section: ReadSection, name: string) => (section.name?.trim() || name) !== name;

const isId = (text: string) =>
	text.length <= QUESTION_ID_CHARS_MAX && /^[A-Za-z0-9_.-]+$/.test(text) && text !== "__proto__";

/** Ids that the source gives come first, the others are numbers that are still free. */
function givenIds(questions: readonly ReadQuestion[]): Map<ReadQuestion, string> {
	const ids = new Map<ReadQuestion, string>();
	const used = new Set<string>();
	for (const read of questions) {
		const { question } = read;
		if (question === null) continue;
		const id = read.ids.find((wanted) => isId(wanted) && !used.has(wanted) && !isAnswer(wanted, question));
		if (id === undefined) continue;
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

/** Shorter texts are numbers and letters of options, which many ids are, too. */
const TELLING_CHARS_MIN = 3;

/** Whether a title is one of the answers. Takers see ids, and do not see titles in other systems. */
function isAnswer(id: string, question: QuestionDraft): boolean {
	const answers = [
		...("options" in question ? question.options : []),
		...("accepted" in question ? question.accepted : []),
		...("choices" in question ? question.choices : []),
		...("correct" in question ? [String(question.correct)] : []),
	];
	const letters = (text: string) => text.toLowerCase().replace(/[^\p{L}\p{N}]+/gu, "");
	const wanted = letters(id);
	return wanted.length >= TELLING_CHARS_MIN && answers.some((answer) => letters(answer) === wanted);
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
