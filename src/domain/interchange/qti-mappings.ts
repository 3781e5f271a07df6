import { decimalText } from "../decimal.ts";
import type { Declaration, Mapping } from "./qti-declarations.ts";
import { type Atom, atomOf, containerOf, membersOf, recased, type Value } from "./qti-values.ts";

/** What a declaration says of responses, as values: which is right, and what its table gives for each. */

/** The right response. */
export function correctOf({ cardinality, baseType, correct }: Declaration): Value {
	const atoms = correct.flatMap((text) => atomOf(text, baseType) ?? []);
	if (cardinality === "single") return atoms[0] ?? null;
	return containerOf(atoms, cardinality === "ordered");
}

export type Table = (response: Value) => number;

/** The sum of what the table gives for each member of a response, within its bounds. */
export function tableOf({ baseType }: Declaration, mapping: Mapping): Table {
	const exactly = new Map<string, number>();
	const inAnyCase = new Map<string, number>();
	mapping.entries.forEach(({ key, caseSensitive }, index) => {
		const table = baseType !== "string" || caseSensitive ? exactly : inAnyCase;
		const name = table === exactly ? keyOf(atomOf(key, baseType)) : recased(key);
		if (!table.has(name)) table.set(name, index);
	});
	const scoreOf = (member: Atom): number => {
		// The first entry that fits counts.
		const fitting = [
			exactly.get(keyOf(member)),
			typeof member === "string" ? inAnyCase.get(recased(member)) : undefined,
		];
		const index = Math.min(...fitting.map((place) => place ?? Number.POSITIVE_INFINITY));
		return mapping.entries[index]?.score ?? mapping.otherwise;
	};
	const { lower, upper } = mapping.bounds;
	return (response) => {
		const sum = membersOf(response).reduce((total: number, member) => total + scoreOf(member), 0);
		return Math.min(upper, Math.max(lower, sum));
	};
}

/** A text that is the same for the same value. */
export const keyOf = (atom: Atom | null): string =>
	typeof atom === "object" && atom ? decimalText(atom) : String(atom);
