import { tenantsWithUntold } from "../accounts/audit-outbox.ts";
import { purgeRequests } from "../accounts/requests.ts";
import { AUDIT_TENANTS_PER_STEP, CHANGE_KEYS_KEPT_MS, CHANGE_KEYS_PURGED_MAX } from "../domain/people/limits.ts";
import { deliverOrLeave } from "../service/tenants/deliver.ts";

/** Hands over events of tenants that were not handed over behind the answer to the change that they tell of. One that waits holds up no other. */
export async function handOverEvents(env: Env, now: number): Promise<void> {
	for (const tenant of await tenantsWithUntold(env.ACCOUNTS, AUDIT_TENANTS_PER_STEP)) {
		await deliverOrLeave(env, tenant, now);
	}
}

/** Forgets idempotency keys of changes of tenants that are honoured no longer. */
export const forgetChangeKeys = ({ ACCOUNTS }: Pick<Env, "ACCOUNTS">, now: number): Promise<void> =>
	purgeRequests(ACCOUNTS, now - CHANGE_KEYS_KEPT_MS, CHANGE_KEYS_PURGED_MAX);
