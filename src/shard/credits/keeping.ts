import type { Keeping } from "../engine/requests.ts";
import type { Stores } from "../parts.ts";
import type { HoldView } from "./hold-commands.ts";
import { type GenerationTexts, TEXTS } from "./holds.ts";

/** `texts` are those that the answer had. */
type KeptHold = HoldView & { texts?: (keyof GenerationTexts)[] };

/**
 * A hold is kept without its texts, which its row has. A conversation that another took the place of is answered as it is now,
 * unless the request brought it.
 */
export const holdKeeping = (
	{ credits }: Pick<Stores, "credits">,
	given: GenerationTexts,
): Keeping<HoldView, KeptHold> => ({
	shorten(value) {
		const texts = TEXTS.filter((name) => value[name] !== null);
		return texts.length === 0 ? value : { ...value, prompt: null, conversation: null, texts };
	},
	restore(kept) {
		const { texts = [], ...hold }: KeptHold = kept;
		const stored = texts.length === 0 ? null : credits.holds.view(hold.id);
		for (const name of texts) hold[name] = given[name] ?? stored?.[name] ?? null;
		return hold;
	},
});
