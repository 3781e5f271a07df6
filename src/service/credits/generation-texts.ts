import type { Json } from "../../domain/canonical.ts";
import { centsOf, costOf } from "../../domain/credits/costs.ts";
import {
	askingPrivately,
	isSealed,
	openField,
	sealField,
	type Turn,
	type UserKey,
} from "../../domain/privacy/private-texts.ts";
import type { HoldRecord } from "../../shard/credits/holds.ts";
import type { Call } from "../../shard/engine/runner.ts";
import { requiredKey, userKey } from "../privacy/user-keys.ts";

/** What a hold says of its generation, as callers give and read it, and as a shard stores it. */

/** What a generation says of itself, in callers' terms. Costs are in cents with at most four decimals. */
interface Said {
	prompt?: string | undefined;
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

/**
 * A request as the shard gets it, with its texts sealed, and the call that says what it asks for without them. Null where the user is erased.
 * @param inputOf what the operation's fingerprint was of in the release before
 */
export async function sealedRequest<T extends Said>(
	env: Env,
	call: Call,
	operation: string,
	said: T,
	inputOf: (request: ReturnType<typeof stored<T>>) => Json,
) {
	const plain = stored(said);
	if (said.prompt === undefined && said.conversation === undefined) return { call, request: plain };
	const key = await userKey(env, call.user);
	if (!key) return null;
	const asked = askingPrivately(key, operation, inputOf(plain));
	return { call: { ...call, asked }, request: stored({ ...said, ...(await sealedTexts(key, said)) }) };
}

async function sealedTexts(key: UserKey, { prompt, conversation }: Said): Promise<Said> {
	return {
		...(prompt !== undefined && { prompt: await sealField(key, "prompt", prompt) }),
		...(conversation !== undefined && { conversation: await sealField(key, "conversation", conversation) }),
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

/** The inverse of {@link stored} and {@link sealedRequest}, of a hold of this user. */
export async function shownHold<T extends Pick<HoldRecord, "prompt" | "conversation" | Inner>>(
	env: Env,
	user: string,
	hold: T,
) {
	const { prompt } = hold;
	const conversation: Turn[] | null = hold.conversation === null ? null : JSON.parse(hold.conversation);
	const shown = { ...shownSummary(hold), prompt, conversation };
	const hasPrompt = prompt !== null && isSealed("prompt", prompt);
	const hasConversation = conversation !== null && isSealed("conversation", conversation);
	if (!hasPrompt && !hasConversation) return shown;
	const key = await requiredKey(env, user);
	return {
		...shown,
		prompt: prompt === null ? null : await openField(key, "prompt", prompt),
		conversation: conversation === null ? null : await openField(key, "conversation", conversation),
	};
}
