import type { InputFault } from "../result.ts";
import { ACCEPTED_TEXTS_MAX, CHOICES_MAX } from "./limits.ts";
import type { Question } from "./questions.ts";
import { normalised } from "./short-texts.ts";

/**
 * What the schema of a single field cannot say of a question: options that differ, and a key that points into them. It looks
 * at what the author wrote, which may have other faults too: a member of another shape than it should have is passed over.
 */
export function questionFaults(question: unknown): InputFault[] {
	if (typeof question !== "object" || question === null) return [];
	const member = (name: string): unknown => (Object.hasOwn(question, name) ? Reflect.get(question, name) : undefined);
	const type = member("type") ?? "single_choice";
	if (typeof type !== "string" || !Object.hasOwn(FAULTS, type)) return [];
	return FAULTS[type as Type](member, (name) => shortListIn(member(name)));
}

type Type = NonNullable<Question["type"]>;
type Faults = (member: (name: string) => unknown, list: (name: string) => readonly unknown[]) => InputFault[];

const FAULTS: Readonly<Record<Type, Faults>> = {
	single_choice: (member, list) => [
		...equalTexts("options", list("options"), "option"),
		...outside("correctAnswer", member("correctAnswer"), "options", list("options")),
		...otherLength("option_feedback", list("option_feedback"), "options", list("options")),
	],
	multiple_choice: (_, list) => [
		...equalTexts("options", list("options"), "option"),
		...allOutside("correct_answers", list("correct_answers"), "options", list("options")),
		...repeated("correct_answers", list("correct_answers")),
		...otherLength("option_feedback", list("option_feedback"), "options", list("options")),
	],
	true_false: () => [],
	numeric: () => [],
	short_text: (member, list) => [
		...equalTexts("accepted", list("accepted"), "accepted text"),
		...emptied("accepted", list("accepted"), member("accent_sensitive") === true),
		...(member("wildcards") === true ? acceptingAll("accepted", list("accepted")) : []),
	],
	ordering: (_, list) => [
		...equalTexts("items", list("items"), "item"),
		...allOutside("correct_order", list("correct_order"), "items", list("items")),
		...repeated("correct_order", list("correct_order")),
		...otherLength("correct_order", list("correct_order"), "items", list("items")),
	],
	matching: (_, list) => [
		...equalTexts("prompts", list("prompts"), "prompt"),
		...equalTexts("choices", list("choices"), "choice"),
		...allOutside("correct_matches", list("correct_matches"), "choices", list("choices")),
		...otherLength("correct_matches", list("correct_matches"), "prompts", list("prompts")),
	],
};

/** A list that is too long for any question is refused by the schema, and to look into it would take long. */
function shortListIn(value: unknown): readonly unknown[] {
	const list = listIn(value);
	return list.length > Math.max(CHOICES_MAX, ACCEPTED_TEXTS_MAX) ? [] : list;
}

export const listIn = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

function equalTexts(name: string, texts: readonly unknown[], what: string): InputFault[] {
	const seen = new Map<string, number>();
	return texts.flatMap((text, index) => {
		if (typeof text !== "string") return [];
		const same = seen.get(text.trim());
		if (same !== undefined) return [{ pointer: `/${name}/${index}`, detail: `Equal to ${what} ${same}.` }];
		seen.set(text.trim(), index);
		return [];
	});
}

/** A text of nothing but accents would accept any other such text. */
function emptied(name: string, texts: readonly unknown[], accent_sensitive: boolean): InputFault[] {
	const counts = { case_sensitive: false, accent_sensitive, whitespace_sensitive: false };
	return texts.flatMap((text, index) => {
		const isEmptied = typeof text === "string" && text.trim() !== "" && normalised(text, counts) === "";
		return isEmptied ? [{ pointer: `/${name}/${index}`, detail: "Nothing is left of it without its accents." }] : [];
	});
}

/** A pattern of nothing but asterisks would accept whatever is typed. */
const acceptingAll = (name: string, texts: readonly unknown[]): InputFault[] =>
	texts.flatMap((text, index) => {
		const isAll = typeof text === "string" && text.includes("*") && /^[\s*]+$/.test(text);
		return isAll ? [{ pointer: `/${name}/${index}`, detail: "It accepts any text." }] : [];
	});

/** Negative numbers and fractions are for the field's own schema to refuse. */
function outside(name: string, index: unknown, of: string, list: readonly unknown[]): InputFault[] {
	if (!Number.isInteger(index) || Number(index) < list.length || list.length === 0) return [];
	return [{ pointer: `/${name}`, detail: `Must be an index into ${of}, 0 to ${list.length - 1}.` }];
}

const allOutside = (name: string, indices: readonly unknown[], of: string, list: readonly unknown[]) =>
	indices.flatMap((index, place) => outside(`${name}/${place}`, index, of, list));

function repeated(name: string, indices: readonly unknown[]): InputFault[] {
	return indices.flatMap((index, place) => {
		const same = indices.indexOf(index);
		if (!Number.isInteger(index) || same === place) return [];
		return [{ pointer: `/${name}/${place}`, detail: `Index ${index} stands at ${same} already.` }];
	});
}

/** @param indices one for each of the list: an index, or a text */
function otherLength(name: string, indices: readonly unknown[], of: string, list: readonly unknown[]): InputFault[] {
	if (indices.length === list.length || indices.length === 0 || list.length === 0) return [];
	const detail = `Must have one entry for each of the ${list.length} ${of}; it has ${indices.length}.`;
	return [{ pointer: `/${name}`, detail }];
}
