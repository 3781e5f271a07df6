import { XmlElement as Parsed, parseXml, XmlCdata, XmlText } from "@rgrove/parse-xml";

/**
 * What QTI itself gives for a response: response processing of QTI 2 and 3, carried out on the document as it was written, by the rules
 * of the specification (QTI 3.0, "Response processing" and "Expressions"). It shares nothing with the readers that it judges but the
 * parser of XML: names are compared without their hyphens, capitals and `qti-`, numbers are those of JavaScript.
 */

export interface Node {
	/** In small letters, without hyphens and without `qti`. */
	name: string;
	attributes: Readonly<Record<string, string>>;
	children: (Node | string)[];
}

const plain = (name: string) => name.replace(/^.*:/, "").replace(/^qti-/, "").replaceAll("-", "").toLowerCase();

export function parsed(xml: string): Node {
	const { root } = parseXml(xml.replace(/^\uFEFF/, ""));
	if (!root) throw new Error("no root");
	return nodeOf(root);
}

const nodeOf = (element: Parsed): Node => ({
	name: plain(element.name),
	attributes: Object.fromEntries(Object.entries(element.attributes).map(([name, value]) => [plain(name), value])),
	children: element.children.flatMap((child): (Node | string)[] => {
		if (child instanceof Parsed) return [nodeOf(child)];
		return child instanceof XmlText || child instanceof XmlCdata ? [child.text] : [];
	}),
});

export const elements = ({ children }: Node): Node[] => children.filter((child) => typeof child !== "string");
export const textIn = (node: Node): string =>
	node.children.map((child) => (typeof child === "string" ? child : textIn(child))).join("");

export function* within(node: Node, name: string): Generator<Node> {
	for (const child of elements(node)) {
		if (child.name === name) yield child;
		yield* within(child, name);
	}
}

type Atom = string | number | boolean;
/** A container, ordered or not; null is no value. */
export type Given = Atom | { ordered: boolean; of: Atom[] } | null;

/** Thrown for what the evaluator does not know: the item cannot be judged. */
export class Unknown extends Error {}

function atom(text: string, type: string): Atom {
	const said = text.trim();
	if (type === "float" || type === "integer") {
		if (said === "" || !Number.isFinite(Number(said))) throw new Unknown(`no number: ${said}`);
		return Number(said);
	}
	if (type === "boolean") return said === "true" || said === "1";
	if (type === "pair") return said.split(/\s+/).sort().join(" ");
	if (type === "directedPair") return said.split(/\s+/).join(" ");
	return said;
}

const many = (value: Given): Atom[] => (value === null ? [] : typeof value === "object" ? value.of : [value]);
const container = (of: Atom[], ordered: boolean): Given => (of.length === 0 ? null : { ordered, of });
const number = (value: Given): number | null => {
	const [one, ...more] = many(value);
	if (one === undefined || more.length > 0) return null;
	const read = typeof one === "number" ? one : typeof one === "string" && one !== "" ? Number(one) : Number.NaN;
	return Number.isFinite(read) ? read : null;
};
const near = (a: number, b: number) => Math.abs(a - b) < 1e-9;
const sameAtom = (a: Atom, b: Atom) => {
	if (typeof a === "number" || typeof b === "number") return near(Number(a), Number(b));
	return a === b;
};

function same(a: Given, b: Given): boolean | null {
	if (a === null || b === null) return null;
	if (typeof a !== "object" || typeof b !== "object")
		return typeof a !== "object" && typeof b !== "object" && sameAtom(a, b);
	if (a.of.length !== b.of.length) return false;
	if (a.ordered) return a.of.every((one, index) => sameAtom(one, b.of[index] ?? ""));
	const left = [...b.of];
	return a.of.every((one) => {
		const at = left.findIndex((other) => sameAtom(one, other));
		if (at >= 0) left.splice(at, 1);
		return at >= 0;
	});
}

interface Declared {
	cardinality: string;
	type: string;
	correct: Given;
	mapping: Node | null;
}

export interface Evaluated {
	/** What the processing sets `SCORE` to. */
	score(response: Given): number;
	identifier: string;
	declared: Declared;
	/** Every text, number and identifier that the item compares with. */
	named: string[];
}

const valuesOf = (node: Node | undefined) => (node ? [...within(node, "value")].map((value) => textIn(value)) : []);

function declaredIn(node: Node): Declared {
	const { cardinality = "single", basetype = "identifier" } = node.attributes;
	const values = valuesOf(elements(node).find(({ name }) => name === "correctresponse")).map((text) =>
		atom(text, basetype),
	);
	const correct = cardinality === "single" ? (values[0] ?? null) : container(values, cardinality === "ordered");
	return {
		cardinality,
		type: basetype,
		correct,
		mapping: elements(node).find(({ name }) => name === "mapping") ?? null,
	};
}

/** @throws Unknown where it does not know the item's processing */
export function evaluatorOf(item: Node, identifier: string): Evaluated {
	const responses = new Map(
		elements(item)
			.filter(({ name }) => name === "responsedeclaration")
			.map((node) => [node.attributes.identifier ?? "", declaredIn(node)]),
	);
	const declared = responses.get(identifier);
	if (!declared) throw new Unknown("no declaration");
	const outcomes = elements(item).filter(({ name }) => name === "outcomedeclaration");
	const processing = elements(item).find(({ name }) => name === "responseprocessing");
	const initial = () =>
		new Map<string, Given>(
			outcomes.map((node) => {
				const { identifier: name = "", basetype = "string", cardinality = "single" } = node.attributes;
				const said = valuesOf(elements(node).find((child) => child.name === "defaultvalue")).map((text) =>
					atom(text, basetype),
				);
				const first =
					cardinality === "single"
						? (said[0] ?? (["float", "integer"].includes(basetype) ? 0 : null))
						: container(said, cardinality === "ordered");
				return [name, first];
			}),
		);
	const named = [
		...valuesOf(item),
		...[...within(item, "basevalue")].map(textIn),
		...[...within(item, "mapentry")].map(({ attributes }) => attributes.mapkey ?? ""),
	].map((text) => text.trim());
	const score = (response: Given): number => {
		const run: Run = { responses, identifier, response, outcomes: initial(), defaults: initial() };
		if (!processing) throw new Unknown("no processing");
		const template = processing.attributes.template
			?.split("/")
			.at(-1)
			?.replace(/\.xml$/, "");
		if (elements(processing).length === 0 && template) byTemplate(template, run, declared);
		else rules(elements(processing), run);
		return number(run.outcomes.get("SCORE") ?? null) ?? 0;
	};
	return { score, identifier, declared, named };
}

interface Run {
	responses: ReadonlyMap<string, Declared>;
	identifier: string;
	response: Given;
	outcomes: Map<string, Given>;
	defaults: ReadonlyMap<string, Given>;
}

function byTemplate(template: string, run: Run, declared: Declared): void {
	switch (template) {
		case "match_correct":
		case "CC2_match":
			run.outcomes.set("SCORE", same(run.response, declared.correct) === true ? 1 : 0);
			return;
		case "CC2_match_basic":
			run.outcomes.set(
				"SCORE",
				same(run.response, declared.correct) === true ? (run.defaults.get("MAXSCORE") ?? 1) : 0,
			);
			return;
		case "map_response":
		case "CC2_map_response":
			run.outcomes.set("SCORE", run.response === null ? 0 : mapped(run.response, declared));
			return;
		default:
			throw new Unknown(`template ${template}`);
	}
}

function mapped(response: Given, { mapping, type }: Declared): number {
	if (!mapping) throw new Unknown("no mapping");
	const entries = elements(mapping).filter(({ name }) => name === "mapentry");
	const of = (one: Atom): number => {
		const entry = entries.find(({ attributes }) => {
			const key = atom(attributes.mapkey ?? "", type);
			if (type === "string" && attributes.casesensitive !== "true") return folded(String(one)) === folded(String(key));
			return sameAtom(one, key);
		});
		return Number(entry?.attributes.mappedvalue ?? mapping.attributes.defaultvalue ?? 0);
	};
	const sum = many(response).reduce((total: number, one) => total + of(one), 0);
	const { lowerbound, upperbound } = mapping.attributes;
	return Math.min(
		Number(upperbound ?? Number.POSITIVE_INFINITY),
		Math.max(Number(lowerbound ?? Number.NEGATIVE_INFINITY), sum),
	);
}

const folded = (text: string) => text.toLowerCase().toUpperCase();

/** @returns whether the processing ends there */
function rules(nodes: readonly Node[], run: Run): boolean {
	for (const node of nodes) {
		switch (node.name) {
			case "exitresponse":
				return true;
			case "responseprocessingfragment":
				if (rules(elements(node), run)) return true;
				break;
			case "setoutcomevalue": {
				const [value] = elements(node);
				if (value) run.outcomes.set(node.attributes.identifier ?? "", evaluate(value, run));
				break;
			}
			case "responsecondition":
				for (const branch of elements(node)) {
					const [condition, ...rest] = elements(branch);
					const isElse = branch.name === "responseelse";
					if (!isElse && (!condition || evaluate(condition, run) !== true)) continue;
					if (rules(isElse ? elements(branch) : rest, run)) return true;
					break;
				}
				break;
			default:
				throw new Unknown(`rule ${node.name}`);
		}
	}
	return false;
}

function numbers(nodes: readonly Node[], run: Run, of: (all: number[]) => number): Given {
	const all: number[] = [];
	for (const node of nodes) {
		const value = evaluate(node, run);
		if (value === null) return null;
		for (const one of many(value)) {
			const read = number(one);
			if (read === null) return null;
			all.push(read);
		}
	}
	const result = of(all);
	return Number.isFinite(result) ? result : null;
}

function compared(nodes: readonly Node[], run: Run, holds: (a: number, b: number) => boolean): Given {
	const [a, b] = nodes.map((node) => number(evaluate(node, run)));
	return a === null || b === null || a === undefined || b === undefined ? null : holds(a, b);
}

function evaluate(node: Node, run: Run): Given {
	const parts = elements(node);
	const { identifier = "", basetype = "string" } = node.attributes;
	const value = (index: number): Given => {
		const part = parts[index];
		return part ? evaluate(part, run) : null;
	};
	switch (node.name) {
		case "basevalue":
			return atom(textIn(node), basetype);
		case "null":
			return null;
		case "variable":
			if (identifier === run.identifier) return run.response;
			if (run.responses.has(identifier)) return null;
			if (!run.outcomes.has(identifier) && identifier !== "SCORE") throw new Unknown(`variable ${identifier}`);
			return run.outcomes.get(identifier) ?? (identifier === "SCORE" ? 0 : null);
		case "default":
			return run.defaults.get(identifier) ?? null;
		case "correct":
			return run.responses.get(identifier)?.correct ?? null;
		case "mapresponse": {
			const declared = run.responses.get(identifier);
			if (identifier !== run.identifier || !declared) throw new Unknown("another mapping");
			return run.response === null ? null : mapped(run.response, declared);
		}
		case "and": {
			const all = parts.map((part) => evaluate(part, run));
			return all.includes(false) ? false : all.includes(null) ? null : true;
		}
		case "or": {
			const all = parts.map((part) => evaluate(part, run));
			return all.includes(true) ? true : all.includes(null) ? null : false;
		}
		case "not": {
			const held = value(0);
			return held === null ? null : held !== true;
		}
		case "isnull": {
			const given = value(0);
			return given === null || given === "";
		}
		case "match":
			return same(value(0), value(1));
		case "equal":
			return equal(node, run);
		case "stringmatch":
		case "substring": {
			const [first, second] = [value(0), value(1)];
			if (first === null || second === null) return null;
			const isSensitive = node.attributes.casesensitive !== "false";
			const [a, b] = [first, second].map((text) => (isSensitive ? String(text) : folded(String(text))));
			if (node.name === "substring") return (b ?? "").includes(a ?? "");
			return a === b || (node.attributes.substring === "true" && (a ?? "").includes(b ?? ""));
		}
		case "lt":
			return compared(parts, run, (a, b) => a < b && !near(a, b));
		case "lte":
			return compared(parts, run, (a, b) => a < b || near(a, b));
		case "gt":
			return compared(parts, run, (a, b) => a > b && !near(a, b));
		case "gte":
			return compared(parts, run, (a, b) => a > b || near(a, b));
		case "member": {
			const [one, all] = [value(0), value(1)];
			if (one === null || all === null) return null;
			return many(all).some((other) => same(one, other) === true);
		}
		case "contains": {
			const [all, part] = [value(0), value(1)];
			if (all === null || part === null) return null;
			return many(part).every((one) => many(all).some((other) => sameAtom(one, other)));
		}
		case "multiple":
		case "ordered":
			return container(
				parts.flatMap((part) => many(evaluate(part, run))),
				node.name === "ordered",
			);
		case "containersize":
			return many(value(0)).length;
		case "index":
			return many(value(0))[Number(node.attributes.n) - 1] ?? null;
		case "delete": {
			const all = value(1);
			const kept = many(all).filter((one) => same(one, value(0)) !== true);
			return container(kept, typeof all === "object" && all !== null && all.ordered);
		}
		case "sum":
			return numbers(parts, run, (all) => all.reduce((total, one) => total + one, 0));
		case "product":
			return numbers(parts, run, (all) => all.reduce((total, one) => total * one, 1));
		case "subtract":
			return numbers(parts, run, ([a = 0, b = 0]) => a - b);
		case "divide":
			return numbers(parts, run, ([a = 0, b = 0]) => a / b);
		case "min":
			return numbers(parts, run, (all) => Math.min(...all));
		case "max":
			return numbers(parts, run, (all) => Math.max(...all));
		case "round":
			return numbers(parts, run, ([one = 0]) => Math.floor(one + 0.5));
		case "truncate":
			return numbers(parts, run, ([one = 0]) => Math.trunc(one));
		case "integertofloat":
			return value(0);
		default:
			throw new Unknown(`expression ${node.name}`);
	}
}

function equal(node: Node, run: Run): Given {
	const [first, second] = elements(node).map((part) => number(evaluate(part, run)));
	if (first === null || second === null || first === undefined || second === undefined) return null;
	const mode = node.attributes.tolerancemode ?? "exact";
	if (mode === "exact") return near(first, second);
	const [below = 0, above = below] = (node.attributes.tolerance ?? "0").trim().split(/\s+/).map(Number);
	const width = (share: number) => (mode === "relative" ? (Math.abs(first) * share) / 100 : share);
	const [low, high] = [first - width(below), first + width(above)];
	const lower =
		node.attributes.includelowerbound === "false"
			? second > low && !near(second, low)
			: second > low || near(second, low);
	const upper =
		node.attributes.includeupperbound === "false"
			? second < high && !near(second, high)
			: second < high || near(second, high);
	return lower && upper;
}
