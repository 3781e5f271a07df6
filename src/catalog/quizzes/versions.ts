import { LRUCache } from "lru-cache";
import { utf8Bytes } from "../../domain/canonical.ts";
import { keyOf } from "../../domain/quizzes/answer-keys.ts";
import {
	CONTENT_CACHE_LIFE_S,
	CONTENT_READ_CACHE_S,
	VERSION_CACHE_BYTES_MAX,
	VERSION_CACHE_ENTRIES_MAX,
} from "../../domain/quizzes/limits.ts";
import { type AnswerKey, contentIn, type QuizContent, questionsOf } from "../../domain/quizzes/quiz.ts";
import { logLine, reason } from "../../log-line.ts";
import type { CurrentVersion } from "./current-versions.ts";

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

/** Where contents are: kept in `CONTENT`, and near the reader in `CONTENT_CACHE`. */
export interface Contents {
	CONTENT: R2Bucket;
	CONTENT_CACHE: KVNamespace;
}

/**
 * Reads through the isolate's cache, then the key-value store, then R2.
 * @throws if the content is not there: it was put there before anything could name it.
 */
export async function readContent(contents: Contents, hash: string): Promise<QuizContent> {
	const known = cache.get(hash);
	if (known) return known.content;
	const text = (await nearby(contents.CONTENT_CACHE, hash)) ?? (await fetched(contents, hash));
	const content = contentIn(text);
	cache.set(hash, { content, bytes: utf8Bytes(text) });
	return content;
}

async function fetched({ CONTENT, CONTENT_CACHE }: Contents, hash: string): Promise<string> {
	const object = await CONTENT.get(hash);
	if (!object) throw new Error(`content ${hash} is missing`);
	const text = await object.text();
	await putNearby(CONTENT_CACHE, hash, text);
	return text;
}

/** Never fails: R2 has it. */
async function putNearby(store: KVNamespace, hash: string, text: string): Promise<void> {
	try {
		await store.put(hash, text, { expirationTtl: CONTENT_CACHE_LIFE_S });
	} catch (error) {
		unavailable(error);
	}
}

/** Null where it is not there, or cannot be read: R2 has it. */
async function nearby(store: KVNamespace, hash: string): Promise<string | null> {
	try {
		return await store.get(hash, { type: "text", cacheTtl: CONTENT_READ_CACHE_S });
	} catch (error) {
		unavailable(error);
		return null;
	}
}

const unavailable = (error: unknown) => logLine("warn", { at: "content cache", error: reason(error) });

/**
 * The claim check: puts a content where readContent() finds it. R2 refuses a text that does not have this hash; then it goes near the
 * readers, before anybody can ask for it there and the platform can remember that it was not there.
 * @returns whether it was not there before
 */
export async function putVersion({ CONTENT, CONTENT_CACHE }: Contents, hash: string, text: string): Promise<boolean> {
	const httpMetadata = { contentType: "application/json" };
	const put = await CONTENT.put(hash, text, { sha256: hash, onlyIf: { etagDoesNotMatch: "*" }, httpMetadata });
	await putNearby(CONTENT_CACHE, hash, text);
	return put !== null;
}

/** Removes contents for ever, from where they are kept and from near the readers. */
export async function removeVersions({ CONTENT, CONTENT_CACHE }: Contents, hashes: readonly string[]): Promise<void> {
	if (hashes.length === 0) return;
	await CONTENT.delete([...hashes]);
	for (const hash of hashes) {
		cache.delete(hash);
		await CONTENT_CACHE.delete(hash);
	}
}

/** What a shard needs to mark an attempt at a published quiz. */
export async function readAnswerKey(contents: Contents, quiz: CurrentVersion): Promise<AnswerKey> {
	const content = await readContent(contents, quiz.version);
	return {
		quiz: quiz.id,
		version: quiz.version,
		version_number: quiz.version_number,
		title: content.title,
		pass_percentage: content.pass_percentage,
		questions: questionsOf(content).map(keyOf),
		settings: content.settings,
		owner: quiz.owner,
		published_at: quiz.published_at,
		...(content.settings?.draw && {
			subjects: content.subjects.map(({ name, questions }) => ({ name, questions: questions.map(({ id }) => id) })),
		}),
	};
}
