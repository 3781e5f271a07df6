import { createHmac } from "node:crypto";
import type { Json } from "./canonical.ts";
import { versionName } from "./quizzes/version-names.ts";

/**
 * Digests as they leave the server. SHA-256 of a text that has something secret in it is an oracle: whoever knows the rest tries
 * what the secret may be. So what is shown in its place is keyed with a secret of the deployment.
 */

/**
 * @param place where it is shown: the same digest at another place, or another user's, is another text, so that nobody can
 *   compare it with one of a text of their own
 * @returns 64 hex digits
 */
export const concealed = (key: string, place: string, digest: string): string =>
	createHmac("sha256", key).update(`marksheet digest 1 ${place} ${digest}`).digest("hex");

/** Members of log rows that are SHA-256 of texts: of contents, answers, prompts, conversations and codes. */
export const DIGESTS: ReadonlySet<string> = new Set([
	"content_hash",
	"answers_digest",
	"prompt_digest",
	"conversation_digest",
	"code_hash",
	"version",
]);

const DIGEST = /^[0-9a-f]{64}$/;

/** What a log row says, its digests concealed; those that name the version of a quiz become its name where its number is known. */
export function withoutDigests(key: string, place: string, said: Json): Json {
	if (Array.isArray(said)) return said.map((item) => withoutDigests(key, place, item));
	if (said === null || typeof said !== "object") return said;
	const shown = (name: string, member: Json): Json => {
		if (!DIGESTS.has(name) || typeof member !== "string" || !DIGEST.test(member)) {
			return withoutDigests(key, `${place} ${name}`, member);
		}
		const { quiz, version_number } = said;
		const isNamed = name === "version" && typeof quiz === "string" && typeof version_number === "number";
		return isNamed ? versionName(quiz, version_number) : concealed(key, `${place} ${name}`, member);
	};
	return Object.fromEntries(
		Object.entries(said).flatMap(([name, member]) => (member === undefined ? [] : [[name, shown(name, member)]])),
	);
}

/** A text that may have digests in it, whole or cut off, as messages of errors do, with all of them concealed. */
export const withoutDigestsInText = (key: string, place: string, text: string): string =>
	text.replace(/[0-9a-f]{16,}/g, (digest) => concealed(key, place, digest));
