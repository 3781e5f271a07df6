import { marksIn } from "./gift-text.ts";
import type { TextFault } from "./report.ts";

/** What stands between two blank lines of a GIFT text. */
export interface Block {
	kind: "category" | "question";
	/** Without comments. */
	text: string;
	/** Of its first line, from 1. */
	line: number;
	/** The `[id:…]` of a comment before it, as Moodle writes them. */
	id: string | null;
	/** Its `[tag:…]`s, likewise. */
	tags: string[];
}

const CATEGORY = "$CATEGORY:";

/** Cuts a text into its blocks. A blank line ends a question, and so does a category. */
export function* blocksOf(text: string): Generator<Block> {
	let open: Block | null = null;
	let id: string | null = null;
	let tags: string[] = [];
	let number = 0;
	for (const raw of text.replace(/^\uFEFF/, "").split(/\r\n|\r|\n/)) {
		number++;
		const line = raw.trim();
		if (line.startsWith("//")) {
			id = /\[id:([^\]]{1,100})\]/.exec(line)?.[1]?.trim() ?? id;
			for (const [, tag = ""] of line.matchAll(/\[tag:([^\]]{1,100})\]/g)) tags.push(tag.trim());
			// Its line stays, so that lines can be counted.
			if (open) open.text += "\n";
			continue;
		}
		const isCategory = line.startsWith(CATEGORY);
		if ((line === "" || isCategory) && open) {
			yield open;
			open = null;
		}
		if (isCategory)
			yield { kind: "category", text: line.slice(CATEGORY.length).trim(), line: number, id: null, tags: [] };
		else if (open) open.text += `\n${line}`;
		else if (line !== "") {
			open = { kind: "question", text: line, line: number, id, tags };
			id = null;
			tags = [];
		}
	}
	if (open) yield open;
}

/** Where a question's answers stand in its text: none for a description, several where there are more than one block. */
export interface Braces {
	groups: { start: number; end: number }[];
	fault: TextFault | null;
}

/** Finds the answer block, or what is wrong with the braces. */
export function bracesOf(block: Block): Braces {
	const groups: Braces["groups"] = [];
	let start = -1;
	const fault = (at: number, detail: string): Braces => ({ groups, fault: { ...positionIn(block, at), detail } });
	for (const { at, mark } of marksIn(block.text, ["{", "}"])) {
		if (mark === "{" && start >= 0) return fault(at, "A `{` within an answer block; as text it is written `\\{`.");
		if (mark === "}" && start < 0) return fault(at, "A `}` that no `{` opens; as text it is written `\\}`.");
		if (mark === "{") start = at;
		else {
			groups.push({ start, end: at });
			start = -1;
		}
	}
	if (start < 0) return { groups, fault: null };
	return fault(start, "This `{` is not closed before the blank line, the category or the end that ends the question.");
}

function positionIn({ text, line }: Block, at: number): { line: number; column: number } {
	const before = text.slice(0, at).split("\n");
	return { line: line + before.length - 1, column: (before.at(-1)?.length ?? 0) + 1 };
}
