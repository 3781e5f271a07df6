import type { Losses } from "./report.ts";

/** HTML becomes text: kept to be read, never to be interpreted. Everything here takes time linear in its input. */

/** Elements that begin and end a line. */
const BLOCKS: ReadonlySet<string> = new Set([
	..."address article aside blockquote body caption center dd div dl dt fieldset figcaption figure footer".split(" "),
	..."h1 h2 h3 h4 h5 h6 header hr html li main nav ol p pre section table tbody td tfoot th thead tr ul".split(" "),
]);
/** Elements whose loss changes nothing for a reader. */
const PLAIN: ReadonlySet<string> = new Set("p div span br body html".split(" "));
const MEDIA: ReadonlySet<string> = new Set("img picture audio video object embed iframe svg math canvas".split(" "));
/** Elements whose text is not for readers. */
const HIDDEN: ReadonlySet<string> = new Set("script style template annotation annotation-xml".split(" "));

export const isHidden = (element: string) => HIDDEN.has(element);

const MARKUP_LOST = "Markup was left out; its text was kept.";
const MEDIA_LOST = "A picture, a formula or other media were left out.";

const collapsed = (line: string) => line.replace(/[ \t\r\n\f]+/g, " ").trim();

/** A text as it comes back from HTML: its lines, with white space in them collapsed. */
export const laidOut = (text: string) =>
	text
		.split(/\r\n|\r|\n/)
		.map(collapsed)
		.join("\n")
		.trim();

/** Text as a browser would lay it out, without what it looks like: white space collapses, blocks are lines. */
export class PlainText {
	readonly #lines: string[] = [];
	readonly #losses: Losses;
	#line = "";

	constructor(losses: Losses) {
		this.#losses = losses;
	}

	text(text: string): void {
		this.#line += text;
	}

	/** Begins or ends an element. */
	tag(element: string): void {
		if (element === "br") this.#end();
		else if (BLOCKS.has(element)) this.newLine();
		if (MEDIA.has(element)) this.#losses.add(MEDIA_LOST);
		else if (!PLAIN.has(element)) this.#losses.add(MARKUP_LOST);
	}

	/** Ends the line, unless it is empty. */
	newLine(): void {
		if (this.#line.trim() !== "") this.#end();
		else this.#line = "";
	}

	#end(): void {
		this.#lines.push(collapsed(this.#line));
		this.#line = "";
	}

	toString(): string {
		return [...this.#lines, collapsed(this.#line)].join("\n").trim();
	}
}

const ENTITIES: ReadonlyMap<string, string> = new Map([
	...([
		["amp", "&"],
		["lt", "<"],
		["gt", ">"],
		["quot", '"'],
		["apos", "'"],
		["nbsp", " "],
	] as const),
	...([
		["ndash", "–"],
		["mdash", "—"],
		["hellip", "…"],
		["lsquo", "‘"],
		["rsquo", "’"],
		["ldquo", "“"],
	] as const),
	...([
		["rdquo", "”"],
		["laquo", "«"],
		["raquo", "»"],
		["times", "×"],
		["divide", "÷"],
		["plusmn", "±"],
	] as const),
	...([
		["minus", "−"],
		["deg", "°"],
		["micro", "µ"],
		["pi", "π"],
		["le", "≤"],
		["ge", "≥"],
		["ne", "≠"],
	] as const),
	...([
		["auml", "ä"],
		["ouml", "ö"],
		["uuml", "ü"],
		["Auml", "Ä"],
		["Ouml", "Ö"],
		["Uuml", "Ü"],
	] as const),
	...([
		["szlig", "ß"],
		["eacute", "é"],
		["egrave", "è"],
		["agrave", "à"],
		["ccedil", "ç"],
		["ntilde", "ñ"],
	] as const),
	...([
		["rarr", "→"],
		["larr", "←"],
		["euro", "€"],
		["copy", "©"],
		["middot", "·"],
		["bull", "•"],
	] as const),
]);

/** An entity that is not known stays as it was written. */
const decoded = (text: string) =>
	text.replace(/&(?:#(\d{1,7})|#[xX]([0-9a-fA-F]{1,6})|([a-zA-Z]{2,8}));/g, (whole, decimal, hex, name) => {
		if (name !== undefined) return ENTITIES.get(name) ?? whole;
		const code = decimal === undefined ? Number.parseInt(hex, 16) : Number(decimal);
		const isCharacter = code > 0 && code <= 0x10ffff && !(code >= 0xd800 && code <= 0xdfff);
		return isCharacter ? String.fromCodePoint(code) : whole;
	});

/** The text of HTML that may be as broken as HTML is. What is no tag is text. */
export function textOfHtml(html: string, losses: Losses): string {
	const plain = new PlainText(losses);
	let hidden: string | null = null;
	const show = (text: string) => {
		if (hidden === null) plain.text(decoded(text));
	};
	let from = 0;
	for (const { start, end, name, closes } of tagsOf(html)) {
		show(html.slice(from, start));
		from = end;
		if (name !== null && hidden === null) plain.tag(name);
		if (name === null || !isHidden(name)) continue;
		if (hidden === null && !closes) hidden = name;
		else if (hidden === name && closes) hidden = null;
	}
	show(html.slice(from));
	return plain.toString();
}

interface Tag {
	start: number;
	end: number;
	/** In lower case; null for comments and declarations. */
	name: string | null;
	closes: boolean;
}

function* tagsOf(html: string): Generator<Tag> {
	let start = html.indexOf("<");
	while (start >= 0) {
		const [whole, slash, name] = TAG_START.exec(html.slice(start, start + 40)) ?? [];
		if (whole === undefined) {
			start = html.indexOf("<", start + 1);
			continue;
		}
		const close = whole === "<!--" ? "-->" : ">";
		const at = html.indexOf(close, start + whole.length);
		// Without an end there is no further tag either, so that looking for ends stays linear.
		if (at < 0) return;
		yield { start, end: at + close.length, name: name?.toLowerCase() ?? null, closes: slash === "/" };
		start = html.indexOf("<", at + close.length);
	}
}

const TAG_START = /^<(?:!--|[!?]|(\/?)([a-zA-Z][a-zA-Z0-9:-]{0,30}))/;
