import { saveShare } from "../../catalog/sharing/shares.ts";
import { sha256Hex } from "../../domain/canonical.ts";
import { accepted } from "../../domain/result.ts";
import { shareCode } from "../../domain/sharing/share-codes.ts";
import type { Access, ShareTerms } from "../../domain/sharing/shares.ts";
import { shareCodeKeyOf } from "../../env.ts";
import { logLine, reason, word } from "../../log-line.ts";
import type { OwnShare } from "../../shard/sharing/share-commands.ts";
import type { Ctx } from "../context.ts";
import { change } from "../verbs.ts";
import { shownShare } from "./shown-shares.ts";

interface Input {
	user: string;
	quiz: string;
	access: Access;
	expires_at?: number | undefined;
	max_uses?: number | undefined;
}

const create = change("quizzes:write", async ({ shard, call }, input: Input, ctx) => {
	const { quiz, access, expires_at, max_uses } = input;
	const terms: ShareTerms = { access, expires_at: expires_at ?? null, max_uses: max_uses ?? null };
	const reply = await shard.shares.create(call, quiz, terms);
	if (reply.outcome.ok) await saveAtOnce(ctx, call.user, reply.outcome.value, reply.seq);
	return reply;
});

/** Makes a share of an own quiz, with its code. Gates: `quizzes:write`, the user is known; the shard's: the quiz can be shared so. */
export async function createShare(ctx: Ctx, input: Input) {
	const { outcome, ...changed } = await create(ctx, input);
	if (!outcome.ok) return { ...changed, outcome };
	const code = shareCode(shareCodeKeyOf(ctx.env), outcome.value.id);
	const isItsCode = sha256Hex(code) === outcome.value.code_hash;
	return { ...changed, outcome: accepted({ ...shownShare(outcome.value), code: isItsCode ? code : null }) };
}

/**
 * Lets the catalog have the share before the queue brings it, so that its code leads somewhere at once. That it could not be
 * written is no fault of the share: the log brings it.
 */
async function saveAtOnce({ env, request_id }: Ctx, user: string, value: OwnShare, seq: number): Promise<void> {
	const { id: share, quiz, access, code_hash, expires_at, max_uses, created_at, revoked_at } = value;
	const row = { share, user, quiz, access, code_hash, expires_at, max_uses, created_at, revoked_at, seq };
	try {
		await saveShare(env.CATALOG, row);
	} catch (error) {
		logLine("error", { at: "share", request_id: word(request_id), share: word(share), error: reason(error) });
	}
}
