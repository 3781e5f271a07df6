import type { Context } from "hono";
import { audiencesOf, readGrantedQuiz, readQuiz } from "../catalog/quizzes.ts";
import { hasEditGrant } from "../catalog/shares.ts";
import type { QuizContent } from "../domain/quiz.ts";
import type { Access } from "../domain/shares.ts";
import type { HonoEnv } from "../env.ts";
import { requireScope } from "./principal.ts";
import { userCall } from "./user-call.ts";

interface Reader {
	user: string;
	tenant: string;
	now: number;
	request_id: string;
}

/**
 * The published quiz, if the reader is in its audience or has used a share that gives one of these accesses. The catalog says
 * whom to ask, and the owner's shard whether the share is alive: so a revocation counts at once. Nobody else's request
 * reaches that shard.
 */
export async function visibleQuiz(
	env: Env,
	db: D1DatabaseSession,
	id: string,
	{ user, tenant, now, request_id }: Reader,
	accesses: readonly Access[],
) {
	const own = await readQuiz(db, id, audiencesOf({ tenant, user }));
	const granted = own ?? (await readGrantedQuiz(db, id, user, accesses));
	if (own || !granted) return own;
	const isAlive = await env.SHARDS.getByName(granted.owner).lets({ visitor: user, now, request_id }, id, accesses);
	return isAlive ? granted : null;
}

/** A draft to read and to revise: one's own, or another user's that a share lets one edit. */
export async function draftOf(c: Context<HonoEnv>, named: string, quiz: string) {
	const principal = c.get("principal");
	requireScope(principal, "quizzes:write");
	const { subject: visitor } = principal;
	const isOther = named !== "me" && named !== visitor;
	if (isOther && (await hasEditGrant(c.env.CATALOG, quiz, visitor, named))) {
		const visit = { visitor, now: c.get("now"), request_id: c.get("request_id") };
		const shard = c.env.SHARDS.getByName(named);
		return {
			call: { ...visit, user: named },
			read: async () => shard.sharedDraft(visit, quiz),
			revise: async (etag: string, content: QuizContent) => shard.reviseSharedQuiz(visit, quiz, etag, content),
		};
	}
	const { call, shard } = await userCall(c, named, "quizzes:write");
	return {
		call,
		read: async () => shard.quiz(call, quiz),
		revise: async (etag: string, content: QuizContent) => shard.reviseQuiz(call, quiz, etag, content),
	};
}
