import { readContent } from "../../catalog/quizzes/versions.ts";
import { arranged } from "../../domain/attempts/arrangement.ts";
import { countersOf, responsesOf, type Sitting } from "../../domain/attempts/sittings.ts";
import { ERASED_TEXT } from "../../domain/privacy/erasure.ts";
import { asGiven, hasSealed, openAnswers } from "../../domain/privacy/private-texts.ts";
import { keyOf, shownQuestion } from "../../domain/quizzes/answer-keys.ts";
import type { QuizContent } from "../../domain/quizzes/quiz.ts";
import { versionName } from "../../domain/quizzes/version-names.ts";
import type { Attempt } from "../../shard/attempts/store.ts";
import type { Ctx } from "../context.ts";
import { erasedQuizzes } from "../privacy/erased-quizzes.ts";
import { requiredKey } from "../privacy/user-keys.ts";
import { shownAttempt } from "./shown-attempts.ts";

/** Attempts that are under way as their takers see them: the questions without the key, in the attempt's own order, and what is saved. */

const NOTHING: Pick<QuizContent, "subjects" | "settings"> = { subjects: [] };

export async function shownSitting({ env, now }: Pick<Ctx, "env" | "now">, user: string, sitting: Sitting) {
	// What was written by somebody who is erased is gone, and its title with it.
	const isGone = (await erasedQuizzes(env, [sitting.quiz])).has(sitting.quiz);
	const content = isGone ? NOTHING : await readContent(env, sitting.version);
	const all = new Map(
		content.subjects.flatMap(({ questions }) => questions).map((question) => [question.id, question]),
	);
	const subjects = content.subjects.map(({ name, questions }) => ({
		name,
		questions: questions.map((question) => {
			const key = keyOf(question);
			return { id: key.id, options: "options" in key ? key.options : 0 };
		}),
	}));
	const { questions, option_order } = arranged({ subjects, settings: content.settings }, sitting.seed);
	const { id, status, quiz, version_number, title, number, opened_at, deadline, saved } = sitting;
	const kept = responsesOf(sitting);
	const isOver = status !== "in_progress";
	return {
		id,
		status,
		quiz,
		version: versionName(quiz, version_number),
		version_number,
		title: isGone ? ERASED_TEXT : title,
		number,
		opened_at,
		deadline,
		server_time: now,
		navigation: sitting.settings.navigation ?? ("free" as const),
		questions: isOver ? [] : questions.flatMap((question) => all.get(question) ?? []).map(shownQuestion),
		option_order: isOver ? {} : Object.fromEntries(option_order),
		saved: countersOf(sitting),
		answers: hasSealed(kept) ? await openAnswers(await requiredKey(env, user), kept) : asGiven(kept),
		flags: Object.entries(saved).flatMap(([question, { flagged }]) => (flagged ? [question] : [])),
		times_s: Object.fromEntries(
			Object.entries(saved).flatMap(([question, { time_s }]) => (time_s === null ? [] : [[question, time_s] as const])),
		),
	};
}

export type ShownSitting = Awaited<ReturnType<typeof shownSitting>>;

export const isSitting = (attempt: Attempt | Sitting): attempt is Sitting => attempt.status !== "submitted";

/** An attempt wherever it stands. */
export const shownAttemptOrSitting = async (ctx: Pick<Ctx, "env" | "now">, user: string, attempt: Attempt | Sitting) =>
	isSitting(attempt) ? shownSitting(ctx, user, attempt) : shownAttempt(ctx.env, user, attempt);
