import { accepted } from "../../domain/result.ts";
import { LETS_VIEW } from "../../domain/sharing/shares.ts";
import type { Ctx } from "../context.ts";
import { reading } from "../reading.ts";
import { unknown } from "../verbs.ts";
import { playable, withReception } from "./playable.ts";
import { visibleQuiz } from "./visible-quiz.ts";

/** A published quiz as takers get it. Gate: the caller may see it, or has used a share that lets it be seen. */
export async function readQuiz(ctx: Ctx, { quiz: id }: { quiz: string }) {
	const read = await reading(ctx, async (db) => {
		const quiz = await visibleQuiz(ctx, db, id, LETS_VIEW);
		return quiz && withReception(db, quiz);
	});
	return read ? accepted(await playable(ctx, read.quiz, read.slug)) : unknown("published quiz");
}
