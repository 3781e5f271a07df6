import { type Decimal, decimalText, parseDecimal } from "../decimal.ts";
import { compareDecimals } from "./decimals.ts";
import { saysTrue } from "./xml.ts";

/** Values of response processing. Numbers that are written are exact; those that are computed need not be. */

export type Atom = string | boolean | number | Decimal;
export interface Container {
	ordered: boolean;
	members: readonly Atom[];
}
export type Value = Atom | Container | null;

export const isContainer = (value: Value): value is Container =>
	typeof value === "object" && value !== null && "members" in value;

const isDecimal = (value: Value): value is Decimal =>
	typeof value === "object" && value !== null && "unscaled" in value;

/** Types of numbers. */
export const NUMBERS: ReadonlySet<string> = new Set(["float", "integer"]);

/** The one value in a text of the item; null where it is none of its type. */
export function atomOf(text: string, baseType: string): Atom | null {
	switch (baseType) {
		case "float":
		case "integer":
			return parseDecimal(text.trim());
		case "boolean":
			return saysTrue(text);
		case "pair":
			return text.trim().split(/\s+/).sort().join(" ");
		case "directedPair":
			return text.trim().split(/\s+/).join(" ");
		default:
			return text.trim();
	}
}

export function containerOf(members: readonly Atom[], ordered: boolean): Value {
	return members.length === 0 ? null : { ordered, members };
}

export const membersOf = (value: Value): readonly Atom[] => {
	if (value === null) return [];
	return isContainer(value) ? value.members : [value];
};

/** A text of a number counts as one, since items leave out base types. */
export function numberOfValue(value: Value): number | null {
	if (typeof value === "number") return value;
	const number = typeof value === "string" ? parseDecimal(value) : value;
	return isDecimal(number) ? Number(decimalText(number)) : null;
}

/** Negative, zero or positive; null where one is no number. */
export function compareNumbers(a: Value, b: Value): number | null {
	if (isDecimal(a) && isDecimal(b)) return compareDecimals(a, b);
	const [x, y] = [numberOfValue(a), numberOfValue(b)];
	return x === null || y === null ? null : x - y;
}

/** A number exactly as it was written; null for what was computed. */
export const exact = (value: Value): Decimal | null => (isDecimal(value) ? value : null);

/**
 * Before a text: the same text with other letters in capitals. What compares with regard to case never takes it for the text,
 * what compares without always does.
 */
export const RECASED = "\ue000";

/** As texts are compared without regard to case. */
export const recased = (text: string) => text.replace(RECASED, "").toLowerCase().toUpperCase();

export const sameText = (a: string, b: string, caseSensitive: boolean) =>
	caseSensitive ? a === b : recased(a) === recased(b);

function sameAtom(a: Atom, b: Atom): boolean {
	if (typeof a === "string" || typeof a === "boolean") return a === b;
	return compareNumbers(a, b) === 0;
}

/** Whether two values are the same; containers that are not ordered are so with the same members. */
export function sameValue(a: Value, b: Value): boolean | null {
	if (a === null || b === null) return null;
	if (!isContainer(a) || !isContainer(b)) return !isContainer(a) && !isContainer(b) && sameAtom(a, b);
	if (a.ordered !== b.ordered || a.members.length !== b.members.length) return false;
	const [mine, other] = a.ordered ? [a.members, b.members] : [sorted(a), sorted(b)];
	return mine.every((member, index) => sameAtom(member, other[index] ?? ""));
}

const sorted = ({ members }: Container) =>
	members.toSorted((a, b) => compareNumbers(a, b) ?? (a < b ? -1 : a > b ? 1 : 0));

export const containsValue = (container: Value, atom: Value): boolean =>
	membersOf(container).some((member) => sameValue(member, atom) === true);
