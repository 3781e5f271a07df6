import { hasHtml, textOfHtml } from "./plain-text.ts";
import { numberOf } from "./qti-declarations.ts";
import { readItem } from "./qti-item.ts";
import { bounded } from "./qti-source.ts";
import { Losses, notRead, type ReadQuestion, Skip } from "./report.ts";
import { childrenOf, firstNamed, named, rawText, type XmlElement } from "./xml.ts";

/**
 * Items of QTI 1.2, as Canvas, Blackboard and most test generators write them, said in QTI 3.0: what is scored by conditions there is
 * a program here, so that both are carried out and nothing that an item calls correct is believed.
 */

const NO_ATTRIBUTES: ReadonlyMap<string, string> = new Map();

function el(
	name: string,
	attributes: Readonly<Record<string, string>> = {},
	children: XmlElement["children"] = [],
): XmlElement {
	const entries = Object.entries(attributes);
	return {
		name: `qti-${name}`,
		attributes: entries.length === 0 ? NO_ATTRIBUTES : new Map(entries),
		children,
		start: 0,
	};
}

export function readQti1Item(item: XmlElement, place: string): ReadQuestion {
	const identifier = item.attributes.get("ident")?.trim() || place;
	const name = item.attributes.get("title")?.trim() || null;
	const losses = new Losses();
	try {
		const read = readItem(translated(item, losses), place);
		return {
			...read,
			place: identifier,
			name,
			reasons: read.question === null ? read.reasons : [...losses.reasons, ...read.reasons],
		};
	} catch (error) {
		if (error instanceof Skip) return notRead(identifier, error.message, name);
		throw error;
	}
}

/** What an item says of itself in fields with labels, or in elements of their own. */
function metadataOf(item: XmlElement): ReadonlyMap<string, string> {
	const data = new Map<string, string>();
	for (const field of named(item, "qtimetadatafield")) {
		const [label, entry] = [firstNamed(field, "fieldlabel"), firstNamed(field, "fieldentry")];
		if (label && entry) data.set(rawText(label).trim().toLowerCase(), rawText(entry).trim());
	}
	for (const holder of named(item, "itemmetadata"))
		for (const child of childrenOf(holder))
			if (child.name.startsWith("qmd_") || child.name.startsWith("bbmd_")) data.set(child.name, rawText(child).trim());
	return data;
}

/** Types of systems that keep what is right in places of their own. */
const NOT_SAID: ReadonlyMap<string, string> = new Map([
	["calculated_question", "A calculated question: its numbers are made anew for each taker."],
	["multiple_dropdowns_question", "It has several gaps with lists; a question has one."],
	["fill_in_multiple_blanks_question", "It has several gaps; a question has one."],
	["file_upload_question", "A file is uploaded: no answer can be scored."],
	["essay_question", "An essay: no answer can be scored."],
	["text_only_question", "It asks nothing: a text alone."],
]);

const RESPONSES = ["response_lid", "response_str", "response_num", "response_grp", "response_xy"] as const;

function translated(item: XmlElement, losses: Losses): XmlElement {
	const metadata = metadataOf(item);
	const type = metadata.get("question_type") ?? "";
	const unsaid = NOT_SAID.get(type);
	if (unsaid !== undefined) throw new Skip(unsaid);
	const presentation = firstNamed(item, "presentation");
	if (!presentation) throw new Skip("It asks nothing: it has no presentation.");
	const responses = [...named(presentation, ...RESPONSES)];
	const [first, ...more] = responses;
	if (!first) throw new Skip("It asks nothing: there is no response.");
	const attributes = { identifier: item.attributes.get("ident") ?? "", title: item.attributes.get("title") ?? "" };
	const made = more.length === 0 ? single(first, item, losses) : pairs(responses, item, losses);
	const body = el("item-body", {}, flowOf(presentation, made.interaction, losses));
	const program = [...made.program, ...scaled(item, metadata, losses)];
	return el("assessment-item", attributes, [
		made.declaration,
		el("outcome-declaration", { identifier: "SCORE", cardinality: "single", "base-type": "float" }),
		body,
		el("response-processing", {}, program),
		...feedbackOf(item, made.labels, losses),
	]);
}

interface Translated {
	declaration: XmlElement;
	interaction: XmlElement;
	program: XmlElement[];
	/** Texts of what can be chosen, by their identifiers. */
	labels: ReadonlyMap<string, string>;
}

// ---- texts ----

/** The text of a piece of material, with its lines. */
function textsOf(material: XmlElement, losses: Losses): string {
	const texts: string[] = [];
	for (const part of named(
		material,
		"mattext",
		"mat_formattedtext",
		"matemtext",
		"matimage",
		"mataudio",
		"matvideo",
		"matapplet",
	)) {
		if (part.name === "matimage") {
			losses.add("A picture or other media were left out.");
			texts.push(part.attributes.get("label") ?? "");
		} else if (!part.name.includes("text")) losses.add("A picture or other media were left out.");
		else texts.push(textOf(part, losses));
	}
	return texts.filter((text) => text !== "").join("\n");
}

function textOf(part: XmlElement, losses: Losses): string {
	// XHTML may stand in it as elements.
	const raw = childrenOf(part).length > 0 ? markupOf(part) : rawText(part);
	const type = (part.attributes.get("texttype") ?? part.attributes.get("type") ?? "").toLowerCase();
	if (type.includes("html") || childrenOf(part).length > 0) return textOfHtml(raw, losses);
	return hasHtml(raw) ? textOfHtml(raw, losses, { mixed: true }) : raw.trim();
}

const ESCAPED = /[<>&]/g;
const escapedText = (text: string) => text.replace(ESCAPED, (char) => `&#${char.charCodeAt(0)};`);

/** What stands in an element, written as HTML again. */
const markupOf = (element: XmlElement): string =>
	element.children
		.map((child) => {
			if (typeof child === "string") return escapedText(child);
			const attributes = [...child.attributes].map(
				([name, value]) => ` ${name}="${escapedText(value).replaceAll('"', "&#34;")}"`,
			);
			return `<${child.name}${attributes.join("")}>${markupOf(child)}</${child.name}>`;
		})
		.join("");

/** Lines of text as the body of an item of QTI 3 has them. */
const paragraphs = (text: string): XmlElement["children"] =>
	text.split("\n").flatMap((line) => [line, { name: "br", attributes: NO_ATTRIBUTES, children: [], start: 0 }]);

/** The body: texts in their order, and the interaction where the first response stands. */
function flowOf(presentation: XmlElement, interaction: XmlElement, losses: Losses): XmlElement["children"] {
	const body: (XmlElement | string)[] = [];
	let placed = false;
	const walk = (element: XmlElement): void => {
		for (const child of childrenOf(element)) {
			if (child.name === "material") body.push(...paragraphs(textsOf(child, losses)));
			else if (RESPONSES.some((name) => name === child.name)) {
				if (!placed) body.push(interaction);
				placed = true;
			} else walk(child);
		}
	};
	walk(presentation);
	return body;
}

// ---- one response ----

function single(response: XmlElement, item: XmlElement, losses: Losses): Translated {
	if (response.name === "response_xy" || response.name === "response_grp")
		throw new Skip(`No type of question is like ${response.name}.`);
	const identifier = response.attributes.get("ident") ?? "";
	const isText =
		firstNamed(response, "render_fib") !== null || response.name === "response_str" || response.name === "response_num";
	const own = materialBefore(response, losses);
	if (isText) {
		const fib = firstNamed(response, "render_fib");
		const isNumber =
			response.name === "response_num" || /decimal|integer|scientific/i.test(fib?.attributes.get("fibtype") ?? "");
		if ([...named(response, "response_label")].length > 1) throw new Skip("It has several gaps; a question has one.");
		if ([...named(item, "respcondition")].length === 0) throw new Skip("An essay: no answer can be scored.");
		const declaration = el("response-declaration", {
			identifier,
			cardinality: "single",
			"base-type": isNumber ? "float" : "string",
		});
		const interaction = el("text-entry-interaction", { "response-identifier": identifier });
		return {
			declaration,
			interaction,
			program: programOf(item, { kind: isNumber ? "number" : "text", identifier }),
			labels: new Map(),
		};
	}
	const isMultiple = /multiple/i.test(response.attributes.get("rcardinality") ?? "single");
	if (/ordered/i.test(response.attributes.get("rcardinality") ?? ""))
		throw new Skip("An order, which QTI 1.2 scores by its places.");
	const shuffle = /yes/i.test(firstNamed(response, "render_choice")?.attributes.get("shuffle") ?? "")
		? "true"
		: "false";
	const labels = new Map(
		bounded([...named(response, "response_label")]).map((label) => [
			label.attributes.get("ident")?.trim() ?? "",
			textsOf(label, losses),
		]),
	);
	const choices = [...labels].map(([ident, text]) => el("simple-choice", { identifier: ident }, paragraphs(text)));
	const interaction = el(
		"choice-interaction",
		{ "response-identifier": identifier, shuffle, "max-choices": isMultiple ? "0" : "1" },
		[...(own === "" ? [] : [el("prompt", {}, paragraphs(own))]), ...choices],
	);
	// One that may be right: whether it is, its scoring says.
	const candidate = isMultiple
		? el(
				"correct-response",
				{},
				candidateOf(item).map((ident) => el("value", {}, [ident])),
			)
		: null;
	const type = { identifier, cardinality: isMultiple ? "multiple" : "single", "base-type": "identifier" };
	const declaration = el("response-declaration", type, candidate ? [candidate] : []);
	return {
		declaration,
		interaction,
		program: programOf(item, { kind: isMultiple ? "several" : "one", identifier }),
		labels,
	};
}

/** What the first condition that gives a score names, and does not rule out. */
function candidateOf(item: XmlElement): string[] {
	const idents = (element: XmlElement): string[] =>
		childrenOf(element).flatMap((child) => {
			if (child.name === "not") return [];
			return child.name === "varequal" ? [rawText(child).trim()] : idents(child);
		});
	for (const condition of named(item, "respcondition")) {
		const sets = [...named(condition, "setvar")].some((rule) => /max|[1-9]/i.test(rawText(rule)));
		const tests = firstNamed(condition, "conditionvar");
		if (sets && tests) return bounded([...new Set(idents(tests))]);
	}
	return [];
}

/** Material that a response has for itself, apart from that of its labels. */
const materialBefore = (response: XmlElement, losses: Losses): string =>
	childrenOf(response)
		.filter(({ name }) => name === "material" || name === "material_ref")
		.map((material) => textsOf(material, losses))
		.filter((text) => text !== "")
		.join("\n");

// ---- pairs: several lists with the same labels ----

function pairs(responses: readonly XmlElement[], item: XmlElement, losses: Losses): Translated {
	const lists = bounded([...responses]).map((response) => ({
		identifier: response.attributes.get("ident")?.trim() ?? "",
		prompt: materialBefore(response, losses),
		labels: bounded([...named(response, "response_label")]).map((label) => ({
			ident: label.attributes.get("ident")?.trim() ?? "",
			text: textsOf(label, losses),
		})),
	}));
	const [first, ...more] = lists;
	const said = (list: (typeof lists)[number]) => JSON.stringify(list.labels.map(({ ident, text }) => [ident, text]));
	const isMatching =
		responses.every(({ name }) => name === "response_lid") &&
		first !== undefined &&
		more.every((list) => said(list) === said(first));
	if (!isMatching || first === undefined || lists.some(({ prompt }) => prompt === ""))
		throw new Skip(`It has ${responses.length} responses; a question has one.`);
	const identifier = "RESPONSE";
	const left = lists.map((list, index) =>
		el("simple-associable-choice", { identifier: nameOf("L", index) }, paragraphs(list.prompt)),
	);
	const right = first.labels.map(({ text }, index) =>
		el("simple-associable-choice", { identifier: nameOf("R", index) }, paragraphs(text)),
	);
	const interaction = el("match-interaction", { "response-identifier": identifier }, [
		el("simple-match-set", {}, left),
		el("simple-match-set", {}, right),
	]);
	const pairOf = (ident: string, label: string): string => {
		const [prompt, choice] = [
			lists.findIndex((list) => list.identifier === ident),
			first.labels.findIndex((one) => one.ident === label),
		];
		if (prompt < 0 || choice < 0) throw new Skip("Its scoring names a response that is not there.");
		return `${nameOf("L", prompt)} ${nameOf("R", choice)}`;
	};
	return {
		declaration: el("response-declaration", { identifier, cardinality: "multiple", "base-type": "directedPair" }),
		interaction,
		program: programOf(item, { kind: "pairs", identifier, pairOf }),
		labels: new Map(),
	};
}

const nameOf = (side: string, index: number) => `${side}${index}`;

// ---- scoring ----

type Target =
	| { kind: "one" | "several" | "text" | "number"; identifier: string }
	| { kind: "pairs"; identifier: string; pairOf: (ident: string, label: string) => string };

const SCORE = el("variable", { identifier: "SCORE" });
const numberValue = (value: number) => el("base-value", { "base-type": "float" }, [String(value)]);
const setScore = (value: XmlElement) => el("set-outcome-value", { identifier: "SCORE" }, [value]);

function programOf(item: XmlElement, target: Target): XmlElement[] {
	const processing = childrenOf(item).filter(({ name }) => name === "resprocessing");
	const conditions = bounded(processing.flatMap((one) => [...named(one, "respcondition")]));
	if (conditions.length === 0) throw new Skip("It does not say what is right.");
	const bounds = scoreOf(item);
	// From the last: what a condition that ends the processing leaves out is the other branch.
	let rest: XmlElement[] = [];
	for (const condition of conditions.toReversed()) {
		const rules = rulesOf(condition, bounds);
		const tests = childrenOf(condition).find(({ name }) => name === "conditionvar");
		if (!tests) throw new Skip("Its scoring has a condition that says nothing.");
		const holds = conditionOf(tests, target);
		const goesOn = /yes/i.test(condition.attributes.get("continue") ?? "no");
		const branch = el("response-if", {}, [holds, ...rules]);
		if (goesOn) rest = [...(rules.length > 0 ? [el("response-condition", {}, [branch])] : []), ...rest];
		else rest = [el("response-condition", {}, [branch, ...(rest.length > 0 ? [el("response-else", {}, rest)] : [])])];
	}
	return [setScore(numberValue(bounds.initial)), ...rest];
}

/** The variable that is the score: the one that is declared, under whatever name. */
function scoreOf(item: XmlElement): { name: string; initial: number; least: number | null; most: number | null } {
	const declared = [...named(item, "decvar")];
	const nameIn = ({ attributes }: XmlElement) => attributes.get("varname") ?? "SCORE";
	const own = declared.find((one) => /score/i.test(nameIn(one))) ?? declared[0];
	const bound = (name: string) => {
		const text = own?.attributes.get(name)?.trim();
		return text === undefined || text === "" || !Number.isFinite(Number(text)) ? null : Number(text);
	};
	return {
		name: own ? nameIn(own) : "SCORE",
		initial: bound("defaultval") ?? 0,
		least: bound("minvalue"),
		most: bound("maxvalue"),
	};
}

type Bounds = ReturnType<typeof scoreOf>;

const ACTIONS: ReadonlyMap<string, string> = new Map([
	["add", "sum"],
	["subtract", "subtract"],
	["multiply", "product"],
	["divide", "divide"],
]);

function rulesOf(condition: XmlElement, { name, most }: Bounds): XmlElement[] {
	return childrenOf(condition).flatMap((rule) => {
		if (rule.name !== "setvar") return [];
		const variable = rule.attributes.get("varname") ?? rule.attributes.get("variablename") ?? "SCORE";
		if (variable.toLowerCase() !== name.toLowerCase()) return [];
		const said = rawText(rule).trim();
		const value = /\.max$/i.test(said) ? most : Number(said);
		if (value === null || said === "" || !Number.isFinite(value))
			throw new Skip("Its scoring sets a score that is no number.");
		const action = (rule.attributes.get("action") ?? "set").toLowerCase();
		if (action === "set") return [setScore(numberValue(value))];
		const operator = ACTIONS.get(action);
		if (operator === undefined) throw new Skip(`Its scoring has an action that is not known: ${action.slice(0, 40)}.`);
		return [setScore(el(operator, {}, [SCORE, numberValue(value)]))];
	});
}

const isAlternative = (element: XmlElement) => element.name === "varequal";

/** All of what stands in it; but several equalities with one response can be meant as nothing but alternatives. */
function conditionOf(tests: XmlElement, target: Target): XmlElement {
	const children = childrenOf(tests).filter(({ name }) => name !== "var_extension");
	const isOneOf =
		(target.kind === "one" || target.kind === "text" || target.kind === "number") &&
		children.length > 1 &&
		children.every(isAlternative);
	return el(
		isOneOf ? "or" : "and",
		{},
		children.map((child) => testOf(child, target)),
	);
}

function testOf(element: XmlElement, target: Target): XmlElement {
	switch (element.name) {
		case "and":
		case "or":
			return el(
				element.name,
				{},
				childrenOf(element).map((child) => testOf(child, target)),
			);
		case "not":
			// Within it both hold or neither does; a response that was left out is no reason for it to be unknown.
			return el("not", {}, [
				el(
					"and",
					{},
					childrenOf(element).map((child) => testOf(child, target)),
				),
			]);
		case "other":
			return el("base-value", { "base-type": "boolean" }, ["true"]);
		case "unanswered":
			return el("is-null", {}, [el("variable", { identifier: target.identifier })]);
		case "varequal":
			return equality(element, target);
		case "varsubstring":
			return el("substring", { "case-sensitive": caseOf(element) }, [
				saidIn(element, target),
				el("variable", { identifier: target.identifier }),
			]);
		case "vargt":
		case "vargte":
		case "varlt":
		case "varlte":
			return el(element.name.slice(3), {}, [el("variable", { identifier: target.identifier }), numberIn(element)]);
		default:
			throw new Skip(`Its scoring has a condition that is not known: ${element.name.slice(0, 40)}.`);
	}
}

const caseOf = ({ attributes }: XmlElement) => String(/yes/i.test(attributes.get("case") ?? "no"));
const numberIn = (element: XmlElement) => el("base-value", { "base-type": "float" }, [rawText(element).trim()]);
const saidIn = (element: XmlElement, target: Target) =>
	target.kind === "number"
		? numberIn(element)
		: el("base-value", { "base-type": target.kind === "text" ? "string" : "identifier" }, [rawText(element).trim()]);

function equality(element: XmlElement, target: Target): XmlElement {
	const response = el("variable", { identifier: target.identifier });
	const ident = element.attributes.get("respident")?.trim() ?? target.identifier;
	if (target.kind === "pairs") {
		return el("member", {}, [
			el("base-value", { "base-type": "directedPair" }, [target.pairOf(ident, rawText(element).trim())]),
			response,
		]);
	}
	if (ident !== target.identifier) throw new Skip("Its scoring names a response that is not there.");
	switch (target.kind) {
		case "one":
		case "number":
			return el("match", {}, [response, saidIn(element, target)]);
		case "several":
			return el("member", {}, [saidIn(element, target), response]);
		case "text":
			return el("string-match", { "case-sensitive": caseOf(element) }, [response, saidIn(element, target)]);
	}
}

/** The score within its bounds, and in the points of the item where the score is a share of them. */
function scaled(item: XmlElement, metadata: ReadonlyMap<string, string>, losses: Losses): XmlElement[] {
	const { least, most } = scoreOf(item);
	const rules: XmlElement[] = [];
	if (most !== null) rules.push(setScore(el("min", {}, [SCORE, numberValue(most)])));
	if (least !== null) rules.push(setScore(el("max", {}, [SCORE, numberValue(least)])));
	const said = metadata.get("points_possible") ?? metadata.get("qmd_absolutescore_max");
	const points = numberOf(said, Number.NaN);
	if (said === undefined || !(points > 0)) {
		if (said !== undefined) losses.add("It was worth no points.");
		return rules;
	}
	const whole = most ?? 100;
	if (whole > 0 && whole !== points) rules.push(setScore(el("product", {}, [SCORE, numberValue(points / whole)])));
	return rules;
}

// ---- feedback ----

function feedbackOf(item: XmlElement, labels: ReadonlyMap<string, string>, losses: Losses): XmlElement[] {
	return childrenOf(item)
		.filter(({ name }) => name === "itemfeedback")
		.flatMap((feedback) => {
			const text = textsOf(feedback, losses);
			const identifier = feedback.attributes.get("ident") ?? "";
			const option = labels.get(identifier.replace(/_fb$/, ""));
			return text === ""
				? []
				: [el("modal-feedback", { identifier }, paragraphs(option === undefined ? text : `${option}: ${text}`))];
		});
}
