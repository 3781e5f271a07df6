import type { Sitting } from "../../domain/attempts/sittings.ts";
import { seqOfId } from "../../domain/ids.ts";
import type { Keeping } from "../engine/requests.ts";
import type { Stores } from "../parts.ts";
import type { Attempt } from "./store.ts";

/** An attempt as the shard has it: under way, abandoned, or submitted. */
export const attemptIn = (
	{ attempts, sittings }: Pick<Stores, "attempts" | "sittings">,
	id: string,
): Attempt | Sitting | null => attempts.get(id) ?? sittings.get(id, seqOfId(id));

/** A submitted attempt never changes, so an answer that shows it is kept as its id; and one that opened it shows where it stands now. */
export const attemptKeeping = <T extends Attempt | Sitting>(
	stores: Pick<Stores, "attempts" | "sittings">,
): Keeping<T | Attempt, string> => ({
	shorten: ({ id }) => id,
	restore(kept) {
		if (typeof kept !== "string") return kept;
		const attempt = attemptIn(stores, kept);
		if (!attempt) throw new Error(`${kept} of an earlier answer is not stored`);
		// Only what opened an attempt can name one that is not submitted.
		return attempt as T | Attempt;
	},
});
