import { change, shownReply } from "../verbs.ts";
import { shownShare } from "./shown-shares.ts";

interface Input {
	user: string;
	quiz: string;
	share: string;
}

/** Takes a share back, and what it gave. Gates: `quizzes:write`, the user is known. */
export const revokeShare = change("quizzes:write", async ({ shard, call }, { quiz, share }: Input) => {
	return shownReply(await shard.shares.revoke(call, quiz, share), shownShare);
});
