import { REWRAPPED_KEYS_MAX } from "../domain/privacy/limits.ts";
import { accepted } from "../domain/result.ts";
import { rewrapSigningKeys } from "../service/people/signing.ts";
import { rewrapKeys } from "../service/privacy/user-keys.ts";
import { operate } from "./operator.ts";

/** Wraps the signing keys, and the keys of some users, with the master key that stands first; until `next` is null. Gate: `admin`. */
export const rotateMasterKey = operate(async ({ env, now }, { after }: { after: string | null }) => {
	if (after === null) await rewrapSigningKeys(env, now);
	return accepted(await rewrapKeys(env, after, REWRAPPED_KEYS_MAX));
});
