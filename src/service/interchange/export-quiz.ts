import { writeGift } from "../../domain/interchange/gift-write.ts";
import { writeQti } from "../../domain/interchange/qti-write.ts";
import { type QuizContent, shownContent } from "../../domain/quizzes/quiz.ts";
import { look } from "../verbs.ts";

/** The formats that a quiz can be written in. */
export const EXPORT_FORMATS = ["json", "gift", "qti"] as const;
type ExportFormat = (typeof EXPORT_FORMATS)[number];

const WRITERS: Readonly<Record<ExportFormat, (content: QuizContent) => string>> = {
	json: (content) => JSON.stringify(shownContent(content)),
	gift: writeGift,
	qti: writeQti,
};

interface Input {
	user: string;
	quiz: string;
	format: ExportFormat;
}

/** The draft of an own quiz as the text of a file, with its key. Gates: `quizzes:write`, the user is known. */
export const exportQuiz = look("quizzes:write", "quiz", async ({ shard, call }, { quiz: id, format }: Input) => {
	const quiz = await shard.quizzes.get(call, id);
	return quiz && WRITERS[format](quiz.content);
});
