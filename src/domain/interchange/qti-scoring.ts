import type { Declaration } from "./qti-declarations.ts";
import { computes, type Execution, type ExpressionReading, NotUnderstood, qtiExpressionOf } from "./qti-expressions.ts";
import { correctOf, type Table, tableOf } from "./qti-mappings.ts";
import { bounded } from "./qti-source.ts";
import { atomOf, containerOf, numberOfValue, sameValue, type Value } from "./qti-values.ts";
import type { Losses } from "./report.ts";
import { childrenOf, elementsIn, firstNamed, named, rawText, type XmlElement } from "./xml.ts";

/**
 * How an item is scored: its response processing is carried out with the responses that it speaks of, so that the key is what
 * earns the marks and not what the item calls correct.
 */
export interface Scoring extends Pick<ExpressionReading, "constants" | "sets" | "tolerances"> {
	/** What a response is worth. */
	scoreOf(response: Value): number;
}

const FIRST_CORRECT = "It calls several responses correct and takes one: only the first of them counts.";

const SCORE = "SCORE";
/** Elements of a program that is carried out. What is longer is no usual way to score one interaction. */
const PROGRAM_ELEMENTS_MAX = 500;

export function scoringOf(item: XmlElement, declaration: Declaration, losses: Losses): Scoring {
	const processing = childrenOf(item).find(({ name }) => name === "qti-response-processing");
	const found = { constants: new Set<string>(), sets: [], tolerances: [] };
	const table = declaration.mapping && tableOf(declaration, declaration.mapping);
	const byKey = { ...found, scoreOf: table ? byTable(table) : byMatch(declaration) };
	if (declaration.cardinality === "single" && declaration.correct.length > 1 && !table) losses.earns(FIRST_CORRECT);
	if (!processing) return byKey;
	const reading: ExpressionReading = { declaration, table, ...variablesOf(item, declaration), ...found };
	const template = processing.attributes
		.get("template")
		?.split("/")
		.at(-1)
		?.replace(/\.xml$/, "");
	const byTemplate = template && TEMPLATES.get(template)?.(reading);
	if (byTemplate) return { ...found, scoreOf: byTemplate };
	try {
		return { ...found, scoreOf: programOf(processing, reading) };
	} catch (error) {
		if (!(error instanceof NotUnderstood)) throw error;
		losses.earns("Its own response processing was left out: the key scores it.");
		return byKey;
	}
}

/** Programs that items name instead of writing them: those of QTI and of the Common Cartridge. */
const TEMPLATES: ReadonlyMap<string, (reading: ExpressionReading) => Scoring["scoreOf"]> = new Map([
	["match_correct", ({ declaration }: ExpressionReading) => byMatch(declaration)],
	["CC2_match", ({ declaration }: ExpressionReading) => byMatch(declaration)],
	[
		"CC2_match_basic",
		({ declaration, outcomes }: ExpressionReading) =>
			byMatch(declaration, numberOfValue(outcomes.get("MAXSCORE") ?? 1) ?? 1),
	],
	["map_response", ({ table }: ExpressionReading) => byTable(table)],
	["CC2_map_response", ({ table }: ExpressionReading) => byTable(table)],
]);

function byMatch(declaration: Declaration, marks = 1): Scoring["scoreOf"] {
	const correct = correctOf(declaration);
	return (response) => (sameValue(response, correct) === true ? marks : 0);
}

function byTable(table: Table | null): Scoring["scoreOf"] {
	return (response) => (table === null || response === null ? 0 : table(response));
}

function variablesOf(item: XmlElement, declaration: Declaration): Pick<ExpressionReading, "outcomes" | "others"> {
	const parts = childrenOf(item);
	const identifierOf = ({ attributes }: XmlElement) => attributes.get("identifier") ?? "";
	const outcomes = parts
		.filter(({ name }) => name === "qti-outcome-declaration")
		.map((outcome): [string, Value] => [identifierOf(outcome), initialOf(outcome)]);
	const responses = parts.filter(({ name }) => name === "qti-response-declaration").map(identifierOf);
	return {
		outcomes: new Map([[SCORE, 0], ...outcomes]),
		others: new Set(responses.filter((identifier) => identifier !== declaration.identifier)),
	};
}

/** Numbers begin with 0, others with nothing, unless the declaration says more. */
function initialOf(outcome: XmlElement): Value {
	const baseType = outcome.attributes.get("base-type") ?? "string";
	const said = firstNamed(outcome, "qti-default-value");
	const values = said
		? bounded([...named(said, "qti-value")]).flatMap((value) => atomOf(rawText(value), baseType) ?? [])
		: [];
	const cardinality = outcome.attributes.get("cardinality") ?? "single";
	if (cardinality !== "single") return containerOf(values, cardinality === "ordered");
	return values[0] ?? (baseType === "float" || baseType === "integer" ? 0 : null);
}

/** @throws NotUnderstood where it is no program of what is known here, or gives no score */
function programOf(processing: XmlElement, reading: ExpressionReading): Scoring["scoreOf"] {
	let elements = 0;
	let setsScore = false;
	for (const element of elementsIn(processing)) {
		const { name, attributes } = element;
		if (++elements > PROGRAM_ELEMENTS_MAX || computes(element, reading.declaration)) throw new NotUnderstood();
		if (name === "qti-set-outcome-value" && attributes.get("identifier") === SCORE) setsScore = true;
	}
	if (!setsScore) throw new NotUnderstood();
	const rules = rulesOf(childrenOf(processing), reading);
	return (response) => {
		const run: Execution = { response, outcomes: new Map(reading.outcomes) };
		rules(run);
		return numberOfValue(run.outcomes.get(SCORE) ?? null) ?? 0;
	};
}

/** Carries out rules. @returns whether the processing ends there */
type Rule = (run: Execution) => boolean;

function rulesOf(elements: readonly XmlElement[], reading: ExpressionReading): Rule {
	const rules = elements.map((element) => ruleOf(element, reading));
	return (run) => rules.some((rule) => rule(run));
}

function ruleOf(element: XmlElement, reading: ExpressionReading): Rule {
	const children = childrenOf(element);
	switch (element.name) {
		case "qti-response-processing-fragment":
			return rulesOf(children, reading);
		case "qti-exit-response":
			return () => true;
		case "qti-set-outcome-value": {
			const identifier = element.attributes.get("identifier") ?? "";
			const [value, ...more] = children;
			if (!value || more.length > 0) throw new NotUnderstood();
			const expression = qtiExpressionOf(value, reading);
			return (run) => {
				run.outcomes.set(identifier, expression(run));
				return false;
			};
		}
		case "qti-response-condition": {
			const branches = children.map((branch) => branchOf(branch, reading));
			return (run) => branches.find(({ holds }) => holds(run))?.rules(run) ?? false;
		}
		default:
			throw new NotUnderstood();
	}
}

function branchOf(branch: XmlElement, reading: ExpressionReading): { holds: (run: Execution) => boolean; rules: Rule } {
	const children = childrenOf(branch);
	if (branch.name === "qti-response-else") return { holds: () => true, rules: rulesOf(children, reading) };
	const [condition, ...rules] = children;
	if (!/^qti-response-(?:if|else-if)$/.test(branch.name) || !condition) throw new NotUnderstood();
	const expression = qtiExpressionOf(condition, reading);
	return { holds: (run) => expression(run) === true, rules: rulesOf(rules, reading) };
}
