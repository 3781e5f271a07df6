import { type QuestionReport, rejected } from "../../domain/interchange/report.ts";
import { questionsOf } from "../../domain/quizzes/quiz.ts";
import { accepted, type InputFault } from "../../domain/result.ts";
import type { Ctx } from "../context.ts";
import { looked, notWritten, shardOfUser, shownReply, written } from "../verbs.ts";
import { type ImportItem, type ImportSource, importItems } from "./import-items.ts";

interface Input {
	user: string;
	source: ImportSource;
	/** Of the request that the source came in: what an idempotency key stands for. */
	digest: string;
	/** Nothing is made; the answer says what would be. */
	dry_run?: boolean;
}

/** What became of one quiz of an import. */
export type Imported = { index: number; file?: string; questions: QuestionReport[] } & (
	| { status: "created"; quiz: string; title: string; question_count: number }
	| { status: "valid"; title: string; question_count: number }
	| { status: "rejected"; errors: InputFault[] }
);

/**
 * Makes drafts of the quizzes that are right, and says what is wrong with the others. Gates: `quizzes:write`, the user is known, the
 * source is of its format.
 */
export async function importQuizzes(ctx: Ctx, { user, source, digest, dry_run = false }: Input) {
	const on = await shardOfUser(ctx, user, "quizzes:write", ctx.idempotency_key !== undefined);
	if (!on.ok) return notWritten(on.refusal);
	const items = importItems(source);
	if (!items.ok) return notWritten(items.refusal);
	if (dry_run) return looked(accepted(resultOf(items.value, null)));
	const contents = items.value.flatMap(({ content }) => (content ? [content] : []));
	const { call, shard } = on.value;
	const reply = await shard.quizzes.import(call, digest, contents);
	return written(
		ctx,
		call,
		shownReply(reply, (drafts) => resultOf(items.value, drafts)),
	);
}

/** @param drafts of those items that have a content, in order: the id, or what was wrong; null where none were to be made */
function resultOf(items: readonly ImportItem[], drafts: readonly (string | InputFault)[] | null) {
	let next = 0;
	const results = items.map(({ at, file, content, errors, questions }, index): Imported => {
		const item = { index, ...(file !== undefined && { file }) };
		if (content === null) return { ...item, status: "rejected", errors, questions };
		const told = { title: content.title, question_count: questionsOf(content).length, questions };
		if (drafts === null) return { ...item, status: "valid", ...told };
		const draft = drafts[next++];
		if (draft === undefined) throw new Error(`nothing is known of the content of item ${index}`);
		if (typeof draft !== "string") {
			const error = { ...draft, pointer: at + draft.pointer };
			return { ...item, status: "rejected", errors: [error], questions: rejected(questions) };
		}
		return { ...item, status: "created", quiz: draft, ...told };
	});
	const count = (status: Imported["status"]) => results.filter((result) => result.status === status).length;
	return { items: results, created: count("created"), rejected: count("rejected") };
}
