import fc from "fast-check";
import { expect, it } from "vitest";
import { compose } from "../../src/domain/interchange/compose.ts";
import { writeCsv } from "../../src/domain/interchange/csv-write.ts";
import { productOf } from "../../src/domain/interchange/decimals.ts";
import { writeMoodleXml } from "../../src/domain/interchange/moodle-xml-write.ts";
import { laidOut } from "../../src/domain/interchange/plain-text.ts";
import { writeQtiPackage } from "../../src/domain/interchange/qti-package-write.ts";
import type { WrittenImage } from "../../src/domain/interchange/qti-write.ts";
import { readFiles } from "../../src/domain/interchange/read-files.ts";
import { xmlText } from "../../src/domain/interchange/xml.ts";
import type { Question } from "../../src/domain/quizzes/questions.ts";
import { type QuizContent, quizContentSchema } from "../../src/domain/quizzes/quiz.ts";
import { runsOf } from "../lib/harness.ts";
import { png } from "../lib/images.ts";
import { pairsOf, quizzes, simplified } from "../lib/interchange-quizzes.ts";
import { rightNumbers } from "../lib/right-numbers.ts";

/** What is written in a format and read again is the same quiz, up to what the format can say. */

function readAgain(name: string, bytes: Uint8Array) {
	const { quizzes: read, faults } = readFiles([{ name, bytes }]);
	expect(faults).toEqual([]);
	const [quiz, ...more] = read;
	if (!quiz || more.length > 0) throw new Error(`${read.length} quizzes`);
	return { title: quiz.title, ...compose(quiz.sections) };
}

const bytesOf = (text: string) => new TextEncoder().encode(text);
const fitting = (marks: number, parts: number) => (marks < parts ? parts : marks);
const yes = (flags: Readonly<Record<string, boolean | undefined>>) =>
	Object.fromEntries(Object.entries(flags).filter(([, value]) => value === true));

/** The right order, whatever is shown. */
const ordered = (items: readonly string[], order: readonly number[]) => order.map((index) => items[index]);

type Simple = (question: Question) => object;

const headOf = ({ id, question, marks, explanation }: Question) => ({
	id,
	question,
	marks,
	...(explanation !== undefined && { explanation }),
});
const toldOf = ({ option_feedback }: { option_feedback?: string[] | undefined }) =>
	option_feedback?.some((text) => text !== "") ? { option_feedback } : {};
const hasPattern = (accepted: readonly string[]) => accepted.some((text) => /(?:^|[^\\])\*/.test(text));

const inMoodle: Simple = (question) => {
	const head = headOf(question);
	switch (question.type) {
		case undefined:
		case "single_choice":
			return { ...head, options: question.options, correctAnswer: question.correctAnswer, ...toldOf(question) };
		case "multiple_choice": {
			const { type, options, correct_answers, scoring, marks } = question;
			const right = [...correct_answers].sort((a, b) => a - b);
			const isPartial = right.length === options.length || (scoring === "partial" && right.length > 1);
			const worth = isPartial ? fitting(marks, right.length) : marks;
			return {
				...head,
				type,
				options,
				correct_answers: right,
				...(isPartial && { scoring: "partial" }),
				...toldOf(question),
				marks: worth,
			};
		}
		case "true_false":
			return { ...head, type: question.type, correct: question.correct };
		case "numeric": {
			const { type, also = [] } = question;
			const all = [question, ...also].map(({ correct, tolerance = "0", tolerance_kind }) => {
				return {
					correct,
					tolerance: (tolerance_kind === "relative" ? productOf(correct, tolerance) : tolerance) ?? "",
				};
			});
			return { ...head, type, right: rightNumbers(all) };
		}
		case "short_text": {
			const { type, accepted, case_sensitive, wildcards } = question;
			return {
				...head,
				type,
				accepted,
				accent_sensitive: true,
				...yes({ case_sensitive, wildcards: wildcards === true && hasPattern(accepted) }),
			};
		}
		case "ordering":
			return {
				...head,
				type: question.type,
				order: ordered(question.items, question.correct_order),
				marks: fitting(question.marks, question.items.length - 1),
			};
		case "matching":
			return {
				...head,
				type: question.type,
				...pairsOf(question.prompts, question.choices, question.correct_matches),
				marks: fitting(question.marks, question.prompts.length),
			};
	}
};

const inCsv: Simple = (question) => {
	const head = { ...headOf(question), ...(question.hint !== undefined && { hint: question.hint }) };
	switch (question.type) {
		case undefined:
		case "single_choice":
			return { ...head, options: question.options, correctAnswer: question.correctAnswer };
		case "multiple_choice": {
			const { type, options, correct_answers, scoring, marks } = question;
			const right = [...correct_answers].sort((a, b) => a - b);
			const isPartial = scoring === "partial";
			return {
				...head,
				type,
				options,
				correct_answers: right,
				...(isPartial && { scoring }),
				marks: isPartial && right.length > 1 ? fitting(marks, right.length) : marks,
			};
		}
		case "numeric": {
			const { also = [], tolerance = "0", tolerance_kind, correct } = question;
			const others = also.map((one) => ({
				...one,
				tolerance: one.tolerance_kind === "relative" ? "0" : one.tolerance,
			}));
			return { ...head, type: question.type, right: rightNumbers([{ correct, tolerance, tolerance_kind }, ...others]) };
		}
		case "short_text": {
			const { type, accepted, case_sensitive, accent_sensitive } = question;
			return { ...head, type, accepted, ...yes({ case_sensitive, accent_sensitive }) };
		}
		case "ordering":
			return {
				...head,
				type: question.type,
				order: ordered(question.items, question.correct_order),
				marks: fitting(question.marks, question.items.length - 1),
			};
		default:
			return {
				...inMoodle(question),
				...head,
				marks: question.type === "matching" ? fitting(question.marks, question.prompts.length) : question.marks,
			};
	}
};

const oneLine = (text: string) => text.replace(/\s+/g, " ").trim();

function expectRoundTrip(
	content: QuizContent,
	name: string,
	bytes: Uint8Array,
	simple: Simple,
	change: (text: string) => string,
	subjectOf = (text: string) => text,
) {
	const { subjects, reports } = readAgain(name, bytes);
	expect(reports.filter(({ status }) => status === "skipped")).toEqual([]);
	const named = content.subjects.map((subject) => ({ ...subject, name: subjectOf(subject.name) }));
	expect(simplified({ subjects }, simple, change)).toEqual(simplified({ subjects: named }, simple, change));
}

it("Moodle XML: a quiz that is written and read again is the same", () => {
	fc.assert(
		fc.property(quizzes, (content) => {
			expectRoundTrip(
				content,
				"a.xml",
				bytesOf(writeMoodleXml(content)),
				inMoodle,
				(text) => xmlText(text).trim(),
				oneLine,
			);
		}),
		{ numRuns: runsOf(1_000) },
	);
});

it("CSV: a quiz that is written and read again is the same", () => {
	fc.assert(
		fc.property(quizzes, (content) => {
			const csv = writeCsv(content);
			// What letters were lost in is refused, and so are texts that no file can hold.
			fc.pre(!/[\0\ufffd]/.test(csv));
			expectRoundTrip(content, "a.csv", bytesOf(csv), inCsv, (text) => text);
		}),
		{ numRuns: runsOf(1_000) },
	);
});

/** As QTI keeps a question; what only Marksheet reads back is not in QTI 2. */
const inQti =
	(is2: boolean): Simple =>
	(question) => {
		const head = { ...headOf(question), ...(question.hint !== undefined && { hint: question.hint }) };
		switch (question.type) {
			case "multiple_choice": {
				const { type, options, correct_answers, scoring, marks } = question;
				const right = [...correct_answers].sort((a, b) => a - b);
				const isPartial = scoring === "partial" && right.length > 1;
				return {
					...head,
					type,
					options,
					correct_answers: right,
					...(isPartial && { scoring }),
					marks: scoring === "partial" ? fitting(marks, right.length) : marks,
				};
			}
			case "numeric":
				return { ...head, type: question.type, right: rightNumbers([question, ...(question.also ?? [])]) };
			case "short_text": {
				const { type, accepted, case_sensitive, accent_sensitive, whitespace_sensitive } = question;
				return {
					...head,
					type,
					accepted,
					...yes({
						case_sensitive,
						...(is2 ? { accent_sensitive: true } : { accent_sensitive, whitespace_sensitive }),
					}),
				};
			}
			case "ordering":
				return { ...head, type: question.type, order: ordered(question.items, question.correct_order) };
			default:
				return inCsv(question);
		}
	};

it.each(["3.0", "2.1"] as const)(
	"a package of QTI %s: a quiz that is written and read again is the same",
	(version) => {
		fc.assert(
			fc.property(quizzes, (content) => {
				const text = (value: string) => laidOut(xmlText(value));
				expectRoundTrip(content, "a.zip", writeQtiPackage(content, version), inQti(version === "2.1"), text, (name) =>
					xmlText(name).trim(),
				);
			}),
			{ numRuns: runsOf(500) },
		);
	},
);

const picture = png(3, 5);

it.each([
	[
		"a package of QTI 3.0",
		"a.zip",
		(content: QuizContent, images: ReadonlyMap<string, WrittenImage>) => writeQtiPackage(content, "3.0", images),
	],
	[
		"a package of QTI 2.1",
		"a.zip",
		(content: QuizContent, images: ReadonlyMap<string, WrittenImage>) => writeQtiPackage(content, "2.1", images),
	],
	[
		"Moodle XML",
		"a.xml",
		(content: QuizContent, images: ReadonlyMap<string, WrittenImage>) => bytesOf(writeMoodleXml(content, images)),
	],
])("%s brings the images of its questions along, and they come back", async (_, name, write) => {
	const digest = await crypto.subtle.digest("SHA-256", picture);
	const media = Buffer.from(digest).toString("hex");
	const image = { media, alt: 'Two <birds> & a "nest"' };
	const content = quizContentSchema.parse({
		title: "T",
		subjects: [
			{ name: "S", questions: [{ id: "1", question: "What is this?", options: ["a", "b"], correctAnswer: 1, image }] },
		],
	});
	const written = new Map([
		[media, { name: "bird.png", bytes: picture, base64: Buffer.from(picture).toString("base64") }],
	]);
	const reading = readFiles([{ name, bytes: write(content, written) }]);
	const { subjects, reports } = compose(reading.quizzes.flatMap(({ sections }) => sections));
	expect(reports.map(({ status, reason }) => [status, reason])).toEqual([["imported", null]]);
	expect(subjects[0]?.questions[0]).toMatchObject({ question: "What is this?", image, correctAnswer: 1 });
	expect(
		[...reading.images].map(([hash, found]) => [
			hash,
			found.image.type,
			found.image.width,
			Buffer.from(found.bytes() ?? []).equals(picture),
		]),
	).toEqual([[media, "image/png", 3, true]]);
});

it("what a spreadsheet would carry out stands behind an apostrophe", () => {
	const content = quizContentSchema.parse({
		title: "T",
		subjects: [
			{
				name: "S",
				questions: [
					{
						id: "1",
						question: '=HYPERLINK("x")',
						options: ["+1", "-2 or so", "@x", "'=y"],
						correctAnswer: 0,
						marks: 2,
					},
				],
			},
		],
	});
	const csv = writeCsv(content);
	for (const cell of csv.split(/[,\r\n]/)) expect(cell.replace(/^"/, "")).not.toMatch(/^[=+@]|^-\D/);
	expect(readAgain("a.csv", bytesOf(csv)).subjects[0]?.questions[0]).toMatchObject({
		question: '=HYPERLINK("x")',
		options: ["+1", "-2 or so", "@x", "'=y"],
	});
});
