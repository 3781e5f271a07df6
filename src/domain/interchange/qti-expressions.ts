import type { Decimal } from "../decimal.ts";
import { OPTION_CHARS_MAX } from "../quizzes/limits.ts";
import { absolute, compareDecimals, negative, plus, times } from "./decimals.ts";
import { type Declaration, numberOf } from "./qti-declarations.ts";
import { correctOf, keyOf, type Table } from "./qti-mappings.ts";
import { bounded } from "./qti-source.ts";
import {
	atomOf,
	compareNumbers,
	containerOf,
	containsValue,
	exact,
	isContainer,
	membersOf,
	NUMBERS,
	numberOfValue,
	recased,
	sameText,
	sameValue,
	type Value,
} from "./qti-values.ts";
import { childrenOf, rawText, saysTrue, type XmlElement } from "./xml.ts";

/** Expressions of response processing, made into functions of a response. */

/** Thrown for what is not among them; it never leaves the reading of an item's scoring. */
export class NotUnderstood extends Error {}

export interface Execution {
	response: Value;
	outcomes: Map<string, Value>;
}

export type QtiExpression = (run: Execution) => Value;

/** How near a number must be, as a comparison says it. Below and above differ seldom. */
export interface Tolerance {
	mode: "absolute" | "relative";
	below: Decimal;
	above: Decimal;
}

/** What a program is read with, and what is found in it. */
export interface ExpressionReading {
	declaration: Declaration;
	/** What the declaration's table gives for a response; made once, however often a program asks for it. */
	table: Table | null;
	/** Outcomes with their values at the beginning. */
	outcomes: ReadonlyMap<string, Value>;
	/** Other responses of the item, which are never given. */
	others: ReadonlySet<string>;
	/** Values of the response's own type that are compared with. */
	constants: Set<string>;
	/** Several of them together. */
	sets: string[][];
	/** With the text of the number that each is about; null where that is an outcome, which may be any that is named. */
	tolerances: { tolerance: Tolerance; about: string | null }[];
}

export function qtiExpressionOf(element: XmlElement, reading: ExpressionReading): QtiExpression {
	const compile = COMPILERS[element.name];
	if (!compile) throw new NotUnderstood();
	return compile(element, reading);
}

type Compiler = (element: XmlElement, reading: ExpressionReading) => QtiExpression;

const operandsOf = (element: XmlElement, reading: ExpressionReading) =>
	childrenOf(element).map((child) => qtiExpressionOf(child, reading));

/** One that needs as many operands as its function has parameters; null where one of them is. */
function strict(length: number, of: (values: Value[], element: XmlElement) => Value): Compiler {
	return (element, reading) => {
		const operands = operandsOf(element, reading);
		if (operands.length !== length) throw new NotUnderstood();
		return (run) => {
			const values = operands.map((operand) => operand(run));
			return values.includes(null) ? null : of(values, element);
		};
	};
}

/** Over all numbers of all operands; null where one of them is no number. */
function overNumbers(of: (numbers: number[]) => number): Compiler {
	return (element, reading) => {
		const operands = operandsOf(element, reading);
		return (run) => {
			const values = operands.map((operand) => operand(run));
			const numbers = values.flatMap((value) => membersOf(value).map(numberOfValue));
			if (values.includes(null) || numbers.includes(null)) return null;
			const result = of(numbers.map((number) => number ?? 0));
			return Number.isFinite(result) ? result : null;
		};
	};
}

const compared = (is: (order: number) => boolean) =>
	strict(2, ([a = null, b = null]) => {
		const order = compareNumbers(a, b);
		return order === null ? null : is(order);
	});

const flag = ({ attributes }: XmlElement, name: string, otherwise = false) =>
	saysTrue(attributes.get(name) ?? String(otherwise));

const texts = (values: readonly Value[]) => values.map((value) => (typeof value === "string" ? value : null));

const COMPILERS: Readonly<Record<string, Compiler>> = {
	"qti-base-value": baseValue,
	"qti-variable": variable,
	"qti-correct": ({ attributes }, reading) => {
		if (attributes.get("identifier") !== reading.declaration.identifier) throw new NotUnderstood();
		const correct = correctOf(reading.declaration);
		return () => correct;
	},
	"qti-default": ({ attributes }, reading) => {
		const value = initialIn(reading, attributes.get("identifier") ?? "");
		return () => value;
	},
	"qti-null": () => () => null,
	"qti-map-response": ({ attributes }, { declaration, table }) => {
		if (attributes.get("identifier") !== declaration.identifier || !table) throw new NotUnderstood();
		return ({ response }) => (response === null ? null : table(response));
	},
	"qti-and": (element, reading) => {
		const operands = operandsOf(element, reading);
		return (run) => {
			const values = operands.map((operand) => operand(run));
			return values.includes(false) ? false : values.includes(null) ? null : true;
		};
	},
	"qti-or": (element, reading) => {
		const operands = operandsOf(element, reading);
		return (run) => {
			const values = operands.map((operand) => operand(run));
			return values.includes(true) ? true : values.includes(null) ? null : false;
		};
	},
	"qti-not": strict(1, ([value]) => value !== true),
	"qti-is-null": (element, reading) => {
		const [operand, ...more] = operandsOf(element, reading);
		if (!operand || more.length > 0) throw new NotUnderstood();
		return (run) => ["", null].includes(textOrNull(operand(run)));
	},
	"qti-match": strict(2, ([a = null, b = null]) => sameValue(a, b)),
	"qti-equal": equal,
	"qti-string-match": strict(2, (values, element) => {
		const [a = null, b = null] = texts(values);
		if (a === null || b === null) return null;
		const caseSensitive = flag(element, "case-sensitive", true);
		if (sameText(a, b, caseSensitive)) return true;
		return flag(element, "substring") && includes(a, b, caseSensitive);
	}),
	"qti-substring": strict(2, (values, element) => {
		const [part = null, whole = null] = texts(values);
		return part === null || whole === null ? null : includes(whole, part, flag(element, "case-sensitive", true));
	}),
	"qti-lt": compared((order) => order < 0),
	"qti-lte": compared((order) => order <= 0),
	"qti-gt": compared((order) => order > 0),
	"qti-gte": compared((order) => order >= 0),
	"qti-member": strict(2, ([atom = null, container = null]) => containsValue(container, atom)),
	"qti-contains": strict(2, ([container = null, part = null]) =>
		membersOf(part).every((member) => containsValue(container, member)),
	),
	"qti-multiple": several(false),
	"qti-ordered": several(true),
	"qti-container-size": (element, reading) => {
		const [operand] = operandsOf(element, reading);
		if (!operand) throw new NotUnderstood();
		return (run) => membersOf(operand(run)).length;
	},
	"qti-index": strict(1, ([container = null], { attributes }) => {
		return membersOf(container)[numberOf(attributes.get("n")) - 1] ?? null;
	}),
	"qti-delete": strict(2, ([atom = null, container = null]) => {
		const left = membersOf(container).filter((member) => sameValue(member, atom) !== true);
		return containerOf(left, container !== null && isContainer(container) && container.ordered);
	}),
	"qti-sum": overNumbers((numbers) => numbers.reduce((sum, number) => sum + number, 0)),
	"qti-product": overNumbers((numbers) => numbers.reduce((product, number) => product * number, 1)),
	"qti-min": overNumbers((numbers) => Math.min(...numbers)),
	"qti-max": overNumbers((numbers) => Math.max(...numbers)),
	"qti-subtract": overNumbers(([a = 0, b = 0]) => a - b),
	"qti-divide": overNumbers(([a = 0, b = 0]) => a / b),
	"qti-round": overNumbers(([number = 0]) => Math.round(number)),
	"qti-truncate": overNumbers(([number = 0]) => Math.trunc(number)),
	"qti-integer-to-float": (element, reading) => operandsOf(element, reading)[0] ?? (() => null),
};

const textOrNull = (value: Value) => (typeof value === "string" || value === null ? value : "value");

const includes = (whole: string, part: string, caseSensitive: boolean) =>
	caseSensitive ? whole.includes(part) : recased(whole).includes(recased(part));

function baseValue(element: XmlElement, { declaration, constants }: ExpressionReading): QtiExpression {
	const baseType = element.attributes.get("base-type") ?? "string";
	const text = rawText(element).trim();
	if (text.length > OPTION_CHARS_MAX) throw new NotUnderstood();
	const value = atomOf(text, baseType);
	if (value === null) throw new NotUnderstood();
	if (typeof value === typeof atomOf(text, declaration.baseType)) constants.add(text);
	return () => value;
}

function variable(element: XmlElement, reading: ExpressionReading): QtiExpression {
	const identifier = element.attributes.get("identifier") ?? "";
	if (isResponse(element, reading.declaration)) return ({ response }) => response;
	if (reading.outcomes.has(identifier)) {
		initialIn(reading, identifier);
		return (run) => run.outcomes.get(identifier) ?? null;
	}
	if (reading.others.has(identifier)) return () => null;
	throw new NotUnderstood();
}

const isResponse = ({ name, attributes }: XmlElement, { identifier }: Declaration) =>
	name === "qti-variable" && attributes.get("identifier") === identifier;

/** The value of an outcome at the beginning, with which a response may be compared as with a constant. */
function initialIn({ declaration, outcomes, constants, sets }: ExpressionReading, identifier: string): Value {
	const value = outcomes.get(identifier) ?? null;
	const texts = membersOf(value).map(keyOf);
	for (const [index, member] of membersOf(value).entries()) {
		const text = texts[index] ?? "";
		if (typeof member === typeof atomOf(text, declaration.baseType)) constants.add(text);
	}
	if (value !== null && isContainer(value)) sets.push(texts);
	return value;
}

/** Where a number that is given may stand: what is right changes only at numbers that the item names. */
const COMPARISONS: ReadonlySet<string> = new Set([
	"qti-match",
	"qti-equal",
	"qti-lt",
	"qti-lte",
	"qti-gt",
	"qti-gte",
	"qti-member",
	"qti-is-null",
]);

/** Whether an element computes with the number that is given: what is right is then told by no number of the item. */
export const computes = (element: XmlElement, declaration: Declaration): boolean =>
	NUMBERS.has(declaration.baseType) &&
	!COMPARISONS.has(element.name) &&
	childrenOf(element).some((child) => isResponse(child, declaration));

function several(ordered: boolean): Compiler {
	return (element, reading) => {
		const children = childrenOf(element);
		if (children.length > 0 && children.every(({ name }) => name === "qti-base-value")) {
			reading.sets.push(children.map((child) => rawText(child).trim()));
		}
		const operands = operandsOf(element, reading);
		return (run) =>
			containerOf(
				// A program that puts an outcome together of itself doubles it with each of its rules.
				bounded(operands.flatMap((operand) => membersOf(operand(run)))),
				ordered,
			);
	};
}

/** Whether the second number is as near to the first as the tolerances say. */
function equal(element: XmlElement, reading: ExpressionReading): QtiExpression {
	const [first, second, ...more] = childrenOf(element);
	if (!first || !second || more.length > 0) throw new NotUnderstood();
	const operands = [qtiExpressionOf(first, reading), qtiExpressionOf(second, reading)] as const;
	const tolerance = toleranceOf(element);
	if (tolerance) {
		for (const operand of [first, second])
			reading.tolerances.push(...aboutOf(operand, reading).map((about) => ({ tolerance, about })));
	}
	const [lower, upper] = [flag(element, "include-lower-bound", true), flag(element, "include-upper-bound", true)];
	return (run) => {
		const [a, b] = [operands[0](run), operands[1](run)];
		if (a === null || b === null) return null;
		if (!tolerance) return sameValue(a, b);
		const [x, y] = [exact(a), exact(b)];
		if (!x || !y) return null;
		const { from, to } = boundsOf(x, tolerance);
		const [above, below] = [compareDecimals(y, from), compareDecimals(y, to)];
		return (lower ? above >= 0 : above > 0) && (upper ? below <= 0 : below < 0);
	};
}

/** What a comparison with a tolerance is about; nothing for the response. */
function aboutOf(operand: XmlElement, { declaration }: ExpressionReading): (string | null)[] {
	switch (operand.name) {
		case "qti-base-value":
			return [rawText(operand).trim()];
		case "qti-correct":
			return declaration.correct.slice(0, 1);
		case "qti-default":
		case "qti-variable":
			return isResponse(operand, declaration) ? [] : [null];
		default:
			throw new NotUnderstood();
	}
}

/** From where to where a number may be. */
export function boundsOf(about: Decimal, { mode, below, above }: Tolerance): { from: Decimal; to: Decimal } {
	const width = (share: Decimal) =>
		mode === "absolute" ? share : times(absolute(about), { unscaled: share.unscaled, scale: share.scale + 2 });
	return { from: plus(about, negative(width(below))), to: plus(about, width(above)) };
}

/** Two numbers, below and above; relative ones are in per cent. */
function toleranceOf({ attributes }: XmlElement): Tolerance | null {
	const mode = attributes.get("tolerance-mode") ?? "exact";
	if (mode === "exact") return null;
	if (mode !== "absolute" && mode !== "relative") throw new NotUnderstood();
	const [first = "", second = first] = (attributes.get("tolerance") ?? "").trim().split(/\s+/);
	const [below, above] = [exact(atomOf(first, "float")), exact(atomOf(second, "float"))];
	if (!below || !above || below.unscaled < 0n || above.unscaled < 0n) throw new NotUnderstood();
	return { mode, below, above };
}
