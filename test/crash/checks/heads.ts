import { isDeepStrictEqual } from "node:util";
import type { Caller } from "../caller.ts";
import { inParallel } from "../parallel.ts";
import { Violations } from "./violation.ts";

const TRIES_MAX = 5;

/**
 * Compares what is read at different moments, which may differ only if a log has grown between them: the clock writes too, as
 * holds and lots run out. What is found counts if every log ends after the comparison where it ended before, and the catalog
 * has all of it both times; else all of it is done once more.
 */
export async function atEqualHeads(
	caller: Caller,
	users: readonly string[],
	violations: Violations,
	compare: (found: Violations) => Promise<void>,
): Promise<void> {
	for (let left = TRIES_MAX; left > 0; left--) {
		const heads = await headsOf(caller, users);
		const found = new Violations();
		await compare(found);
		if (!isDeepStrictEqual(heads, await headsOf(caller, users))) continue;
		violations.found.push(...found.found);
		return;
	}
	violations.add("heads", `the logs grew in each of ${TRIES_MAX} comparisons`);
}

/** Where the logs end, once the catalog has all of them: a read may itself make due what the clock has brought. */
const headsOf = (caller: Caller, users: readonly string[]) =>
	inParallel(users, async (user) => (await caller.reader(user).caughtUp()).head_seq);
