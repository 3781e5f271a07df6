import { LRUCache } from "lru-cache";
import { readContent } from "../../catalog/quizzes/versions.ts";
import { PINNED_VERSIONS_MAX } from "../../domain/attempts/limits.ts";
import type { ItemResponse } from "../../domain/attempts/responses.ts";
import { type Change, countersOf, type Kept } from "../../domain/attempts/sittings.ts";
import { keptResponse } from "../../domain/privacy/private-texts.ts";
import { keyOf } from "../../domain/quizzes/answer-keys.ts";
import { questionsOf } from "../../domain/quizzes/quiz.ts";
import type { Call } from "../../shard/engine/runner.ts";
import { userKey } from "../privacy/user-keys.ts";
import type { Stub } from "../shard-of.ts";
import { change, noUser, shownReply } from "../verbs.ts";

interface Input {
	user: string;
	attempt: string;
	changes: readonly Change[];
}

/**
 * Saves answers of an attempt that is under way, each marked but not shown so. Gates: `attempts:write`, the user is known; the shard's: the attempt is under way and in
 * time, the answers fit its questions.
 */
export const saveAnswers = change("attempts:write", async ({ shard, call }, { attempt: id, changes }: Input, ctx) => {
	const { env, now } = ctx;
	const version = await versionOf(shard, call, id);
	const kept = await keptOf(env, call.user, changes);
	if (kept === null) return noUser();
	const key = version === null ? null : { version, questions: await keysOf(env, version, changes) };
	const reply = await shard.attempts.save(call, id, changes, key, kept);
	return shownReply(reply, (sitting) => ({
		saved: countersOf(sitting),
		deadline: sitting.deadline,
		server_time: now,
	}));
});

/** An attempt stays at its version, so an isolate asks for it once. */
const pinned = new LRUCache<string, string>({ max: PINNED_VERSIONS_MAX });

async function versionOf(shard: Stub, call: Call, id: string): Promise<string | null> {
	const name = `${call.user} ${id}`;
	const known = pinned.get(name) ?? (await shard.attempts.versionOf(call, id));
	if (known !== null) pinned.set(name, known);
	return known;
}

/** The keys of the questions that are changed, and of no others: they go to the shard with each save. */
async function keysOf(env: Env, version: string, changes: readonly Change[]) {
	const changed = new Set(changes.map(({ question }) => question));
	const content = await readContent(env, version);
	return questionsOf(content)
		.filter(({ id }) => changed.has(id))
		.map(keyOf);
}

/** What is kept of the responses: texts sealed. Null where there is a text, and the user is erased. */
async function keptOf(env: Env, user: string, changes: readonly Change[]): Promise<(Kept | null)[] | null> {
	const isText = (response: ItemResponse | null) => typeof response === "string";
	if (!changes.some(({ response }) => isText(response))) return changes.map(({ response }) => response);
	const key = await userKey(env, user);
	if (!key) return null;
	return Promise.all(
		changes.map(({ question, response }) => (response === null ? null : keptResponse(key, question, response))),
	);
}
