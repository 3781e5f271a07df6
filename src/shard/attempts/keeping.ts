import type { Keeping } from "../engine/requests.ts";
import type { Stores } from "../parts.ts";
import type { Attempt } from "./store.ts";

/** An attempt never changes, so an answer that shows it is kept as its id. */
export const attemptKeeping = ({ attempts }: Pick<Stores, "attempts">): Keeping<Attempt, string> => ({
	shorten: ({ id }) => id,
	restore(kept) {
		if (typeof kept !== "string") return kept;
		const attempt = attempts.get(kept);
		if (!attempt) throw new Error(`${kept} of an earlier answer is not stored`);
		return attempt;
	},
});
