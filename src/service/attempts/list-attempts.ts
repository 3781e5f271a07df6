import { look, NEWEST, pageOf } from "../verbs.ts";
import { shownAttempts } from "./shown-attempts.ts";

interface Input {
	user: string;
	quiz?: string | undefined;
	before: number | null;
	limit: number;
}

/** Attempts, newest first. Gates: `attempts:read`, the user is known. */
export const listAttempts = look("attempts:read", "user", async ({ shard, call }, input: Input, { env }) => {
	const { quiz, before, limit } = input;
	const rows = await shard.attempts.list(call, { quiz }, before ?? NEWEST, limit + 1);
	const page = pageOf(
		rows,
		limit,
		({ seq }) => seq,
		({ attempt }) => attempt,
	);
	return page && { ...page, items: await shownAttempts(env, call.user, page.items) };
});
