import { OPTIONS_MAX } from "../quizzes/limits.ts";
import { arrangement } from "./arrangement.ts";
import { numberIn, rangeOf } from "./decimals.ts";
import { marksFor, marksOfParts } from "./marks.ts";
import { type Pair, pairsOf } from "./moodle-answers.ts";
import {
	explanationOf,
	Losses,
	neededTexts,
	notRead,
	type QuestionDraft,
	type ReadQuestion,
	type ReadSection,
	Skip,
	tagsLost,
} from "./report.ts";

/** Questions in a table, one in each row, as docs/interchange.md describes its columns; and the tables of other systems. */

export interface Row {
	/** Of the row in its file. */
	place: string;
	cells: readonly string[];
	/** What is to be said of it: that a cell is a formula, say. */
	notes: readonly string[];
	/** Why no question can be made of it, whatever it says. */
	fault: string | null;
}

export interface Table {
	rows: readonly Row[];
	/** Whether numbers are written with a comma where others have a point. */
	decimalComma: boolean;
}

/** A column by its first name: that which the writer of tables gives it. */
export type TableColumn =
	| "question"
	| "type"
	| "correct"
	| "marks"
	| "explanation"
	| "hint"
	| "subject"
	| "id"
	| "tags"
	| "tolerance"
	| "case sensitive"
	| "accent sensitive"
	| "scoring"
	| "correct option"
	| "ignored"
	| `option ${number}`;

/** What headers are called, in small letters and with single blanks. A number at the end is that of an option. */
const HEADERS: ReadonlyMap<string, TableColumn> = new Map(
	Object.entries({
		question: "question|question text|prompt|frage|pregunta|pergunta|domanda|vraag|stem|enoncé|énoncé|definition",
		type: "type|question type|typ|tipo|kind",
		correct:
			"correct|correct answer|correct answers|right answer|answer|answers|key|solution|accepted|richtig|correcta|correcto|correcte|term",
		marks: "marks|points|score|mark|punkte|puntos|punti|pontos|grade|weight",
		explanation: "explanation|feedback|rationale|general feedback|erklärung|explicación|explication",
		hint: "hint|tip|hinweis|pista",
		subject: "subject|category|section|topic|chapter|kategorie|thema|categoría|catégorie|categoria",
		id: "id|identifier|question id|name",
		tags: "tags|tag|keywords",
		tolerance: "tolerance|margin|toleranz",
		"case sensitive": "case sensitive|case-sensitive|case",
		"accent sensitive": "accent sensitive|accent-sensitive|accents",
		"correct option": "correct option|correct options|right option|number of the right option",
		scoring: "scoring|partial",
		ignored: "note|notes|time|time limit|time limit (sec)|image|image link|#|no|nr",
	} satisfies Partial<Record<TableColumn, string>>).flatMap(([column, names]) =>
		names.split("|").map((name): [string, TableColumn] => [name, column as TableColumn]),
	),
);

const OPTION_HEADER =
	/^(?:option|answer|choice|antwort|opción|respuesta|réponse|opção|opzione|distractor)\s{0,3}([1-9]\d?|[a-z])(?:\s.{0,60})?$/;

/** Kahoot says with its headers how long a text may be, and how long takers have. */
const KAHOOT: readonly [RegExp, TableColumn][] = [
	[/^question - max \d+ characters$/, "question"],
	[/^time limit \(sec\)/, "ignored"],
	[/^correct answer\(s\)/, "correct"],
];

function columnOf(header: string): TableColumn | null {
	const name = header
		.toLowerCase()
		.replace(/[\s_]+/g, " ")
		.replace(/[:*]$/, "")
		.trim();
	const kahoot = KAHOOT.find(([pattern]) => pattern.test(name))?.[1];
	if (kahoot) return kahoot;
	const known = HEADERS.get(name);
	if (known) return known;
	const [, number = ""] = OPTION_HEADER.exec(name) ?? [];
	if (number === "") return /^[a-z]$/.test(name) ? `option ${letterIndex(name)}` : null;
	return `option ${/\d/.test(number) ? Number(number) - 1 : letterIndex(number)}`;
}

const letterIndex = (letter: string) => letter.toLowerCase().charCodeAt(0) - 97;

type Columns = (TableColumn | null)[];

/** Above the headers there may be a title and instructions, as Kahoot has them. */
const HEADER_ROWS_MAX = 20;

/** Where the headers stand: the first row that has a question and what is right. */
function headersOf({ rows }: Table): { at: number; columns: Columns } | null {
	for (const [at, { cells }] of rows.slice(0, HEADER_ROWS_MAX).entries()) {
		const columns = cells.map(columnOf);
		if (
			columns.includes("question") &&
			(columns.includes("correct") || columns.includes("correct option") || columns.includes("option 0"))
		)
			return { at, columns };
	}
	return null;
}

export const hasHeaders = (table: Table): boolean => headersOf(table) !== null;

export const NO_HEADERS = "The table has no row of headers with at least `question` and `correct`.";

/** @returns null where there are no headers that are known */
export function readTable(table: Table): ReadSection[] | null {
	const head = headersOf(table);
	if (!head) return null;
	const sections = new Map<string, ReadSection>();
	const unknown = head.columns.flatMap((column, index) =>
		column === null ? [{ index, name: table.rows[head.at]?.cells[index] ?? "" }] : [],
	);
	const twice = head.columns.filter(
		(column, index) => column !== null && column !== "ignored" && head.columns.indexOf(column) !== index,
	);
	for (const row of table.rows.slice(head.at + 1)) {
		if (row.cells.every((cell) => cell === "")) continue;
		const cells = new Map<TableColumn, string>();
		head.columns.forEach((column, index) => {
			if (column !== null && !cells.has(column)) cells.set(column, unguarded(row.cells[index] ?? ""));
		});
		const name = cells.get("subject") || null;
		const read = readRow(row, cells, { table, unknown, twice, width: head.columns.length });
		const section = sections.get(name ?? "");
		if (section) section.questions.push(read);
		else sections.set(name ?? "", { name, questions: [read] });
	}
	return [...sections.values()];
}

/** Before what a spreadsheet would take for a formula stands an apostrophe; see `csv-write`. */
const unguarded = (cell: string) => (/^'+[=+\-@\t\r]/.test(cell) ? cell.slice(1) : cell);

interface RowContext {
	table: Table;
	unknown: readonly { index: number; name: string }[];
	twice: readonly (TableColumn | null)[];
	width: number;
}

function readRow(
	row: Row,
	cells: ReadonlyMap<TableColumn, string>,
	{ table, unknown, twice, width }: RowContext,
): ReadQuestion {
	const losses = new Losses();
	for (const note of row.notes) losses.add(note);
	const lost = unknown.filter(({ index }) => (row.cells[index] ?? "") !== "");
	for (const { name } of lost) losses.add(`Its column "${name.slice(0, 40)}" was left out.`);
	const id = cells.get("id") ?? "";
	try {
		if (row.fault !== null) throw new Skip(row.fault);
		if (twice.length > 0) throw new Skip(`Two columns are its ${twice[0]}.`);
		if (row.cells.slice(width).some((cell) => cell !== "")) throw new Skip("It has more cells than there are headers.");
		const question = questionOf(cells, table, losses);
		return { place: row.place, name: id || null, ids: id === "" ? [] : [id], question, reasons: losses.reasons };
	} catch (error) {
		if (error instanceof Skip) return notRead(row.place, error.message, id || null);
		throw error;
	}
}

type Without<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never;
type Key = Without<QuestionDraft, "question">;

interface Said {
	/** Numbers of right options, where a column has nothing else. */
	position: string;
	correct: string;
	options: string[];
	marks: number;
	table: Table;
	losses: Losses;
	cells: ReadonlyMap<TableColumn, string>;
}

function questionOf(cells: ReadonlyMap<TableColumn, string>, table: Table, losses: Losses): QuestionDraft {
	const text = (column: TableColumn) => cells.get(column) ?? "";
	const question = text("question");
	if (question === "") throw new Skip("It asks nothing.");
	const marks = marksIn(text("marks"), table);
	if (text("tags") !== "") losses.add(tagsLost([text("tags")]));
	// Numbers alone stand there, so that they are never taken for texts.
	const position = text("correct option");
	const said: Said = { position, correct: text("correct"), options: optionsIn(cells), marks, table, losses, cells };
	const key = keyOf(text("type"), said);
	return {
		...key,
		question,
		...(text("hint") !== "" && { hint: text("hint") }),
		...explanationOf([text("explanation")], losses),
	};
}

function marksIn(text: string, table: Table): number {
	if (text === "") return 1;
	const marks = Number(pointed(text, table));
	if (!Number.isFinite(marks) || marks <= 0) throw new Skip(`Its marks are no number above 0: ${text.slice(0, 40)}.`);
	return marks;
}

/** A number with a comma for its point, where the table is of a country that writes so. */
const pointed = (text: string, { decimalComma }: Table) =>
	decimalComma && /^[+-]?\d{1,50},\d{1,50}$/.test(text) ? text.replace(",", ".") : text;

/** Up to the last one that says something; an empty one between others is none, and its number is not given away. */
function optionsIn(cells: ReadonlyMap<TableColumn, string>): string[] {
	const options = Array.from({ length: OPTIONS_MAX }, (_, index) => cells.get(`option ${index}`) ?? "");
	return options.slice(0, options.findLastIndex((text) => text !== "") + 1);
}

type Type = "single" | "multiple" | "true_false" | "number" | "text" | "ordering" | "matching";

const TYPES: ReadonlyMap<string, Type> = new Map(
	Object.entries({
		single: "single|single choice|single_choice|multiple choice|multiplechoice|mc|mcq|choice|quiz|einfachauswahl",
		multiple:
			"multiple|multiple_choice|multiple response|multiple answers|multiple select|checkbox|checkboxes|multi|mehrfachauswahl|several",
		true_false: "true/false|true false|true_false|truefalse|tf|boolean|true or false",
		number: "number|numeric|numerical|zahl|integer|decimal",
		text: "text|short text|short_text|short answer|shortanswer|fill in|fill in the blank|type answer|fib",
		ordering: "ordering|order|sequence|sort",
		matching: "matching|match|pairs",
	} satisfies Record<Type, string>).flatMap(([type, names]) =>
		names.split("|").map((name): [string, Type] => [name, type as Type]),
	),
);

function keyOf(typed: string, said: Said): Key {
	const type = TYPES.get(typed.toLowerCase().replace(/\s+/g, " ").trim());
	if (typed !== "" && type === undefined) throw new Skip(`Its type is not known: ${typed.slice(0, 40)}.`);
	switch (type ?? guessed(said)) {
		case "single":
			// Many call a question so that has several right options.
			return choice(said, typed === "" || /^(?:multi|mc|choice|quiz)/i.test(typed) ? "either" : "one");
		case "multiple":
			return choice(said, "several");
		case "true_false":
			return trueFalse(said);
		case "number":
			return number(said);
		case "text":
			return text(said);
		case "ordering":
			return order(said);
		case "matching":
			return matching(said);
	}
}

function guessed({ options, correct, table }: Said): Type {
	if (options.length > 0) return "single";
	if (booleanIn(correct) !== null) return "true_false";
	return numberIn(pointed(correct, table)) === null ? "text" : "number";
}

const TRUE = new Set("true t yes wahr richtig vrai verdadero vero waar".split(" "));
const FALSE = new Set("false f no falsch faux falso onwaar".split(" "));

function booleanIn(text: string): boolean | null {
	const word = text.toLowerCase();
	if (TRUE.has(word)) return true;
	return FALSE.has(word) ? false : null;
}

function trueFalse(said: Said): Key {
	const { options, correct, marks, losses } = said;
	if (options.length > 0) {
		const isPlain =
			options.length === 2 && booleanIn(options[0] ?? "") === true && booleanIn(options[1] ?? "") === false;
		if (!isPlain) return choice(said, "one");
		const [right, ...more] = rightIn(correct, options);
		if (right === undefined || more.length > 0) throw new Skip("It does not say which of true and false is right.");
		return { type: "true_false", correct: right === 0, marks: marksFor(marks, losses) };
	}
	const value = booleanIn(correct);
	if (value === null) throw new Skip(`It does not say whether it is true: ${correct.slice(0, 40)}.`);
	return { type: "true_false", correct: value, marks: marksFor(marks, losses) };
}

/** What stands between commas and their like, or in lines of its own. Cut first and trimmed then: an expression with both in it is quadratic in blanks. */
const partsOf = (list: string): string[] =>
	list
		.split(/[;,|\n]/)
		.map((part) => part.trim())
		.filter((part) => part !== "");

/**
 * Which options are right: by their numbers from 1, their letters, or their texts. Where that can be meant in two ways that are
 * not the same, nobody knows which one is the key.
 */
function rightIn(correct: string, options: readonly string[]): number[] {
	const parts = partsOf(correct);
	if (parts.length === 0) throw new Skip("It does not say what is right.");
	const all = (indexIn: (part: string) => number, list: readonly string[] = parts): number[] | null => {
		const found = [...new Set(list.map(indexIn))];
		return found.some((index) => index < 0 || (options[index] ?? "") === "") ? null : found.sort((a, b) => a - b);
	};
	const same = (a: string, b: string) => a.trim().toLowerCase() === b.trim().toLowerCase();
	const ways = [
		all((part) => (/^\d{1,2}$/.test(part) ? Number(part) - 1 : -1)),
		all((part) => (/^[A-Za-z]$/.test(part) ? letterIndex(part) : -1)),
		all((part) => options.findIndex((option) => same(option, part))),
		// A text may have a comma in it.
		all((part) => options.findIndex((option) => same(option, part)), [correct]),
	].filter((way) => way !== null);
	const [first, ...others] = new Map(ways.map((way) => [way.join(), way])).values();
	if (first === undefined) throw new Skip(`What is right is none of its options: ${correct.slice(0, 60)}.`);
	if (others.length > 0)
		throw new Skip(
			`What is right can be a number, a letter or a text of its options, which are not the same: ${correct.slice(0, 60)}.`,
		);
	return first;
}

function placesIn(position: string, options: readonly string[]): number[] {
	const places = partsOf(position).map((part) => Number(part) - 1);
	if (places.length === 0 || places.some((place) => (options[place] ?? "") === ""))
		throw new Skip(`What is right is none of its options: ${position.slice(0, 60)}.`);
	return [...new Set(places)].sort((a, b) => a - b);
}

function choice({ position, correct, options, marks, losses, cells }: Said, wanted: "one" | "several" | "either"): Key {
	const right = position === "" ? rightIn(correct, options) : placesIn(position, options);
	// Empty options between others go, and what is right moves with them.
	const kept = options.flatMap((option, index) => (option === "" ? [] : [index]));
	const texts = neededTexts(kept.map((index) => options[index] ?? ""));
	const correct_answers = right.map((index) => kept.indexOf(index));
	const [correctAnswer = 0, ...more] = correct_answers;
	if (more.length === 0 && wanted !== "several")
		return { options: texts, correctAnswer, marks: marksFor(marks, losses) };
	if (wanted === "one") throw new Skip("One option is to be chosen, and several are right.");
	const isPartial = /^(?:partial|yes|true|1)$/i.test(cells.get("scoring") ?? "");
	const type = "multiple_choice" as const;
	if (!isPartial || more.length === 0)
		return {
			type,
			options: texts,
			correct_answers,
			...(isPartial && { scoring: "partial" as const }),
			marks: marksFor(marks, losses),
		};
	return {
		type,
		options: texts,
		correct_answers,
		scoring: "partial",
		marks: marksOfParts(marks, correct_answers.length, losses),
	};
}

const COMMA = "Its comma was read as the point of a number, as it is where a semicolon separates cells.";

function number({ correct, cells, table, marks, losses }: Said): Key {
	const read = (text: string) => {
		const written = pointed(text.trim(), table);
		if (written !== text.trim()) losses.add(COMMA);
		return numberIn(written);
	};
	const [first = "", ...more] = correct.split("|");
	const tolerance = toleranceIn(cells.get("tolerance") ?? "", read);
	const also = more.map((text) => numberKeyOf(text, {}, read));
	return {
		type: "numeric",
		...numberKeyOf(first, tolerance, read),
		...(also.length > 0 && { also }),
		marks: marksFor(marks, losses),
	};
}

type NumberKey = Pick<Extract<QuestionDraft, { type: "numeric" }>, "correct" | "tolerance" | "tolerance_kind">;
type Read = (text: string) => string | null;

/** `3`, `2..4` or `3:0.5`; the first and the last have a tolerance of their own. */
function numberKeyOf(text: string, tolerance: Omit<NumberKey, "correct">, read: Read): NumberKey {
	const [from = "", to] = text.split("..");
	const [value = "", margin] = text.split(":");
	if (to !== undefined) {
		const [low, high] = [read(from), read(to)];
		const range = low === null || high === null ? null : rangeOf(low, high);
		if (!range) throw new Skip(`Not a range of numbers: ${text.slice(0, 60)}.`);
		return range;
	}
	const correct = read(value);
	if (correct === null) throw new Skip(`Not a number: ${text.slice(0, 60)}.`);
	return { correct, ...(margin === undefined ? tolerance : toleranceIn(margin, read)) };
}

/** `0.5`, `5%` or `0.05 of it`. */
function toleranceIn(text: string, read: Read): Omit<NumberKey, "correct"> {
	const said = text.trim();
	if (said === "") return {};
	const kind = ["%", "of it"].find((end) => said.endsWith(end)) ?? "";
	const width = read(said.slice(0, said.length - kind.length).trimEnd());
	const tolerance = width === null ? null : numberIn(kind === "%" ? `${width}e-2` : width);
	if (tolerance === null || tolerance.startsWith("-"))
		throw new Skip(`Its tolerance is no number: ${text.slice(0, 40)}.`);
	if (tolerance === "0") return {};
	return { tolerance, ...(kind !== "" && { tolerance_kind: "relative" as const }) };
}

function text({ correct, options, cells, marks, losses }: Said): Key {
	// Texts may have commas and semicolons in them; only a bar separates several.
	const said = [...correct.split("|"), ...options].map((one) => one.trim()).filter((one) => one !== "");
	if (said.length === 0) throw new Skip("It does not say what is right.");
	const says = (column: TableColumn) => /^(?:yes|true|1|x)$/i.test(cells.get(column) ?? "");
	return {
		type: "short_text",
		accepted: [...new Set(said)],
		...(says("case sensitive") && { case_sensitive: true }),
		...(says("accent sensitive") && { accent_sensitive: true }),
		marks: marksFor(marks, losses),
	};
}

function order({ correct, options, marks, losses }: Said): Key {
	const items = neededTexts(options.filter((option) => option !== ""));
	const places = partsOf(correct).map((part) => Number(part) - 1);
	// Without an order of their own they stand in the right one, in which nobody must see them.
	if (places.length === 0) {
		const shown = arrangement(items);
		const correct_order = items.map((_, index) => shown.indexOf(index));
		return {
			type: "ordering",
			items: shown.map((index) => items[index] ?? ""),
			correct_order,
			marks: marksOfParts(marks, Math.max(items.length - 1, 1), losses),
		};
	}
	if (
		places.length !== items.length ||
		new Set(places).size !== items.length ||
		places.some((place) => !(place in items))
	) {
		throw new Skip("Its right order does not name each of its items once.");
	}
	return {
		type: "ordering",
		items,
		correct_order: places,
		marks: marksOfParts(marks, Math.max(items.length - 1, 1), losses),
	};
}

/** What stands between the sides of a pair, unless a backslash is before it. */
const SIDES = /(?<!\\)(?:=>|->|→|=)/;

/** Each option is a pair: `France = Paris`, or `= Oslo` for a further choice. */
function matching({ options, marks, losses }: Said): Key {
	const pairs = options.flatMap((option): Pair[] => {
		if (option === "") return [];
		const [prompt = "", choice, ...more] = option.split(SIDES).map((side) => side.replace(/\\([\\=→-])/g, "$1"));
		if (choice === undefined || more.length > 0) throw new Skip(`Not a pair with one = in it: ${option.slice(0, 60)}.`);
		return [{ prompt: prompt.trim(), choice: choice.trim() }];
	});
	return pairsOf(pairs, marks, losses);
}
