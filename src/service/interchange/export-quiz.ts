import { writeCsv } from "../../domain/interchange/csv-write.ts";
import { writeGift } from "../../domain/interchange/gift-write.ts";
import { EXPORT_IMAGES_BYTES_MAX } from "../../domain/interchange/limits.ts";
import { writeMoodleXml } from "../../domain/interchange/moodle-xml-write.ts";
import { writeQtiPackage } from "../../domain/interchange/qti-package-write.ts";
import { type WrittenImage, writeQti } from "../../domain/interchange/qti-write.ts";
import { mediaIn } from "../../domain/media/media.ts";
import { type QuizContent, shownContent } from "../../domain/quizzes/quiz.ts";
import { accepted, type Outcome } from "../../domain/result.ts";
import type { Ctx } from "../context.ts";
import { readImage } from "../media/read-image.ts";
import { look } from "../verbs.ts";

/** The formats that a quiz can be written in. */
export const EXPORT_FORMATS = ["json", "gift", "qti", "qti-package", "qti-2.1", "moodle", "csv"] as const;
type ExportFormat = (typeof EXPORT_FORMATS)[number];

type Images = ReadonlyMap<string, WrittenImage>;

const WRITERS: Readonly<Record<ExportFormat, (content: QuizContent, images: Images) => string | Uint8Array>> = {
	json: (content) => JSON.stringify(shownContent(content)),
	gift: writeGift,
	qti: writeQti,
	"qti-package": (content, images) => writeQtiPackage(content, "3.0", images),
	"qti-2.1": (content, images) => writeQtiPackage(content, "2.1", images),
	moodle: writeMoodleXml,
	csv: writeCsv,
};

/** Those that have a place for images. */
const WITH_IMAGES: ReadonlySet<ExportFormat> = new Set(["qti-package", "qti-2.1", "moodle"]);

interface Input {
	user: string;
	quiz: string;
	format: ExportFormat;
}

const draftOf = look("quizzes:write", "quiz", async ({ shard, call }, { quiz: id }: Input) => {
	const quiz = await shard.quizzes.get(call, id);
	return quiz === null ? null : quiz.content;
});

/** The draft of an own quiz as a file, with its key and its images. Gates: `quizzes:write`, the user is known. */
export async function exportQuiz(ctx: Ctx, input: Input): Promise<Outcome<string | Uint8Array>> {
	const draft = await draftOf(ctx, input);
	if (!draft.ok) return draft;
	const images = WITH_IMAGES.has(input.format) ? await imagesOf(ctx, draft.value) : new Map<string, WrittenImage>();
	return accepted(WRITERS[input.format](draft.value, images));
}

const ENDINGS: Readonly<Record<string, string>> = {
	"image/png": "png",
	"image/jpeg": "jpg",
	"image/webp": "webp",
	"image/gif": "gif",
};

/** The images of questions, as far as they fit into a file; the writers say which are not there. */
async function imagesOf(ctx: Ctx, content: QuizContent): Promise<Images> {
	const images = new Map<string, WrittenImage>();
	let left = EXPORT_IMAGES_BYTES_MAX;
	for (const media of new Set(mediaIn(content).map((one) => one.media))) {
		const found = await readImage(ctx.env, { media, headOnly: false });
		if (!found.ok || found.value.body === null) continue;
		const { object, body } = found.value;
		left -= object.size;
		if (left < 0) {
			await body.cancel();
			break;
		}
		const bytes = new Uint8Array(await new Response(body).arrayBuffer());
		const ending = ENDINGS[object.httpMetadata?.contentType ?? ""] ?? "png";
		images.set(media, {
			name: `${media.slice(0, NAME_DIGITS)}.${ending}`,
			bytes,
			base64: Buffer.from(bytes).toString("base64"),
		});
	}
	return images;
}

/** Of the hash that names an image: so many that no two images of a quiz have the same. */
const NAME_DIGITS = 32;
