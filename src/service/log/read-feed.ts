import { withoutHiddenMarks } from "../../domain/attempts/attempts.ts";
import { refused } from "../../domain/result.ts";
import { digestKeyOf } from "../../env.ts";
import type { Ctx } from "../context.ts";
import { scopeRefusal } from "../principal.ts";
import { erasedQuizzes, quizzesOfOthers, withoutErased } from "../privacy/erased-quizzes.ts";
import { look } from "../verbs.ts";
import { shownRow } from "./shown-rows.ts";

interface Input {
	user: string;
	after: number;
	limit: number;
}

const feed = look("credits:read", "user", async ({ shard, call }, { after, limit }: Input, { env }) => {
	const read = await shard.log.feed(call, after, limit);
	if (!read) return null;
	const digestKey = digestKeyOf(env);
	const rows = read.rows.map((row) => shownRow(digestKey, call.user, row));
	const erased = await erasedQuizzes(
		env,
		rows.flatMap(({ kind, body }) => quizzesOfOthers(kind, body)),
	);
	const items = rows.map((row) => {
		const body = withoutErased(row.kind, withoutHiddenMarks(row.kind, row.body), erased);
		return { ...row, body };
	});
	return { items, head_seq: read.head_seq, next_after: read.rows.at(-1)?.seq ?? after };
});

/** Rows of the log after a row. The log says everything, of credits too. Gates: `attempts:read`, `credits:read`, the user is known. */
export async function readFeed(ctx: Ctx, input: Input) {
	const forbidden = scopeRefusal(ctx.principal, "attempts:read");
	return forbidden ? refused(forbidden) : feed(ctx, input);
}
