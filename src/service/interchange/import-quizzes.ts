import { putMedia } from "../../catalog/media/media-objects.ts";
import type { FoundImage } from "../../domain/interchange/pictures.ts";
import { type QuestionReport, rejected } from "../../domain/interchange/report.ts";
import { mediaIn } from "../../domain/media/media.ts";
import { type QuizContent, questionsOf } from "../../domain/quizzes/quiz.ts";
import { accepted, type InputFault, type Outcome } from "../../domain/result.ts";
import type { Ctx } from "../context.ts";
import { looked, notWritten, type OnShard, shardOfUser, shownReply, written } from "../verbs.ts";
import { type ImportItem, type ImportSource, importPlan } from "./import-items.ts";

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
	const plan = importPlan(source);
	if (!plan.ok) return notWritten(plan.refusal);
	const { items, images } = plan.value;
	if (dry_run) return looked(accepted(resultOf(items, null)));
	const contents = items.flatMap(({ content }) => (content ? [content] : []));
	const { call, shard } = on.value;
	const kept = await keepImages(ctx, on.value, contents, images);
	if (!kept.ok) return notWritten(kept.refusal);
	const reply = await shard.quizzes.import(call, digest, contents);
	return written(
		ctx,
		call,
		shownReply(reply, (drafts) => resultOf(items, drafts)),
	);
}

/**
 * Keeps the images that the contents name and that came with them, as an upload of each would: the bytes are there before the shard
 * says that the user has them. What is kept and then named by nothing is dropped in its time.
 */
async function keepImages(
	{ env }: Ctx,
	{ call, shard }: OnShard,
	contents: readonly QuizContent[],
	images: ReadonlyMap<string, FoundImage>,
): Promise<Outcome<null>> {
	const named = new Set(contents.flatMap((content) => mediaIn(content).map(({ media }) => media)));
	// The key is that of the import, which repeats them all.
	const { idempotency_key: _, ...unkeyed } = call;
	for (const hash of named) {
		const found = images.get(hash);
		const bytes = found?.bytes() ?? null;
		if (!found || !bytes) continue;
		const room = await shard.media.room(unkeyed, found.image);
		if (room && !room.ok) return room;
		await putMedia(env.CONTENT, found.image, bytes, call.user);
		const { outcome } = await shard.media.add(unkeyed, found.image);
		if (!outcome.ok) return outcome;
	}
	return accepted(null);
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
