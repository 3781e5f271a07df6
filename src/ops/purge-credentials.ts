import { purgeChanges } from "../accounts/changes.ts";
import { purgeGuestSecrets } from "../accounts/guests.ts";
import { PURGE_ROWS_MAX } from "../domain/limits.ts";
import { CHANGES_KEPT_MS } from "../domain/people/limits.ts";

/** Removes revocations that every token has outlived, and what guests can come back with no longer; a bounded number of rows at a time. */
export async function purgeCredentials({ ACCOUNTS }: Pick<Env, "ACCOUNTS">, now: number): Promise<void> {
	await purgeChanges(ACCOUNTS, now - CHANGES_KEPT_MS, PURGE_ROWS_MAX);
	await purgeGuestSecrets(ACCOUNTS, now, PURGE_ROWS_MAX);
}
