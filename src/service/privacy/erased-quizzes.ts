import { LRUCache } from "lru-cache";
import { erasedAmong } from "../../accounts/erasures.ts";
import { ERASED_TEXT, ERASED_USER } from "../../domain/privacy/erasure.ts";
import { ERASED_QUIZZES_ENTRIES_MAX, NOT_ERASED_LIFE_MS } from "../../domain/privacy/limits.ts";

/** Which quizzes were of users who are erased: for ever the one way, and looked up again after a while the other way. */
const known = new LRUCache<string, boolean>({ max: ERASED_QUIZZES_ENTRIES_MAX });

/** Those of the quizzes whose author is erased. Reads for those alone that this isolate does not know. @throws where they cannot be looked up */
export async function erasedQuizzes(
	{ ACCOUNTS }: Pick<Env, "ACCOUNTS">,
	quizzes: Iterable<string>,
): Promise<Set<string>> {
	const asked = new Set(quizzes);
	const unknown = [...asked].filter((quiz) => !known.has(quiz));
	if (unknown.length > 0) {
		const erased = await erasedAmong(ACCOUNTS, unknown);
		for (const quiz of unknown) {
			if (erased.has(quiz)) known.set(quiz, true);
			else known.set(quiz, false, { ttl: NOT_ERASED_LIFE_MS });
		}
	}
	return new Set([...asked].filter((quiz) => known.get(quiz)));
}

/** For whoever must see at once what has been erased elsewhere. */
export const forgetErasedQuizzes = (): void => known.clear();

/** Kinds of rows about attempts that say what the quiz was called. */
const ATTEMPTS: ReadonlySet<string> = new Set(["attempt.submitted", "attempt.opened"]);

type Body = Record<string, unknown>;
interface Origin {
	quiz: string;
	owner: string;
}

const isOrigin = (value: unknown): value is Origin =>
	typeof value === "object" && value !== null && "quiz" in value && "owner" in value && typeof value.quiz === "string";

/** The quizzes that the body of a row of a log says something of that is their author's. */
export function quizzesOfOthers(kind: string, { quiz, origin }: Body): string[] {
	if (ATTEMPTS.has(kind)) return typeof quiz === "string" ? [quiz] : [];
	return isOrigin(origin) ? [origin.quiz] : [];
}

/** The body without what it says of authors who are erased: titles of their quizzes, and who they were. */
export function withoutErased(kind: string, body: Body, erased: ReadonlySet<string>): Body {
	if (!quizzesOfOthers(kind, body).some((quiz) => erased.has(quiz))) return body;
	if (ATTEMPTS.has(kind)) return "title" in body ? { ...body, title: ERASED_TEXT } : body;
	return { ...body, origin: isOrigin(body.origin) ? { ...body.origin, owner: ERASED_USER } : body.origin };
}

interface Row {
	kind: string;
	body: Body;
}

const isRow = (value: unknown): value is Row =>
	typeof value === "object" &&
	value !== null &&
	"kind" in value &&
	typeof value.kind === "string" &&
	"body" in value &&
	typeof value.body === "object" &&
	value.body !== null;

/** Undefined for what is no JSON: a letter has whatever could not be read. */
function parsed(text: string): unknown {
	try {
		return JSON.parse(text);
	} catch {
		return undefined;
	}
}

/** The same of rows as JSON texts, some of which may be no rows. */
export async function textsWithoutErased(env: Pick<Env, "ACCOUNTS">, texts: readonly string[]): Promise<string[]> {
	const rows = texts.map(parsed);
	const quizzes = rows.flatMap((row) => (isRow(row) ? quizzesOfOthers(row.kind, row.body) : []));
	const erased = await erasedQuizzes(env, quizzes);
	return rows.map((row, index) => {
		if (!isRow(row)) return texts[index] ?? "";
		const body = withoutErased(row.kind, row.body, erased);
		return body === row.body ? (texts[index] ?? "") : JSON.stringify({ ...row, body });
	});
}
