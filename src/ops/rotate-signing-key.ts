import { addSigningKey, retireSigningKeys } from "../accounts/signing-keys.ts";
import { ACCESS_TOKEN_LIFE_S, SIGNING_KEY_LEAD_MS } from "../domain/people/limits.ts";
import { accepted, refused } from "../domain/result.ts";
import { SECOND_MS } from "../domain/units.ts";
import { accountsViewOf } from "../service/people/accounts-view.ts";
import { makeSigningKey } from "../service/people/signing.ts";
import { operate } from "./operator.ts";

/**
 * Makes the key that tokens are signed with from {@link SIGNING_KEY_LEAD_MS} on, when every isolate knows it and every client that fetches the
 * set has it. Those of before are accepted until the last token that they have signed has expired. Gates: `admin`; no rotation is under way.
 */
export const rotateSigningKey = operate(async ({ env, now, later }, _: object) => {
	const view = accountsViewOf(env);
	await view.readNow(now);
	const coming = view.keys().find(({ signs_from }) => signs_from > now);
	if (coming) {
		const detail = `The key ${coming.kid} signs from ${new Date(coming.signs_from).toISOString()} on; rotate again after that.`;
		return refused({ code: "conflict", detail });
	}
	const signs_from = now + SIGNING_KEY_LEAD_MS;
	const key = await makeSigningKey(env, now, signs_from);
	await addSigningKey(env.ACCOUNTS, key);
	const accepted_until = signs_from + 2 * ACCESS_TOKEN_LIFE_S * SECOND_MS;
	await retireSigningKeys(env.ACCOUNTS, key.kid, accepted_until);
	await view.refresh(now, later);
	return accepted({ kid: key.kid, signs_from, others_accepted_until: accepted_until });
});
