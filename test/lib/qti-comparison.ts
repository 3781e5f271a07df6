import { marksOf } from "../../src/domain/attempts/marks.ts";
import { score } from "../../src/domain/attempts/scoring.ts";
import { keyOf } from "../../src/domain/quizzes/answer-keys.ts";
import type { Question } from "../../src/domain/quizzes/questions.ts";
import { elements, evaluatorOf, type Given, type Node, textIn, Unknown, within } from "./qti-evaluator.ts";

/** An item of QTI and the question that came of it: which responses earn other marks here than there. */

export type Comparison = { compared: number; differences: string[] } | { unknown: string };

interface Trial {
	there: Given;
	/** What a taker sends who means the same. */
	here: unknown;
	said: string;
}

/** What questions earn here. */
export function marksHere(question: Question, response: unknown): number {
	const quiz = { quiz: "quz_1", version: "v", version_number: 1, pass_percentage: 50 };
	return marksOf(score({ ...quiz, questions: [keyOf(question)] }, new Map([[question.id, response]])).score);
}

const TRIALS_MAX = 4_000;

/** @param item as `parsed` gives it */
export function compared(item: Node, question: Question): Comparison {
	try {
		const body = elements(item).find(({ name }) => name === "itembody");
		const interactions = body ? [...all(body)].filter(({ name }) => name.endsWith("interaction")) : [];
		const [interaction] = interactions;
		if (!interaction || interactions.length > 1) return { unknown: "not one interaction" };
		const evaluator = evaluatorOf(item, interaction.attributes.responseidentifier ?? "");
		const trials = trialsOf(interaction, evaluator.named, evaluator.declared.cardinality, question).slice(
			0,
			TRIALS_MAX,
		);
		const differences = trials.flatMap(({ there, here, said }) => {
			const [wanted, earned] = [evaluator.score(there), marksHere(question, here)];
			return Math.abs(wanted - earned) < 1e-3 ? [] : [`${said}: ${wanted} there, ${earned} here`];
		});
		return { compared: trials.length, differences };
	} catch (error) {
		if (error instanceof Unknown) return { unknown: error.message };
		throw error;
	}
}

function* all(node: Node): Generator<Node> {
	for (const child of elements(node)) {
		yield child;
		yield* all(child);
	}
}

/** A text by its letters and digits alone, so that how markup was laid out does not matter. */
const letters = (text: string) =>
	text
		.normalize("NFKD")
		.replace(/[^\p{L}\p{N}+\-=<>/*.,]/gu, "")
		.toLowerCase();

const labelOf = (node: Node): string => {
	const shown = (one: Node): string =>
		one.children
			.map((child) =>
				typeof child === "string"
					? child
					: /^(?:feedback|rubric)/.test(child.name)
						? ""
						: `${child.attributes.alt ?? ""}${shown(child)}`,
			)
			.join("");
	return letters(shown(node));
};

/** Identifiers of what can be chosen, with their index here. */
function indicesOf(nodes: readonly Node[], texts: readonly string[]): Map<string, number> {
	const places = new Map<string, number>();
	const own = texts.map(letters);
	for (const node of nodes) {
		const at = own.indexOf(labelOf(node));
		if (at < 0 || own.indexOf(labelOf(node), at + 1) >= 0)
			throw new Unknown(`label ${textIn(node).trim().slice(0, 30)}`);
		places.set(node.attributes.identifier ?? "", at);
	}
	return places;
}

function* subsets<T>(list: readonly T[]): Generator<T[]> {
	for (let bits = 0; bits < 2 ** Math.min(list.length, 10); bits++)
		yield list.filter((_, index) => (bits >> index) & 1);
}

function* permutations<T>(list: readonly T[]): Generator<T[]> {
	if (list.length <= 1) yield [...list];
	else
		for (const [index, first] of list.entries())
			for (const rest of permutations(list.filter((_, other) => other !== index))) yield [first, ...rest];
}

function trialsOf(interaction: Node, named: readonly string[], cardinality: string, question: Question): Trial[] {
	const is = interaction.name;
	if (is === "choiceinteraction" || is === "inlinechoiceinteraction")
		return choices(interaction, cardinality, question);
	if (is === "textentryinteraction") return question.type === "numeric" ? figures(named) : texts(named);
	if (is === "orderinteraction" && question.type === "ordering") {
		const places = indicesOf([...within(interaction, "simplechoice")], question.items);
		return [...permutations([...places.keys()].slice(0, 6))].map((order) => {
			return {
				there: { ordered: true, of: order },
				here: order.map((name) => places.get(name)),
				said: order.join(" "),
			};
		});
	}
	if (is === "matchinteraction" && question.type === "matching") return pairs(interaction, question);
	throw new Unknown(is);
}

function choices(interaction: Node, cardinality: string, question: Question): Trial[] {
	const nodes = [...within(interaction, "simplechoice"), ...within(interaction, "inlinechoice")];
	const wrapped = (names: string[]): Given =>
		cardinality === "single" ? (names[0] ?? null) : names.length === 0 ? null : { ordered: false, of: names };
	if (question.type === "true_false")
		return [true, false].map((value) => ({ there: wrapped([String(value)]), here: value, said: String(value) }));
	if (question.type !== "multiple_choice" && !("options" in question)) throw new Unknown("no choice");
	const places = indicesOf(nodes, question.options);
	if (question.type !== "multiple_choice") {
		return [...places].map(([name, index]) => ({ there: wrapped([name]), here: index, said: name }));
	}
	return [...subsets([...places.keys()])].map((names) => ({
		there: wrapped(names),
		here: names.map((name) => places.get(name)),
		said: names.join(" "),
	}));
}

function texts(named: readonly string[]): Trial[] {
	const variants = named.flatMap((text) => [
		text,
		text.toUpperCase(),
		text.toLowerCase(),
		text.normalize("NFD").replace(/\p{M}/gu, ""),
		`x${text}`,
		`${text}x`,
		text.slice(1),
		text.slice(0, -1),
	]);
	return [...new Set(variants)]
		.filter((text) => text.trim() !== "" && text === text.trim())
		.map((text) => ({ there: text, here: text, said: JSON.stringify(text) }));
}

function figures(named: readonly string[]): Trial[] {
	const values = named.map(Number).filter((value) => Number.isFinite(value));
	const steps = [0, 0.001, 0.01, 0.1, 0.5, 1, 2, 5, 10].flatMap((step) => [step, -step]);
	const around = values.flatMap((value) => [
		...steps.map((step) => value + step),
		...[0.01, 0.05, 0.1].flatMap((share) => [value * (1 + share), value * (1 - share)]),
	]);
	return [...new Set(around.map((value) => Number(value.toPrecision(12))))].map((value) => ({
		there: value,
		here: value,
		said: String(value),
	}));
}

function pairs(interaction: Node, question: Extract<Question, { type: "matching" }>): Trial[] {
	const [one, two] = [...within(interaction, "simplematchset")].map(elements);
	if (!one || !two) throw new Unknown("no two sets");
	const sides = (): [Map<string, number>, Map<string, number>, boolean] => {
		try {
			return [indicesOf(one, question.prompts), indicesOf(two, question.choices), false];
		} catch (error) {
			if (!(error instanceof Unknown)) throw error;
			return [indicesOf(two, question.prompts), indicesOf(one, question.choices), true];
		}
	};
	const [prompts, options, isSwapped] = sides();
	const trials: Trial[] = [];
	const random = (seed: number) => (Math.imul(seed, 2_654_435_761) >>> 0) / 2 ** 32;
	for (let run = 0; run < 300; run++) {
		const given = [...prompts].map(([name, index], place) => {
			const right = [...options].find(([, at]) => at === question.correct_matches[index]);
			const other = [...options][Math.floor(random(run * 31 + place + 1) * options.size)];
			const draw = random(run * 17 + place * 7 + 3);
			return { name, index, choice: run === 0 || draw < 0.5 ? right : draw < 0.7 ? undefined : other };
		});
		const of = given.flatMap(({ name, choice }) =>
			choice ? [isSwapped ? `${choice[0]} ${name}` : `${name} ${choice[0]}`] : [],
		);
		const here: (number | null)[] = question.prompts.map(() => null);
		for (const { index, choice } of given) here[index] = choice?.[1] ?? null;
		trials.push({ there: of.length === 0 ? null : { ordered: false, of }, here, said: of.join(", ") });
	}
	return trials;
}
