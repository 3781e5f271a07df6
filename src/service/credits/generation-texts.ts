import { centsOf, costOf } from "../../domain/credits/costs.ts";
import type { HoldRecord } from "../../shard/credits/holds.ts";

/** What a hold says of its generation, as callers give and read it, and as a shard stores it. */

/** One turn of a conversation with a model. */
export interface Turn {
	role: string;
	content: string;
}

/** What a generation says of itself, in callers' terms. Costs are in cents with at most four decimals. */
interface Said {
	conversation?: Turn[] | undefined;
	cost_cents?: number | undefined;
}

/** A conversation is stored as its JSON text, a cost as whole numbers. */
export function stored<T extends Said>({ conversation, cost_cents, ...request }: T) {
	return {
		...request,
		...(conversation !== undefined && { conversation: JSON.stringify(conversation) }),
		...(cost_cents !== undefined && costOf(cost_cents)),
	};
}

/** What is stored in another form than it is shown in, and digests of texts: short ones could be guessed by them. */
type Inner = "cost_cents" | "cost_parts" | "prompt_digest" | "conversation_digest";

/** A hold as it is shown in a list, without its texts. */
export function shownSummary<T extends Pick<HoldRecord, Inner>>({
	cost_parts,
	prompt_digest: _,
	conversation_digest: __,
	...hold
}: T) {
	const { cost_cents } = hold;
	return { ...hold, cost_cents: cost_cents === null ? null : centsOf({ cost_cents, cost_parts }) };
}

/** The inverse of {@link stored}. */
export function shownHold<T extends Pick<HoldRecord, "conversation" | Inner>>(hold: T) {
	const conversation: Turn[] | null = hold.conversation === null ? null : JSON.parse(hold.conversation);
	return { ...shownSummary(hold), conversation };
}
