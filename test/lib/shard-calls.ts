import type { AnswerKey } from "../../src/domain/quizzes/quiz.ts";
import type { Call } from "../../src/shard/engine/runner.ts";
import { fresh, testEnv } from "./harness.ts";

/** A shard that nobody else has, and calls on it. Its clock is the calls' own. */
export function newShard() {
	const user = fresh("usr");
	const shard = testEnv.SHARDS.getByName(user);
	const call = (now: number, idempotency_key?: string): Call => ({
		user,
		tenant: "ten_a",
		actor: user,
		now,
		request_id: "test",
		...(idempotency_key && { idempotency_key }),
	});
	return { user, shard, call };
}

export const key: AnswerKey = {
	quiz: "quz_00000002aaaaaaaaaaaaaaaa",
	version: "a".repeat(64),
	version_number: 1,
	pass_percentage: 50,
	questions: [{ id: "1", options: 4, correct: 2, marks: 1 }],
};
export const submission = { quiz: key.quiz, answers: { "1": 2 } };
export const START = Date.UTC(2030, 0, 1);
