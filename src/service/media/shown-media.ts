import { accepted } from "../../domain/result.ts";
import { publicOriginOf } from "../../env.ts";
import type { Reply } from "../../shard/engine/requests.ts";
import type { Ctx } from "../context.ts";

/** A medium as it is shown: with its address. */
export const shownMedium = <T extends { media: string }>({ env }: Pick<Ctx, "env">, medium: T) => ({
	...medium,
	url: `${publicOriginOf(env)}/v1/media/${medium.media}`,
});

/** What a command on a medium came to, as it is shown. */
export function shownMediumReply<T extends { media: string }>(ctx: Pick<Ctx, "env">, { outcome, ...reply }: Reply<T>) {
	return { ...reply, outcome: outcome.ok ? accepted(shownMedium(ctx, outcome.value)) : outcome };
}
