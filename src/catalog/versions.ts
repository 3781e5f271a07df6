import { LRUCache } from "lru-cache";
import { keyOf } from "../domain/answer-keys.ts";
import { VERSION_CACHE_BYTES_MAX, VERSION_CACHE_ENTRIES_MAX } from "../domain/limits.ts";
import { type AnswerKey, type QuizContent, questionsOf } from "../domain/quiz.ts";

/**
 * Published contents by their hash. They are immutable, so what is cached is right for ever; the isolate keeps the ones
 * used last. Only values are shared between requests: a promise would belong to the request that made it, and would
 * never be kept once that one is cancelled.
 */
const cache = new LRUCache<string, { content: QuizContent; bytes: number }>({
	max: VERSION_CACHE_ENTRIES_MAX,
	maxSize: VERSION_CACHE_BYTES_MAX,
	sizeCalculation: ({ bytes }) => bytes,
});

/** @throws if the content is not there: it was put there before anything could name it. */
export async function readVersion(bucket: R2Bucket, hash: string): Promise<QuizContent> {
	const known = cache.get(hash);
	if (known) return known.content;
	const object = await bucket.get(hash);
	if (!object) throw new Error(`content ${hash} is missing`);
	const content = await object.json<QuizContent>();
	cache.set(hash, { content, bytes: object.size });
	return content;
}

/** The claim check: puts a content where readVersion() finds it. R2 refuses a text that does not have this hash. */
export async function putVersion(bucket: R2Bucket, hash: string, text: string): Promise<void> {
	const httpMetadata = { contentType: "application/json" };
	await bucket.put(hash, text, { sha256: hash, onlyIf: { etagDoesNotMatch: "*" }, httpMetadata });
}

/** What a shard needs to mark an attempt at a published quiz. */
export async function readAnswerKey(
	bucket: R2Bucket,
	quiz: { id: string; version: string; version_number: number },
): Promise<AnswerKey> {
	const content = await readVersion(bucket, quiz.version);
	return {
		quiz: quiz.id,
		version: quiz.version,
		version_number: quiz.version_number,
		pass_percentage: content.pass_percentage,
		questions: questionsOf(content).map(keyOf),
	};
}
