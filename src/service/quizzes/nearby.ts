import { keepCurrentVersion } from "../../catalog/quizzes/current-versions.ts";
import type { Reply } from "../../shard/engine/requests.ts";
import type { Call } from "../../shard/engine/runner.ts";
import type { QuizHead } from "../../shard/quizzes/quiz-rows.ts";
import type { Ctx } from "../context.ts";

/** Puts near the readers what a change has made of the quiz, so that it may be attempted while the catalog does not answer. */
export async function keptNearby(ctx: Ctx, call: Call, reply: Reply<QuizHead>): Promise<Reply<QuizHead>> {
	if (!reply.outcome.ok) return reply;
	const { id, status, visibility, version_hash, version: version_number, published_at } = reply.outcome.value;
	const isShown = status === "published" && visibility !== null && version_hash !== null;
	const audiences = { public: "public", tenant: call.tenant, private: call.user };
	const more = { owner: call.user, published_at: published_at ?? undefined };
	const row = isShown ? { version: version_hash, version_number, audience: audiences[visibility], ...more } : null;
	await keepCurrentVersion(ctx.env.CONTENT_CACHE, id, row, ctx.later);
	return reply;
}
