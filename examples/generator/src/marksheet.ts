import { z } from "zod";
import type { Answer } from "../../../src/api/rpc/credits.ts";
import { ID_PATTERNS } from "../../../src/domain/ids.ts";
import type { QuizContent } from "../../../src/domain/quizzes/quiz.ts";
import type { Order } from "./order.ts";
import { Problem } from "./problem.ts";

const ORIGIN = "https://marksheet.internal";

const problemSchema = z.looseObject({ code: z.string(), title: z.string(), detail: z.string() });
const createdSchema = z.object({ id: z.string().regex(ID_PATTERNS.quiz), etag: z.string() });

/** A draft as it was created. */
export type Draft = z.output<typeof createdSchema>;

/**
 * Lets through only who may write this user's quizzes. The credit commands believe the user that they are told, so without
 * this anyone could spend anyone's credits; and a token without the scope would be found out only after the work.
 */
export async function requireAuthor(marksheet: Fetcher, { user, authorization }: Order): Promise<void> {
	const response = await marksheet.fetch(`${ORIGIN}/v1/users/${user}/quizzes?limit=1`, {
		headers: { Authorization: authorization },
	});
	if (!response.ok) throw await problemIn(response);
	await response.body?.cancel();
}

/**
 * Creates the draft in the caller's name; with the same key and content again it is the same draft.
 * @returns it as it was then, or Marksheet's refusal, which is final
 * @throws Problem where nothing is decided: a token that ran out meanwhile, a server that is busy or down
 */
export async function createDraft(
	marksheet: Fetcher,
	{ user, authorization }: Order,
	key: string,
	content: QuizContent,
): Promise<{ ok: true; draft: Draft } | { ok: false; problem: Problem }> {
	const response = await marksheet.fetch(`${ORIGIN}/v1/users/${user}/quizzes`, {
		method: "POST",
		headers: { Authorization: authorization, "Content-Type": "application/json", "Idempotency-Key": key },
		body: JSON.stringify(content),
	});
	if (response.ok) return { ok: true, draft: createdSchema.parse(await response.json()) };
	return { ok: false, problem: await refusalIn(response) };
}

/**
 * Puts the content into the draft, unless that is not as it was created any more: then it is there already, or the user has
 * changed it, which is the user's to do.
 * @returns Marksheet's refusal of the content, which is final; null if it is delivered
 * @throws Problem where nothing is decided, also where the user has taken the draft away: it can be undeleted
 */
export async function fillDraft(
	marksheet: Fetcher,
	{ user, authorization }: Order,
	{ id, etag }: Draft,
	content: QuizContent,
): Promise<Problem | null> {
	const response = await marksheet.fetch(`${ORIGIN}/v1/users/${user}/quizzes/${id}`, {
		method: "PUT",
		headers: { Authorization: authorization, "Content-Type": "application/json", "If-Match": etag },
		body: JSON.stringify(content),
	});
	if (response.ok || response.status === 412) {
		await response.body?.cancel();
		return null;
	}
	const problem = await refusalIn(response);
	if (!TAKEN_AWAY.has(response.status)) return problem;
	const detail = `The quiz is paid for and cannot be put into its draft: ${problem.message} Mend that and retry with the same key.`;
	throw new Problem(409, "draft-taken-away", detail, { quiz: id });
}

/** Deletes the draft if it is as it was created. */
export async function removeDraft(
	marksheet: Fetcher,
	{ user, authorization }: Order,
	{ id, etag }: Draft,
): Promise<void> {
	const response = await marksheet.fetch(`${ORIGIN}/v1/users/${user}/quizzes/${id}`, {
		method: "DELETE",
		headers: { Authorization: authorization, "If-Match": etag },
	});
	if (!response.ok && response.status !== 404 && response.status !== 412) await refusalIn(response);
	else await response.body?.cancel();
}

/** Deleted, archived, purged, or there is no room in the shard. */
const TAKEN_AWAY: ReadonlySet<number> = new Set([404, 409]);

/** @throws Problem where nothing is decided */
async function refusalIn(response: Response): Promise<Problem> {
	const problem = await problemIn(response);
	if (UNDECIDED.has(response.status) || response.status >= 500) throw problem;
	return problem;
}

const UNDECIDED: ReadonlySet<number> = new Set([401, 408, 429]);

async function problemIn(response: Response): Promise<Problem> {
	const known = problemSchema.safeParse(await response.json().catch(() => null));
	if (!known.success)
		return new Problem(503, "unavailable", `Marksheet answered ${response.status}. Try again with the same key.`);
	const { code, detail, ...members } = known.data;
	return new Problem(response.status, code, detail, members);
}

/** The value of a credit command. @throws Problem with the refusal's status and members */
export function valueIn<T>(answer: Answer<T>): T {
	if (answer.ok) return answer.value;
	const { code, status, title, detail, members } = answer.problem;
	throw new Problem(status, code, detail, { ...JSON.parse(members), title });
}
