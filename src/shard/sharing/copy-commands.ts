import type { Image } from "../../domain/media/media.ts";
import type { QuizContent } from "../../domain/quizzes/quiz.ts";
import { accepted, type Outcome } from "../../domain/result.ts";
import type { Unit } from "../engine/unit.ts";
import { createQuiz } from "../quizzes/draft-commands.ts";
import type { CopyOrigin } from "./copies.ts";

export interface Copy {
	/** The own quiz. */
	quiz: string;
	origin: CopyOrigin;
}

/**
 * The own draft that this share let make: made once, whenever and however often that is asked for.
 * @param images those that the content names, as the owner has them
 */
export function copyQuiz(
	unit: Unit,
	share: string,
	origin: CopyOrigin,
	version_number: number,
	content: QuizContent,
	images: readonly Image[],
): Outcome<Copy> {
	const earlier = unit.copies.byShare(share);
	if (earlier) return accepted(earlier);
	const of = { owner: origin.owner, quiz: origin.quiz, version: version_number };
	const created = createQuiz(unit, content, of, images);
	if (!created.ok) return created;
	const { id: quiz } = created.value;
	unit.log.append(unit.who, unit.now, "share.copied", quiz, { share, quiz, origin });
	unit.copies.insert(quiz, share, origin);
	return accepted({ quiz, origin });
}
