import { publicOriginOf } from "../../env.ts";
import type { Ctx } from "../context.ts";

/** A medium as it is shown: with its address. */
export const shownMedium = <T extends { media: string }>({ env }: Pick<Ctx, "env">, medium: T) => ({
	...medium,
	url: `${publicOriginOf(env)}/v1/media/${medium.media}`,
});
