import { HTML_ENTITY_CHARS_MAX, htmlEntity } from "./html-entities.ts";
import { textOfMath } from "./math-text.ts";
import type { Losses } from "./report.ts";
import { readXml } from "./xml.ts";

/** HTML becomes text: kept to be read, never to be interpreted. Everything here takes time linear in its input. */

/** Elements that begin and end a line. */
const BLOCKS: ReadonlySet<string> = new Set([
	..."address article aside blockquote body caption center dd div dl dt fieldset figcaption figure footer".split(" "),
	..."h1 h2 h3 h4 h5 h6 header hr html li main nav ol p pre section table tbody td tfoot th thead tr ul".split(" "),
]);
/** Elements whose loss changes nothing for a reader: their lines and their letters stay. */
const PLAIN: ReadonlySet<string> = new Set([
	..."p div span br body html pre code kbd samp tt ul ol li blockquote figure figcaption section article main header footer".split(
		" ",
	),
	..."h1 h2 h3 h4 h5 h6 wbr".split(" "),
]);
/** Elements that set a part of a line off from the rest. Where they hold the whole line, nothing is set off. */
const EMPHASIS: ReadonlySet<string> = new Set("b strong i em u big".split(" "));
const MEDIA: ReadonlySet<string> = new Set("img picture audio video object embed iframe svg canvas".split(" "));
/** Elements that stand in a line of text and change what it looks like. */
const INLINE: ReadonlySet<string> = new Set([
	..."a abbr acronym b bdi bdo big button cite code col colgroup data del dfn em font i input ins kbd label map".split(
		" ",
	),
	..."mark meter noscript param q rp rt ruby s samp select small source strike strong sub sup time track tt u".split(
		" ",
	),
	..."var wbr".split(" "),
]);
/** Elements of formulas; what one holds stands apart from what the next one holds. */
const FORMULA =
	/^m(?:ath|[inos]|text|row|frac|sup|sub|subsup|sqrt|root|over|under|underover|fenced|table|tr|td|style|padded)$/;
/** Elements whose text is not for readers. */
const HIDDEN: ReadonlySet<string> = new Set("script style template annotation annotation-xml".split(" "));

export const isHidden = (element: string) => HIDDEN.has(element);

const MARKUP_LOST = "Markup was left out; its text was kept.";
const MEDIA_LOST = "A picture or other media were left out.";
const RAISED = "Raised or lowered text was written with ^ or _.";
/** Of whoever meets a formula. */
export const FORMULA_LOST = "A formula was written as a line of text.";

const collapsed = (line: string) => line.replace(/[ \t\r\n\f]+/g, " ").trim();

/** A text as it comes back from HTML: its lines, with white space in them collapsed. */
export const laidOut = (text: string) =>
	text
		.split(/\r\n|\r|\n/)
		.map(collapsed)
		.join("\n")
		.trim();

const SUPERSCRIPTS = charactersFrom(
	"0123456789+-−=()abcdefghijklmnoprstuvwxyz",
	"⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁼⁽⁾ᵃᵇᶜᵈᵉᶠᵍʰⁱʲᵏˡᵐⁿᵒᵖʳˢᵗᵘᵛʷˣʸᶻ",
);
const SUBSCRIPTS = charactersFrom("0123456789+-−=()aehijklmnoprstuvx", "₀₁₂₃₄₅₆₇₈₉₊₋₋₌₍₎ₐₑₕᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓ");
/** Endings of ordinal numbers, and signs: raised or not, they say the same. */
const ORDINAL = /^(?:st|nd|rd|th|er|re|ère|ème|º|ª|TM|™|®|©)$/;

function charactersFrom(plain: string, raised: string): ReadonlyMap<string, string> {
	const to = [...raised];
	return new Map([...plain].map((character, index) => [character, to[index] ?? ""]));
}

interface PlainTextOptions {
	/** The text is one to be typed: raised characters, which compare equal to plain ones, are written with `^`. */
	typed?: boolean;
}

/** Text within `sup` or `sub`, and what stood before it in its line. */
interface Raised {
	element: string;
	before: string;
}

/** Deeper ones are markup like any other: each level is written again with those within it. */
const RAISED_DEPTH_MAX = 4;

/** Text as a browser would lay it out, without what it looks like: white space collapses, blocks are lines. */
export class PlainText {
	readonly #lines: string[] = [];
	readonly #losses: Losses;
	readonly #typed: boolean;
	readonly #raised: Raised[] = [];
	/** Lists that are open: how many items a numbered one has so far, null for one of dots. */
	readonly #lists: (number | null)[] = [];
	#line = "";
	/** How many elements are open that set off, and whether all of the line so far stood in one. */
	#emphases = 0;
	#emphasised = false;
	/** How many elements are open whose lines and spaces stay as they are. */
	#kept = 0;

	constructor(losses: Losses, { typed = false }: PlainTextOptions = {}) {
		this.#losses = losses;
		this.#typed = typed;
	}

	text(text: string): void {
		if (this.#emphases === 0 && this.#emphasised && text.trim() !== "") {
			this.#losses.add(MARKUP_LOST);
			this.#emphasised = false;
		}
		const [first = "", ...lines] = this.#kept > 0 ? text.split(/\r\n|\r|\n/) : [text];
		this.#line += first;
		for (const line of lines) {
			this.#end();
			this.#line = line;
		}
	}

	/** Begins an element. */
	open(element: string): void {
		if (element === "br") this.#end();
		else if (BLOCKS.has(element)) this.newLine();
		if (element === "sup" || element === "sub") {
			if (this.#raised.length < RAISED_DEPTH_MAX) {
				this.#raised.push({ element, before: this.#line });
				this.#line = "";
			} else this.#losses.add(MARKUP_LOST);
		} else if (EMPHASIS.has(element)) {
			if (this.#emphases === 0 && this.#line.trim() !== "" && !this.#emphasised) this.#losses.add(MARKUP_LOST);
			this.#emphases++;
		} else if (MEDIA.has(element)) this.#losses.add(MEDIA_LOST);
		else if (FORMULA.test(element)) {
			this.#losses.add(FORMULA_LOST);
			this.text(" ");
		} else if (!PLAIN.has(element)) this.#losses.add(MARKUP_LOST);
		if (element === "pre") this.#kept++;
		else if (element === "ul") this.#lists.push(null);
		else if (element === "ol") this.#lists.push(0);
		else if (element === "li") this.#openItem();
	}

	/** What an item of a list begins with, so that its number stays with it. */
	#openItem(): void {
		const number = this.#lists.pop();
		if (number === undefined) return;
		this.#lists.push(number === null ? null : number + 1);
		this.#line += number === null ? "• " : `${number + 1}. `;
	}

	/** Ends an element. */
	close(element: string): void {
		if (element === "ul" || element === "ol") this.#lists.pop();
		if (EMPHASIS.has(element) && this.#emphases > 0) {
			this.#emphases--;
			if (this.#emphases === 0) this.#emphasised = this.#line.trim() !== "";
		}
		if (BLOCKS.has(element)) this.newLine();
		if (element === "pre" && this.#kept > 0) this.#kept--;
		else if (FORMULA.test(element)) this.text(" ");
		else if (this.#raised.at(-1)?.element === element) this.#lower();
	}

	/** Ends the line, unless it is empty. */
	newLine(): void {
		this.#lowerAll();
		if (this.#line.trim() !== "") this.#end();
		else this.#line = "";
	}

	#end(): void {
		this.#lowerAll();
		this.#lines.push(this.#kept > 0 ? this.#line.trimEnd() : collapsed(this.#line));
		this.#line = "";
		this.#emphasised = false;
	}

	#lowerAll(): void {
		while (this.#raised.length > 0) this.#lower();
	}

	/** Writes the innermost raised text so that it stays apart from what it is raised from: 10³ is not 103. */
	#lower(): void {
		const { element, before } = this.#raised.pop() ?? { element: "", before: "" };
		const text = collapsed(this.#line);
		this.#line = before + (text === "" ? this.#line : this.#written(element, text));
	}

	#written(element: string, text: string): string {
		if (element === "sup" && ORDINAL.test(text)) return text;
		const characters = [...text].map((one) => (element === "sup" ? SUPERSCRIPTS : SUBSCRIPTS).get(one));
		if (!this.#typed && !characters.includes(undefined)) return characters.join("");
		this.#losses.add(RAISED);
		return `${element === "sup" ? "^" : "_"}${/^(?:[\p{L}]|\d+)$/u.test(text) ? text : `(${text})`}`;
	}

	toString(): string {
		this.#lowerAll();
		return [...this.#lines, collapsed(this.#line)].join("\n").trim();
	}
}

const REFERENCE = new RegExp(
	`&(?:#(\\d{1,7})|#[xX]([0-9a-fA-F]{1,6})|([a-zA-Z][a-zA-Z0-9]{1,${HTML_ENTITY_CHARS_MAX}}));`,
	"g",
);
/** What browsers show for the numbers 128 to 159, which are control characters: the characters of windows-1252. */
const WINDOWS_1252 = "€\u0081‚ƒ„…†‡ˆ‰Š‹Œ\u008dŽ\u008f\u0090‘’“”•–—˜™š›œ\u009džŸ";

/** A reference that is not known stays as it was written. */
const decoded = (text: string) =>
	text.replace(REFERENCE, (whole, decimal?: string, hex?: string, name?: string) => {
		if (name === "nbsp") return " ";
		if (name !== undefined) return htmlEntity(name) ?? whole;
		const code = decimal === undefined ? Number.parseInt(hex ?? "", 16) : Number(decimal);
		const isCharacter = code > 0 && code <= 0x10ffff && !(code >= 0xd800 && code <= 0xdfff);
		return isCharacter ? (WINDOWS_1252[code - 128] ?? String.fromCodePoint(code)) : whole;
	});

/** Takes a picture out of a text; false where it stays there by its description. */
export type TakePicture = (source: string, alt: string) => boolean;

/** How HTML is written in a text. */
interface HtmlOptions extends PlainTextOptions {
	picture?: TakePicture | undefined;
	/**
	 * The text need not be HTML, as in Moodle's own format: line breaks are kept, and only what can be nothing but a tag of
	 * HTML is one, so that `3 < 4` and `List<String>` stay.
	 */
	mixed?: boolean;
}

/** The text of HTML that may be as broken as HTML is. What is no tag is text. */
export function textOfHtml(html: string, losses: Losses, options: HtmlOptions = {}): string {
	const { mixed = false } = options;
	const plain = new PlainText(losses, options);
	let hidden: string | null = null;
	const show = (text: string) => {
		if (hidden !== null) return;
		const [first = "", ...lines] = mixed ? decoded(text).split("\n") : [decoded(text)];
		plain.text(first);
		for (const line of lines) {
			plain.newLine();
			plain.text(line);
		}
	};
	let from = 0;
	let formulas = true;
	for (let tag = tagFrom(html, 0, mixed); tag; tag = tagFrom(html, from, mixed)) {
		show(html.slice(from, tag.start));
		from = tag.end;
		const { name, closes } = tag;
		if (name === null) continue;
		if (name === "math" && !closes && hidden === null && formulas) {
			const end = html.indexOf(MATH_END, from);
			// Without an end there is no further one either, so that looking for ends stays linear.
			if (end < 0) formulas = false;
			const formula = end < 0 ? null : formulaIn(html.slice(tag.start, end + MATH_END.length));
			if (formula !== null) {
				plain.text(` ${formula} `);
				losses.add(FORMULA_LOST);
				from = end + MATH_END.length;
				continue;
			}
		}
		if (hidden === null && name === "img" && takesPicture(html.slice(tag.start, tag.end), options)) continue;
		if (hidden === null) {
			if (closes) plain.close(name);
			else plain.open(name);
			if (name === "img") plain.text(altOf(html.slice(tag.start, tag.end)));
		}
		if (!isHidden(name)) continue;
		if (hidden === null && !closes) hidden = name;
		else if (hidden === name && closes) hidden = null;
	}
	show(html.slice(from));
	return plain.toString();
}

const MATH_END = "</math>";
const XML_ENTITIES: ReadonlySet<string> = new Set(["amp", "lt", "gt", "quot", "apos"]);

/** The text of a formula in MathML; null where it is not well-formed. */
function formulaIn(mathml: string): string | null {
	const xml = mathml.replace(REFERENCE, (whole, _decimal, _hex, name?: string) =>
		name === undefined || XML_ENTITIES.has(name) ? whole : (htmlEntity(name) ?? whole),
	);
	const reading = readXml(xml);
	return reading.ok ? textOfMath(reading.value) : null;
}

const valueIn = (tag: string, attribute: RegExp) => {
	const [, double, single, bare] = attribute.exec(tag) ?? [];
	return decoded(double ?? single ?? bare ?? "");
};
const ALT = /\balt\s{0,9}=\s{0,9}(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))/i;
const SOURCE = /\bsrc\s{0,9}=\s{0,9}(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))/i;

/** What a picture shows, for those who do not see it. */
const altOf = (tag: string) => valueIn(tag, ALT);
const takesPicture = (tag: string, { picture }: HtmlOptions) => picture?.(valueIn(tag, SOURCE), altOf(tag)) ?? false;

/** Whether a text that need not be HTML has something of it. */
export const hasHtml = (text: string): boolean => tagFrom(text, 0, true) !== null || decoded(text) !== text;

interface Tag {
	start: number;
	end: number;
	/** In lower case; null for comments and declarations. */
	name: string | null;
	closes: boolean;
}

/** The next tag; `surely` where only what can be nothing else is one. */
function tagFrom(html: string, from: number, surely: boolean): Tag | null {
	for (let start = html.indexOf("<", from); start >= 0; start = html.indexOf("<", start + 1)) {
		const [whole, slash, written] = TAG_START.exec(html.slice(start, start + TAG_START_CHARS_MAX)) ?? [];
		if (whole === undefined) continue;
		const name = written?.toLowerCase() ?? null;
		const inside = start + whole.length;
		const looksSure = surely && SURE_TAG.test(html.slice(inside, inside + TAG_LOOKED_AT_CHARS_MAX));
		if (surely && whole !== "<!--" && !(name !== null && isKnown(name) && looksSure)) continue;
		const close = whole === "<!--" ? "-->" : ">";
		const at = html.indexOf(close, inside);
		// Without an end there is no further tag either, so that looking for ends stays linear.
		if (at < 0) return null;
		return { start, end: at + close.length, name, closes: slash === "/" };
	}
	return null;
}

const TAG_START_CHARS_MAX = 40;
const TAG_START = /^<(?:!--|[!?]|(\/?)([a-zA-Z][a-zA-Z0-9:-]{0,30}))/;

const isKnown = (name: string) =>
	BLOCKS.has(name) || PLAIN.has(name) || MEDIA.has(name) || HIDDEN.has(name) || INLINE.has(name) || FORMULA.test(name);

const TAG_LOOKED_AT_CHARS_MAX = 200;
/** What follows the name: the end, or a first attribute. In `a <b and c> d` it is neither. */
const SURE_TAG = /^\s{0,20}\/?>|^\s{1,20}[a-zA-Z-]{1,40}\s{0,9}=/;
