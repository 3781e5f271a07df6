import { looksLikeAiken } from "./aiken-read.ts";
import { csvTable } from "./csv-rows.ts";
import { hasHeaders } from "./table-read.ts";

/** What files of questions are: told from what they hold, since their names say little. */

export const FILE_FORMATS = ["json", "gift", "qti", "moodle", "aiken", "csv", "xlsx", "trivia", "quizlet"] as const;
export type FileFormat = (typeof FILE_FORMATS)[number];

/** What begins a document of XML, without declarations, comments and instructions before it. */
const ROOT =
	/^(?:\s{0,1000}(?:<\?[^>]{0,500}\?>|<!--(?:[^-]|-(?!->)){0,5000}-->))*\s{0,1000}<([A-Za-z_][\w.:-]{0,100})/;

const QTI_ROOTS = /^(?:qti-|assessment|questestinterop$|manifest$|marksheet-export$)/;

/** @returns null where it looks like nothing that is known */
export function formatOf(text: string): FileFormat | null {
	const head = text.slice(0, HEAD_CHARS).trimStart();
	if (head.startsWith("<")) {
		const root = (ROOT.exec(head)?.[1] ?? "").replace(/^.*:/, "");
		// Canvas calls the settings of a quiz so, too.
		if (root === "quiz" && /<question[\s>]/.test(text)) return "moodle";
		if (
			QTI_ROOTS.test(root) ||
			/<(?:\w+:)?(?:qti-assessment-|assessmentItem|assessmentTest|questestinterop)/.test(text)
		)
			return "qti";
		return /^<(?:!DOCTYPE|\?xml)/i.test(head) ? "qti" : null;
	}
	if (/^[[{]/.test(head) && !/^\{\s{0,20}[=~#TF]/.test(head))
		return /"response_code"\s{0,9}:/.test(head) ? "trivia" : "json";
	if (looksLikeAiken(text)) return "aiken";
	const table = csvTable(text.slice(0, HEAD_CHARS));
	if (table.ok && hasHeaders(table.value)) return "csv";
	const hasBraces = text.includes("{") && text.includes("}");
	return hasBraces || /^\$CATEGORY:|^::/m.test(head) ? "gift" : null;
}

const HEAD_CHARS = 20_000;

/** What a name says, where the content says nothing. */
export function formatOfName(name: string): FileFormat | null {
	if (/\.gift(?:\.txt)?$/i.test(name)) return "gift";
	if (/\.csv$|\.tsv$/i.test(name)) return "csv";
	return null;
}
