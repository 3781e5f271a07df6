import { childrenOf, rawText, type XmlElement } from "./xml.ts";

/** MathML as a line of text that says the same: `1/2`, `x^2`, `√(a + b)`. What stands apart never runs together. */

/** A piece of a formula. Composite ones keep apart from their neighbours: `1 1/2` is not `11/2`. */
interface Piece {
	text: string;
	kind: "operand" | "composite" | "operator";
}

const operand = (text: string): Piece => ({ text, kind: "operand" });
const composite = (text: string): Piece => ({ text, kind: "composite" });

export const textOfMath = (element: XmlElement): string => pieceOf(element).text.trim();

/** Characters that say how to read a formula aloud and show nothing: function application, invisible times, comma and plus. */
const INVISIBLE = /[\u2061-\u2064]/g;

function pieceOf(element: XmlElement): Piece {
	const parts = childrenOf(element);
	const part = (index: number) => grouped(parts[index]);
	switch (element.name) {
		case "mo":
			return { text: rawText(element).replace(INVISIBLE, "").trim(), kind: "operator" };
		case "mi":
		case "mn":
		case "mtext":
		case "ms":
		case "ci":
		case "cn":
			return operand(rawText(element).replace(/\s+/g, " ").trim());
		case "mspace":
		case "mphantom":
		case "annotation":
		case "annotation-xml":
			return operand("");
		case "semantics":
			return parts[0] ? pieceOf(parts[0]) : operand("");
		case "mfrac":
			return composite(`${part(0)}/${part(1)}`);
		case "msup":
		case "mover":
			return composite(`${part(0)}^${part(1)}`);
		case "msub":
		case "munder":
			return composite(`${part(0)}_${part(1)}`);
		case "msubsup":
		case "munderover":
			return composite(`${part(0)}_${part(1)}^${part(2)}`);
		case "msqrt":
			return composite(`√${inGroup(row(parts))}`);
		case "mroot":
			return composite(`${part(0)}^(1/${part(1)})`);
		case "mfenced": {
			const { attributes } = element;
			const [open = "(", close = ")"] = [attributes.get("open"), attributes.get("close")];
			return operand(open + parts.map((one) => pieceOf(one).text).join(", ") + close);
		}
		case "mtable":
			return operand(`[${parts.map((one) => pieceOf(one).text).join("; ")}]`);
		case "mtr":
			return operand(parts.map((one) => pieceOf(one).text).join(", "));
		default: {
			const [only, ...more] = parts;
			if (only && more.length === 0) return pieceOf(only);
			return operand(parts.length === 0 ? rawText(element).trim() : row(parts));
		}
	}
}

const grouped = (element: XmlElement | undefined): string => (element ? inGroup(pieceOf(element).text) : "");

/** In parentheses, unless it is one number, name or sign. */
const inGroup = (text: string): string => (/^(?:[\p{L}\p{N}.,]*|.)$/u.test(text) ? text : `(${text})`);

/** Relations and signs between two operands, with space around them. */
const SPACED = /^[=<>≤≥≠≈≡∼±×÷·→⇒⇔∈∉⊂⊆∪∩∧∨+−–-]$/u;
const CLOSES = /^[)\]}|]$/;
/** A sign in front of its number has none: −3. */
const SIGN = /^[+−–±-]$/u;

function row(elements: readonly XmlElement[]): string {
	const pieces = elements.map(pieceOf).filter(({ text }) => text !== "");
	let text = "";
	let before: Piece | null = null;
	for (const piece of pieces) {
		const leads =
			SIGN.test(piece.text) && (before === null || (before.kind === "operator" && !CLOSES.test(before.text)));
		if (piece.kind === "operator") text += SPACED.test(piece.text) && !leads ? ` ${piece.text} ` : piece.text;
		else text += (before !== null && keepsApart(before, piece) ? " " : "") + piece.text;
		before = piece;
	}
	return text.replace(/ {2,}/g, " ").trim();
}

function keepsApart(left: Piece, right: Piece): boolean {
	if (left.kind === "operator") return false;
	return left.kind === "composite" || right.kind === "composite" || (/\d$/.test(left.text) && /^\d/.test(right.text));
}
