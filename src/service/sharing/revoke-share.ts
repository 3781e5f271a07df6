import { accepted } from "../../domain/result.ts";
import { change } from "../verbs.ts";
import { shownShare } from "./shown-shares.ts";

interface Input {
	user: string;
	quiz: string;
	share: string;
}

/** Takes a share back, and what it gave. Gates: `quizzes:write`, the user is known. */
export const revokeShare = change("quizzes:write", async ({ shard, call }, { quiz, share }: Input) => {
	const { outcome, ...reply } = await shard.shares.revoke(call, quiz, share);
	return { ...reply, outcome: outcome.ok ? accepted(shownShare(outcome.value)) : outcome };
});
