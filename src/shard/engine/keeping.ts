import type { QuizContent } from "../../domain/quizzes/quiz.ts";
import type { Attempt } from "../attempts/store.ts";
import type { HoldView } from "../credits/hold-commands.ts";
import { type GenerationTexts, TEXTS } from "../credits/holds.ts";
import type { AuthoredQuiz, QuizHead } from "../quizzes/quiz-rows.ts";
import type { Keeping } from "./requests.ts";
import type { Unit } from "./unit.ts";

/** How answers are kept whose values, or the greater part of them, stand in the shard anyway: they are named, and not copied. */

/** An attempt never changes, so its id is enough. */
export const attemptKeeping = ({ attempts }: Pick<Unit, "attempts">): Keeping<Attempt, string> => ({
	shorten: ({ id }) => id,
	restore(kept) {
		if (typeof kept !== "string") return kept;
		const attempt = attempts.get(kept);
		if (!attempt) throw new Error(`${kept} of an earlier answer is not stored`);
		return attempt;
	},
});

/**
 * A quiz is kept without its content. Where that cannot be had any more, because the draft has been replaced since, the quiz is
 * answered as it is now.
 * @param contentOf the content that the answer showed, where the request names it
 */
export const quizKeeping = (
	{ quizzes }: Pick<Unit, "quizzes">,
	contentOf: () => QuizContent | null | undefined,
): Keeping<AuthoredQuiz, QuizHead> => ({
	shorten: ({ content: _, ...head }) => head,
	restore(kept) {
		if ("content" in kept) return kept;
		const content = contentOf();
		if (content) return { ...kept, content };
		const now = quizzes.get(kept.id);
		if (!now) throw new Error(`${kept.id} of an earlier answer is not stored`);
		return now.content_hash === kept.content_hash ? { ...kept, content: now.content } : now;
	},
});

/** Of an answer that shows the content of a version, or of the draft where that is null. */
export const versionKeeping = (stores: Pick<Unit, "quizzes" | "versions">, quiz: string, version: number | null) =>
	quizKeeping(stores, () => (version === null ? null : stores.versions.get(quiz, version)?.content));

/** `texts` are those that the answer had. */
type KeptHold = HoldView & { texts?: (keyof GenerationTexts)[] };

/**
 * A hold is kept without its texts, which its row has. A conversation that another took the place of is answered as it is now,
 * unless the request brought it.
 */
export const holdKeeping = (
	{ credits }: Pick<Unit, "credits">,
	given: GenerationTexts,
): Keeping<HoldView, KeptHold> => ({
	shorten(value) {
		const texts = TEXTS.filter((name) => value[name] !== null);
		return texts.length === 0 ? value : { ...value, prompt: null, conversation: null, texts };
	},
	restore(kept) {
		const { texts = [], ...hold }: KeptHold = kept;
		const stored = texts.length === 0 ? null : credits.holds.view(hold.id);
		for (const name of texts) hold[name] = given[name] ?? stored?.[name] ?? null;
		return hold;
	},
});
