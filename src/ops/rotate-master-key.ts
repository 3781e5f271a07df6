import { REWRAPPED_KEYS_MAX } from "../domain/privacy/limits.ts";
import { accepted } from "../domain/result.ts";
import { rewrapKeys } from "../service/privacy/user-keys.ts";
import { operate } from "./operator.ts";

/** Wraps the keys of some users with the master key that stands first; until `next` is null. Gate: `admin`. */
export const rotateMasterKey = operate(async ({ env }, { after }: { after: string | null }) =>
	accepted(await rewrapKeys(env, after, REWRAPPED_KEYS_MAX)),
);
